internal import ProbeEvents
internal import PrometheusClient
internal import Synchronization

extension Collector {
    /// One that its sender told is not counted again where a tap sees it come.
    func apply(_ trigger: TriggerSeen) {
        let isCounted = toldTriggers.withLock { told in
            guard trigger.stamp.source != .testerSocket else {
                told.note(trigger)
                return false
            }
            return told.take(trigger)
        }
        if !isCounted { recordTriggerSent(trigger.trigger) }
    }

    /// Counts what of sessions over the air was too much at once.
    package func countUnfollowedTimelines(_ count: Int) {
        health.seriesRefused[OpenLabel(catalog.otaLegDuration.name)].increment(by: UInt64(clamping: count))
    }

    /// Counts the legs of a session over the air that is over, as far as they were seen.
    package func record(_ timeline: OTATimeline) {
        guard scope == .everything, !timeline.isTold else { return }
        switch timeline.kind {
        case .scp81, .channel:
            for (leg, nanoseconds) in timeline.legs { catalog.otaLegDuration[leg].record(nanoseconds) }
        // The trigger of a session is a packet, too.
        case .scp80, .download: break
        }
    }
}

/// Triggers that their senders told, by device, and that no tap has seen come.
struct ToldTriggers {
    private static let limit = 256
    private static let nanoseconds: UInt64 = 600_000_000_000

    private var byDevice: [String: UInt64] = [:]

    mutating func note(_ trigger: TriggerSeen) {
        guard byDevice[trigger.device] != nil || byDevice.count < Self.limit else { return }
        byDevice[trigger.device] = trigger.stamp.startNanoseconds
    }

    /// Whether it is one that was told.
    mutating func take(_ trigger: TriggerSeen) -> Bool {
        let seen = trigger.stamp.startNanoseconds
        guard let told = byDevice[trigger.device], told <= seen, seen - told <= Self.nanoseconds else { return false }
        byDevice[trigger.device] = nil
        return true
    }
}

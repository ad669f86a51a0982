internal import ProbeEvents
internal import PrometheusClient

extension Collector {
    func apply(_ trigger: TriggerSeen) { recordTriggerSent(trigger.trigger) }

    /// Counts the legs from a trigger to the open channel, for a channel that a trigger was seen for.
    func countLegs(of opened: BIPChannelOpened) {
        guard let sinceTrigger = opened.sinceTriggerNanoseconds else { return }
        catalog.otaLegDuration[.envelopeToOpenChannel].record(sinceTrigger)
        catalog.otaLegDuration[.openChannel].record(opened.stamp.durationNanoseconds)
    }

    /// Counts the leg that a refused channel has: the card did what the trigger asked of it.
    func countLegs(of failed: BIPCommandFailed) {
        guard let sinceTrigger = failed.sinceTriggerNanoseconds else { return }
        catalog.otaLegDuration[.envelopeToOpenChannel].record(sinceTrigger)
    }
}

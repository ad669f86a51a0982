internal import CardReader
internal import Dispatch
internal import ProbeEvents
internal import ServiceLifecycle
internal import Taps

/// Tells the service manager how things stand, and its watchdog that what programs tell still arrives.
struct Heartbeat: Service {
    let manager: ServiceManager
    let sources: Sources
    let directory: RuntimeDirectory

    /// How often nobody's watchdog is told how things stand.
    private static let leisure = Duration.seconds(10)

    func run() async throws {
        // Twice within the watchdog's time, so that one late beat is none too late.
        let pause = manager.watchdog.map { min($0 / 3, Self.leisure) } ?? Self.leisure
        await cancelWhenGracefulShutdown {
            var told = ""
            while !Task.isCancelled {
                let status = status
                let isNews = status != told
                if isNews { await manager.tell(.status(status)) }
                told = status
                if manager.watchdog != nil, await isAlive { await manager.tell(.alive) }
                // Where something changes, more does: pcscd and its readers come one after the other.
                try? await Task.sleep(for: isNews ? min(pause, .seconds(1)) : pause)
            }
        }
    }

    /// Both ways that events take: the rings are drained through the bus into the collector, under the lock of the
    /// receiver's thread, and the event socket greets who comes. Where one hangs, this does too, or is false.
    private var isAlive: Bool {
        get async {
            let (receiver, path) = (sources.receiver, directory.eventSocket)
            return await withCheckedContinuation { continuation in
                DispatchQueue.global().async {
                    receiver.drain()
                    continuation.resume(returning: Self.greets(path))
                }
            }
        }
    }

    private static func greets(_ path: String) -> Bool {
        do {
            guard let link = try EventForwarder.connect(path: path, within: .seconds(2)) else { return false }
            link.finish(within: .zero)
            return true
        } catch EventForwarderError.refused {
            // It has no room for one more, and says so.
            return true
        } catch {
            return false
        }
    }

    private var status: String {
        let known = sources.readers.snapshot
        guard known.isWorking else { return known.message }
        let readers = known.readers.count == 1 ? "1 reader" : "\(known.readers.count) readers"
        let programs = sources.receiver.attachedClients.count + sources.events.counts.connections
        return "\(readers), \(programs == 1 ? "1 program" : "\(programs) programs") connected"
    }
}

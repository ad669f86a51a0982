internal import CardReader
internal import Observability

extension HealthChecks {
    /// Adds the daemon's checks. A new one is a line here.
    func add(_ sources: Sources, in directory: RuntimeDirectory, _ sinks: Sinks) async {
        for check in [
            HealthCheck.pcscd { sources.readers.snapshot },
            .readers { sources.readers.snapshot },
            .socket("receiver", path: directory.receiverSocket),
            .socket("events", path: directory.eventSocket),
        ] {
            await checker.register(check)
        }
        if let history = sinks.history { await checker.register(.database { history.problem }) }
        if let recording = sinks.recording { await checker.register(.recording { recording.problem }) }
        if !sources.pskTLS.isEmpty { await checker.register(.pskTLS { sources.pskTLS.standings }) }
        if !sources.phones.isEmpty { await checker.register(.phones(sources.phones)) }
        if !sources.modems.isEmpty { await checker.register(.modems { sources.modems.standings }) }
    }
}

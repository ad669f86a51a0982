internal import Logging
internal import Observability
internal import ProbeEvents
internal import PrometheusClient

extension LoggingConfig {
    /// What the settings say.
    init(_ settings: Settings) {
        self.init(
            level: settings[\.loggingLevel], format: settings[\.loggingFormat], output: settings[\.loggingFile],
            isTraceCorrelated: settings[\.loggingTraceCorrelation])
        for own in settings[\.loggingComponents] { components[own.component] = own.level }
        programName = "cardlink-probe"
    }
}

extension LogSystem {
    /// Shows in the probe's own metrics how many lines wait and how many were lost.
    func count(with collector: Collector) {
        let health = collector.health
        for loss in LogLoss.allCases { health.exportDropped[.log, ExportFailureReason(loss)].show() }
        countLosses { loss, count in
            health.exportDropped[.log, ExportFailureReason(loss)].increment(by: UInt64(count))
        }
        collector.registry.beforeEachScrape { health.exportQueueLength[.log].set(Double(self.waitingCount)) }
    }
}

extension ExportFailureReason {
    fileprivate init(_ loss: LogLoss) {
        self =
            switch loss {
            case .queueFull: .queueFull
            case .write: .write
            case .end: .timeout
            }
    }
}

extension LogComponent {
    /// The part of the probe that hears a kind of source.
    init(_ source: SourceKind) {
        self =
            switch source {
            case .shim: .receiver
            case .testerSocket: .events
            case .readerMonitor, .cardReader: .readers
            case .modem, .atTap: .modems
            case .pskTlsTap: .tls
            case .adb: .phones
            case .store: .store
            }
    }
}

internal import CardReader
internal import Observability
internal import ProbeEvents

extension HealthChecks {
    /// The daemon's checks. A new one is a line here, as that of the history will be.
    convenience init(
        _ settings: LiveSettings, _ sinks: Sinks, _ sources: Sources, in directory: RuntimeDirectory
    ) async {
        let checker = HealthChecker(version: ProbeVersion.current) { settings.current[\.healthTimeout] }
        self.init(checker)
        var checks: [HealthCheck] = [
            .pcscd { sources.readers.snapshot },
            .readers { sources.readers.snapshot },
            .socket("receiver", path: directory.receiverSocket),
            .socket("events", path: directory.eventSocket),
            .disks(settings.current[\.systemDiskPaths]) { settings.current.diskLimits },
            .memory { settings.current.memoryLimits },
        ]
        if !sources.modems.isEmpty { checks.append(.modems { sources.modems.standings }) }
        if sinks.traces != nil {
            let watch = ExporterWatch(.otlpTraces, of: sinks.collector)
            checks.append(.exporter("otlp_traces") { watch.state() })
        }
        for check in checks { await checker.register(check) }
    }

    /// Adds the check of a server that listens, which asks it as others do.
    func add(_ server: MetricsServer, _ security: WebSecurity?, path: String) async {
        guard let address = await server.webAddresses.first else { return }
        let url = address.localURL(isSecure: security?.hasTLS == true) + path.dropFirst()
        await checker.register(.metricsEndpoint(url: url) { security?.asksForCertificate == true })
    }
}

extension Settings {
    fileprivate var diskLimits: FullnessLimits {
        FullnessLimits(degraded: self[\.healthDiskDegraded], unhealthy: self[\.healthDiskUnhealthy])
    }

    fileprivate var memoryLimits: FullnessLimits {
        FullnessLimits(degraded: self[\.healthMemoryDegraded], unhealthy: self[\.healthMemoryUnhealthy])
    }
}

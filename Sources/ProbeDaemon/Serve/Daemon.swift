internal import CardReader
internal import Logging
package import Observability
internal import ProbeEvents
internal import ServiceLifecycle
internal import Synchronization
internal import Taps
internal import UnixSignals

/// The daemon: hears all sources, collects, answers over HTTP, until SIGTERM or SIGINT.
package struct Daemon: Sendable {
    private let settings: LiveSettings
    private let log: LogSystem
    private let directory: RuntimeDirectory

    /// A daemon that does not run yet; at SIGHUP it reads its configuration again from these sources.
    package init(_ settings: Settings, from sources: ConfigSources) {
        log = LogSystem(LoggingConfig(settings))
        self.settings = LiveSettings(settings, from: sources, log: log)
        directory = RuntimeDirectory(named: settings[\.runtimeDirectory])
    }

    /// Runs until it is told to stop; throws an ``ExplainedError`` when it cannot begin.
    package func run() async throws {
        defer { log.finish() }
        do {
            try await runLogged()
        } catch {
            // Whoever called says it on standard error.
            if settings.current[\.loggingFile] != .standardError { log.outlet.logger(.serve).critical("\(error)") }
            throw error
        }
    }

    private func runLogged() async throws {
        // Trapped before anybody is told that it runs.
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint, .sighup)
        let start = settings.current
        for line in start.warnings { log.outlet.logger(.config).warning("\(line)") }
        let security = try security(start)
        let group = try group(start)
        try directory.create(for: group)
        let exports = ExportEnvironment(bench: bench(start), log: log.outlet.logger(.export))
        let sinks = Sinks(start, log: log, exports: exports)
        let sources = Sources(start, directory, group: group)
        for modem in sources.modems.expected { sinks.collector.expectDevice(.modem, named: modem) }
        let checks = await HealthChecks(settings, sinks, sources, in: directory)
        let server = server(sinks.collector, sources, security, start[\.healthEnabled] ? checks.health : nil)
        try await server.start()
        do {
            try sources.start(into: sinks.entry)
        } catch {
            await server.stop()
            throw error
        }
        let metrics = DaemonMetrics(of: sinks.collector, exports) { sources.receiver.drain() }
        await tell(server, isSecure: security?.hasTLS == true)
        await checks.add(server, security, path: start[\.metricsPath])
        let manager = ServiceManager()
        await manager?.tell(.ready)
        var services: [any Service] = [server, SourcesService(sources: sources, sinks: sinks, metrics: metrics)]
        if let manager { services.append(Heartbeat(manager: manager, sources: sources, directory: directory)) }
        try await serve(services, until: signals) {
            sinks.traces?.adopt(settings.current)
        } whenToldToStop: {
            checks.stop()
            await manager?.tell(.stopping)
        }
    }

    /// Runs services until the first signal that ends them.
    private func serve(
        _ services: [any Service], until signals: UnixSignalsSequence, afterReload: @escaping @Sendable () -> Void,
        whenToldToStop: @escaping @Sendable () async -> Void
    ) async throws {
        var configuration = ServiceGroupConfiguration(
            services: services, logger: log.outlet.logger(.serve, library: "lifecycle"))
        configuration.maximumGracefulShutdownDuration = .seconds(5)
        let group = ServiceGroup(configuration: configuration)
        let watch = Task {
            for await signal in signals {
                guard signal != .sighup else {
                    await settings.reload()
                    afterReload()
                    continue
                }
                await whenToldToStop()
                await group.triggerGracefulShutdown()
            }
        }
        defer { watch.cancel() }
        try await group.run()
    }

    private func bench(_ settings: Settings) -> BenchIdentity {
        let logger = log.outlet.logger(.serve)
        return BenchIdentity(
            bench: settings[\.benchName], site: settings[\.benchSite],
            instanceID: InstanceIDFile().load { logger.warning("\($0)") })
    }

    private func group(_ settings: Settings) throws(EventSocketError) -> RuntimeDirectory.Group? {
        guard let name = settings[\.runtimeGroup] else { return nil }
        guard let number = groupNumber(named: name) else { throw .unknownGroup(name) }
        return RuntimeDirectory.Group(name: name, number: number)
    }

    private func security(_ settings: Settings) throws(ConfigError) -> WebSecurity? {
        guard let file = settings[\.webConfigFile] else { return nil }
        return try WebSecurity(file: file) { [logger = log.outlet.logger(.http)] in logger.warning("\($0)") }
    }

    private func tell(_ server: MetricsServer, isSecure: Bool) async {
        let path = settings.current[\.metricsPath]
        let logger = log.outlet.logger(.serve)
        for address in await server.webAddresses {
            logger.info("metrics on \(address.localURL(isSecure: isSecure))\(path.dropFirst())")
        }
        for address in await server.healthAddresses {
            logger.info("health on \(address.localURL(isSecure: isSecure))health")
        }
        logger.info("sockets in \(directory.path)")
    }

    private func server(
        _ collector: Collector, _ sources: Sources, _ security: WebSecurity?, _ health: MetricsServer.Health?
    ) -> MetricsServer {
        var configuration = MetricsServer.Configuration(settings.current)
        configuration.security = security
        configuration.logger = log.outlet.logger(.http, library: "hummingbird")
        configuration.isEnabled = { [settings] in settings.current[\.metricsEnabled] }
        return MetricsServer(
            configuration: configuration, metrics: ScrapeSource(collector) { sources.receiver.drain() }, health: health)
    }
}

extension MetricsServer.Configuration {
    /// What the settings say; health has a port of its own unless only the other was named.
    init(_ settings: Settings) {
        let web = settings[\.metricsListenAddress]
        self.init(
            web: web.isEmpty ? [ListenAddress(port: settings[\.metricsPort])] : web,
            health: settings[\.healthEnabled] ? Self.health(settings) : [])
        telemetryPath = settings[\.metricsPath]
        hostNames = settings[\.webHostNames]
        limits.scrapes = settings[\.metricsMaxRequests]
    }

    private static func health(_ settings: Settings) -> [ListenAddress] {
        let named = settings[\.healthListenAddress]
        let hasPort = settings[\.metricsListenAddress].isEmpty || settings.origin(of: \.healthPort) != .fallback
        return named.isEmpty && hasPort ? [ListenAddress(port: settings[\.healthPort])] : named
    }
}

extension ListenAddress {
    /// A port on loopback.
    fileprivate init(port: Int) { self.init(host: "127.0.0.1", port: UInt16(clamping: port)) }
}

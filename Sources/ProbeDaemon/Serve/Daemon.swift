internal import CProbe
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
        let group = try group(settings.current)
        let capture = try CaptureOutput(settings.current)
        let tests = TestWatch()
        let sources = Sources(
            settings.current, directory, group: group, capture: capture?.wire, failures: tests.failures)
        let parts = try await ObservabilityParts(settings, log: log) { sources.receiver.drain() }
        try directory.create(for: group)
        let sinks = try Sinks(parts, tests, capture: capture)
        await capture?.join(parts)
        let expected = ExpectedDevices(settings.current, in: parts.collector)
        for modem in sources.modems.expected { parts.collector.expectDevice(.modem, named: modem) }
        await parts.checks.add(sources, in: directory, sinks)
        try await parts.server.start()
        sources.receiver.callHalfway(sinks.lookAround)
        do {
            try sources.start(into: sinks.entry)
        } catch {
            await parts.server.stop()
            throw error
        }
        sinks.history?.start()
        await tell(parts, sources)
        await parts.checkServer()
        process_give_back_start()
        let manager = ServiceManager()
        await manager?.tell(.ready)
        var services: [any Service] = [
            parts.server, SourcesService(sources: sources, sinks: sinks, parts: parts),
        ]
        if let manager { services.append(Heartbeat(manager: manager, sources: sources, directory: directory)) }
        try await serve(services, until: signals) {
            await parts.reload()
            expected.adopt(settings.current)
        } whenToldToStop: {
            parts.checks.stop()
            await manager?.tell(.stopping)
        }
    }

    /// Runs services until the first signal that ends them.
    private func serve(
        _ services: [any Service], until signals: UnixSignalsSequence,
        whenToldToReload: @escaping @Sendable () async -> Void, whenToldToStop: @escaping @Sendable () async -> Void
    ) async throws {
        var configuration = ServiceGroupConfiguration(
            services: services, logger: log.outlet.logger(.serve, library: "lifecycle"))
        configuration.maximumGracefulShutdownDuration = .seconds(5)
        let group = ServiceGroup(configuration: configuration)
        let watch = Task {
            for await signal in signals {
                guard signal != .sighup else {
                    await whenToldToReload()
                    continue
                }
                await whenToldToStop()
                await group.triggerGracefulShutdown()
            }
        }
        defer { watch.cancel() }
        try await group.run()
    }

    private func group(_ settings: Settings) throws(EventSocketError) -> RuntimeDirectory.Group? {
        guard let name = settings[\.runtimeGroup] else { return nil }
        guard let number = groupNumber(named: name) else { throw .unknownGroup(name) }
        return RuntimeDirectory.Group(name: name, number: number)
    }

    private func tell(_ parts: ObservabilityParts, _ sources: Sources) async {
        let logger = log.outlet.logger(.serve)
        let urls = await parts.urls
        for url in urls.pages { logger.info("the bench as it is now on \(url), or: cardlink-metrics status") }
        for url in urls.metrics { logger.info("metrics on \(url)") }
        for url in urls.health { logger.info("health on \(url)") }
        for line in sources.pskTLS.lines + sources.phones.lines { logger.info("\(line)") }
        logger.info("sockets in \(directory.path)")
    }
}

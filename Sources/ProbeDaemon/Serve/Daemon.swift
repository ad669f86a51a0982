internal import CardReader
internal import Logging
internal import Observability
internal import ProbeEvents
internal import ServiceLifecycle
internal import Taps
internal import UnixSignals

/// The daemon: hears all sources, collects, answers over HTTP, until SIGTERM or SIGINT.
package struct Daemon: Sendable {
    /// Where it listens.
    package struct Options: Sendable {
        /// Addresses for metrics, landing page and health.
        package var web: [ListenAddress]
        /// Addresses for health alone.
        package var health: [ListenAddress]
        /// The path of the metrics.
        package var telemetryPath = "/metrics"
        /// Names that this machine is known by beside its own; requests under others are refused.
        package var hostNames: [String] = []
        /// The directory for sockets; nil for the usual one.
        package var runtimeDirectory: String?
        /// A group whose members may tell events; nil for this user and root alone.
        package var group: String?

        /// 7816 on loopback, and 7817 for health unless only the first was named.
        package init(web: [ListenAddress] = [], health: [ListenAddress] = []) {
            self.web = web.isEmpty ? [ListenAddress(host: "127.0.0.1", port: 7816)] : web
            self.health = web.isEmpty && health.isEmpty ? [ListenAddress(host: "127.0.0.1", port: 7817)] : health
        }
    }

    private let options: Options
    private let directory: RuntimeDirectory

    /// A daemon that does not run yet.
    package init(_ options: Options) {
        self.options = options
        directory = RuntimeDirectory(named: options.runtimeDirectory)
    }

    /// Runs until it is told to stop; throws an ``ExplainedError`` when it cannot begin.
    package func run() async throws {
        // Trapped before anybody is told that it runs.
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        let group = try group()
        try directory.create(for: group)
        let sinks = Sinks()
        let sources = Sources(directory, group: group)
        let server = server(sinks.collector, sources)
        try await server.start()
        do {
            try sources.start(into: sinks.entry)
        } catch {
            await server.stop()
            throw error
        }
        await say(of: server)
        let manager = ServiceManager()
        await manager?.tell(.ready)
        var services: [any Service] = [server, SourcesService(sources: sources, sinks: sinks)]
        if let manager { services.append(Heartbeat(manager: manager, sources: sources, directory: directory)) }
        try await serve(services, until: signals) { await manager?.tell(.stopping) }
    }

    /// Runs services until the first signal.
    private func serve(
        _ services: [any Service], until signals: UnixSignalsSequence,
        whenToldToStop: @escaping @Sendable () async -> Void
    ) async throws {
        var configuration = ServiceGroupConfiguration(
            services: services,
            // What it would tell is told by our own lines and by the exit status.
            logger: Logger(label: "cardlink-probe.serve") { _ in SwiftLogNoOpLogHandler() })
        configuration.maximumGracefulShutdownDuration = .seconds(5)
        let group = ServiceGroup(configuration: configuration)
        let watch = Task {
            for await _ in signals {
                await whenToldToStop()
                await group.triggerGracefulShutdown()
            }
        }
        defer { watch.cancel() }
        try await group.run()
    }

    private func say(of server: MetricsServer) async {
        for address in await server.webAddresses {
            Terminal.say("metrics on \(address.localURL)\(options.telemetryPath.dropFirst())")
        }
        for address in await server.healthAddresses { Terminal.say("health on \(address.localURL)health") }
        Terminal.say("sockets in \(directory.path)")
    }

    private func group() throws(EventSocketError) -> RuntimeDirectory.Group? {
        guard let name = options.group else { return nil }
        guard let number = groupNumber(named: name) else { throw .unknownGroup(name) }
        return RuntimeDirectory.Group(name: name, number: number)
    }

    private func server(_ collector: Collector, _ sources: Sources) -> MetricsServer {
        var configuration = MetricsServer.Configuration(web: options.web, health: options.health)
        configuration.telemetryPath = options.telemetryPath
        configuration.hostNames = options.hostNames
        let checks: [HealthCheck] = [
            .pcscd { sources.readers.snapshot }, .readers { sources.readers.snapshot },
            .socket("receiver", path: directory.receiverSocket), .socket("events", path: directory.eventSocket),
        ]
        return MetricsServer(
            configuration: configuration, metrics: ScrapeSource(collector) { sources.receiver.drain() },
            health: HealthChecks(checks).health)
    }
}

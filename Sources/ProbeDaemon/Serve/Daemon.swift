internal import CardReader
internal import Logging
package import Observability
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
        try directory.create()
        let sinks = Sinks()
        let sources = Sources(directory)
        let server = server(sinks.collector, sources)
        try await server.start()
        do {
            try sources.start(into: sinks.entry)
        } catch {
            await server.stop()
            throw error
        }
        for address in await server.webAddresses {
            Terminal.say("metrics on \(address.localURL())\(options.telemetryPath.dropFirst())")
        }
        for address in await server.healthAddresses { Terminal.say("health on \(address.localURL())health") }
        Terminal.say("sockets in \(directory.path)")
        var configuration = ServiceGroupConfiguration(
            services: [server, SourcesService(sources: sources, entry: sinks.entry)],
            // What it would tell is told by the lines above and by the exit status.
            logger: Logger(label: "cardlink-probe.serve") { _ in SwiftLogNoOpLogHandler() })
        configuration.maximumGracefulShutdownDuration = .seconds(5)
        let group = ServiceGroup(configuration: configuration)
        let watch = Task { for await _ in signals { await group.triggerGracefulShutdown() } }
        defer { watch.cancel() }
        try await group.run()
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

internal import FoundationEssentials
package import Logging
package import Observability
internal import ProbeEvents
internal import ServiceLifecycle

/// The probe's HTTP server: `/metrics`, the live page or a plain one, and health, on any number of addresses.
package actor MetricsServer: Service {
    /// Where it listens, and for what.
    package struct Configuration: Sendable {
        /// Addresses for everything.
        package var web: [ListenAddress]
        /// Addresses for health alone.
        package var health: [ListenAddress]
        /// The path of the metrics.
        package var telemetryPath = "/metrics"
        /// The command's options that named the addresses, for errors.
        package var webOption = "--web.listen-address"
        package var healthOption = "--health.listen-address"
        /// Names by which this machine is known beside its own.
        package var hostNames: [String] = []
        /// Passwords and TLS; nil for neither.
        package var security: WebSecurity?
        /// Whether scrapes are answered at this moment.
        package var isEnabled: @Sendable () -> Bool = { true }
        /// What the libraries that serve have to say.
        package var logger = Logger(label: "cardlink-probe.http") { _ in SwiftLogNoOpLogHandler() }
        /// Bounds.
        package var limits = WebLimits()

        /// A configuration for addresses.
        package init(web: [ListenAddress], health: [ListenAddress] = []) {
            self.web = web
            self.health = health
        }
    }

    /// What the health paths answer.
    package struct Health: Sendable {
        /// All checks: `/health`.
        package var all: @Sendable () async -> HealthReport
        /// Whether the process answers: `/health/live`.
        package var live: @Sendable () async -> HealthReport
        /// Whether programs can be observed: `/health/ready`.
        package var ready: @Sendable () async -> HealthReport
        /// Called when the server is told to stop; it stops to listen when this returns.
        package var beforeStop: @Sendable () async -> Void

        /// Answers from their parts.
        package init(
            all: @escaping @Sendable () async -> HealthReport, live: @escaping @Sendable () async -> HealthReport,
            ready: @escaping @Sendable () async -> HealthReport, beforeStop: @escaping @Sendable () async -> Void = {}
        ) {
            self.all = all
            self.live = live
            self.ready = ready
            self.beforeStop = beforeStop
        }

        fileprivate var endpoints: [String: any WebEndpoint] {
            [
                "/health": HealthEndpoint(report: all), "/health/live": HealthEndpoint(report: live),
                "/health/ready": HealthEndpoint(report: ready),
            ]
        }
    }

    private let configuration: Configuration
    private let webEndpoints: [String: any WebEndpoint]
    private let healthEndpoints: [String: any WebEndpoint]
    private let beforeStop: (@Sendable () async -> Void)?
    private let live: LiveView?
    private let hosts: HostGuard
    private let connections: ConnectionBound
    private let slots: ScrapeSlots
    private var listeners: [WebListener] = []

    /// A server that does not listen yet; without health, or a view of the bench, there is nothing on their paths.
    package init(configuration: Configuration, metrics: ScrapeSource, health: Health?, live: LiveView? = nil) {
        self.configuration = configuration
        self.live = live
        connections = ConnectionBound(most: configuration.limits.connections)
        slots = ScrapeSlots(count: configuration.limits.scrapes)
        hosts = HostGuard(
            names: configuration.hostNames + (configuration.web + configuration.health).map(\.host)
                + HostGuard.ownNames(
                    resolverFile: (try? String(contentsOfFile: "/etc/resolv.conf", encoding: .utf8)) ?? ""))
        healthEndpoints = health?.endpoints ?? [:]
        beforeStop = health?.beforeStop
        var endpoints = healthEndpoints
        endpoints["/"] = LandingPage(
            version: ProbeVersion.current, telemetryPath: configuration.telemetryPath, hasHealth: health != nil)
        if live != nil {
            let page = LivePage(
                version: ProbeVersion.current, telemetryPath: configuration.telemetryPath, hasHealth: health != nil)
            endpoints.merge(page.endpoints) { $1 }
        }
        endpoints[configuration.telemetryPath] = MetricsEndpoint(
            source: metrics, slots: slots, isEnabled: configuration.isEnabled)
        if let live {
            let seats = ScrapeSlots(count: configuration.limits.viewers)
            endpoints["/api/v1/status"] = StatusEndpoint(live: live)
            endpoints[ExchangeEndpoint.folder] = ExchangeEndpoint(live: live)
            endpoints["/api/v1/stream"] = StreamEndpoint(live: live, seats: seats)
        }
        webEndpoints = endpoints
    }

    /// Addresses for everything, with the ports that they have.
    package var webAddresses: [ListenAddress] { listeners.prefix(configuration.web.count).map(\.bound) }

    /// Addresses for health alone, with the ports that they have.
    package var healthAddresses: [ListenAddress] { listeners.dropFirst(configuration.web.count).map(\.bound) }

    /// What the bounds have refused since the start.
    package var refusals: (connections: UInt64, scrapes: UInt64) { (connections.refusedCount, slots.refusedCount) }

    /// Listens on every address; on none when one of them fails.
    package func start() async throws(ListenError) {
        do {
            for address in configuration.web {
                try await listen(on: address, option: configuration.webOption, webEndpoints)
            }
            for address in configuration.health where address.port == 0 || !configuration.web.contains(address) {
                try await listen(on: address, option: configuration.healthOption, healthEndpoints)
            }
        } catch {
            await stop()
            throw error
        }
    }

    /// Stops to listen; answers under way get a second to end.
    package func stop() async {
        live?.close()
        let stopped = listeners
        listeners = []
        await withTaskGroup { group in
            for listener in stopped { group.addTask { await listener.stop() } }
        }
    }

    /// Serves until a graceful shutdown; ``start()`` must have been called.
    package func run() async throws {
        try? await gracefulShutdown()
        await beforeStop?()
        await stop()
    }

    private func listen(
        on address: ListenAddress, option: String, _ endpoints: [String: any WebEndpoint]
    ) async throws(ListenError) {
        let responder = WebResponder(endpoints: endpoints, hosts: hosts, security: configuration.security)
        listeners.append(
            try await WebListener.start(
                on: address, option: option, responder: responder, bound: connections, limits: configuration.limits,
                logger: configuration.logger))
    }
}

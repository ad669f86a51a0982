internal import CoreMetrics
public import Logging
public import Observability
public import ProbeEvents
internal import PrometheusClient
public import ServiceLifecycle
internal import Synchronization
public import Tracing

/// Observability for a program: one call begins numbers, spans, log, health and the pages that show them, one ends them.
///
/// ``shared`` is for programs; tests make as many as they want. It is safe from any thread, and what has begun is not begun
/// twice. <doc:ObserveAProgram> shows it in a program.
public final class ObservabilityManager: Service, Sendable {
    /// The one of this process.
    public static let shared = ObservabilityManager()

    private struct State {
        var running: RunningParts?
        /// Beginnings and ends, one after the other.
        var turn: Task<Void, Never>?
    }

    private let state = Mutex(State())
    private static let isBackEnd = Mutex(false)

    /// A manager with nothing begun.
    public init() {}

    /// Begins everything; when it has begun already, nothing.
    ///
    /// Throws an `ExplainedError` when the configuration has faults, all of which it names, or an address cannot be
    /// listened on; then nothing is left running.
    public func initialize(_ configuration: ObservabilityConfiguration = ObservabilityConfiguration()) async throws {
        try await inTurn { [self] in
            guard state.withLock({ $0.running == nil }) else { return }
            let running = try await RunningParts(configuration)
            state.withLock { $0.running = running }
        }
    }

    /// Sends what waits and ends everything, within that time; when nothing has begun, nothing.
    ///
    /// A part that fails or hangs keeps no other from its end. Returns whether all came to an end in time.
    @discardableResult
    public func shutdown(within limit: Duration = .seconds(5)) async -> Bool {
        let ended = try? await inTurn { [self] in
            let running = state.withLock { state in
                defer { state.running = nil }
                return state.running
            }
            return await running?.end(within: limit) ?? true
        }
        return ended ?? false
    }

    /// Ends everything, so that the next beginning counts from 0.
    public func reset() async { await shutdown() }

    /// Ends everything when the service group that it is part of is told to end; ``initialize(_:)`` comes before.
    public func run() async throws {
        try? await gracefulShutdown()
        await shutdown()
    }

    /// Reads the configuration again, and takes what can be changed while it runs.
    public func reload() async { await parts?.reload() }

    // MARK: What has begun

    /// Whether it has begun.
    public var isInitialized: Bool { parts != nil }

    /// Takes what there is to count; nil when nothing has begun.
    public var collector: Collector? { parts?.collector }

    /// Takes the events of sources such as a `CardReader`: they are counted, become spans, and show on the live page. Nil
    /// when nothing has begun.
    public var events: (any EventSink)? { parts.map { StandardLevel($0.sink) } }

    /// The checks of health, where a program registers its own; nil when nothing has begun.
    public var health: HealthChecker? { parts?.checks.checker }

    /// Starts spans; one that keeps none when nothing has begun, or nobody named an endpoint for them.
    public var tracer: any Tracer { parts?.traces?.tracer ?? NoOpTracer() }

    /// A logger of this label; silent when nothing has begun.
    public func logger(_ label: String) -> Logger {
        guard let log = parts?.log else { return Logger(label: label) { _ in SwiftLogNoOpLogHandler() } }
        return Logger(label: label) { log.handler(label: $0) }
    }

    /// Where numbers are shown, as URLs with the ports that were chosen; empty when nothing has begun.
    public var metricsURLs: [String] { get async { await parts?.urls.metrics ?? [] } }

    /// Where health is answered alone, as URLs with the ports that were chosen.
    public var healthURLs: [String] { get async { await parts?.urls.health ?? [] } }

    /// Puts log, numbers and spans of this manager behind swift-log, swift-metrics and swift-distributed-tracing, so that
    /// every Swift library of the program is seen; for the life of the process, and once in it.
    ///
    /// Returns false when nothing has begun, or when it was called before.
    @discardableResult
    public func bootstrap() -> Bool {
        guard let parts,
            Self.isBackEnd.withLock({ isBackEnd in
                defer { isBackEnd = true }
                return !isBackEnd
            })
        else { return false }
        parts.log.bootstrap()
        MetricsSystem.bootstrap(RegistryMetrics(parts.collector.registry))
        InstrumentationSystem.bootstrap(parts.traces?.tracer ?? NoOpTracer())
        return true
    }

    private var parts: ObservabilityParts? { state.withLock { $0.running?.parts } }

    private func inTurn<Result: Sendable>(_ work: @escaping @Sendable () async throws -> Result) async throws -> Result
    {
        let task = state.withLock { state in
            let task = Task { [before = state.turn] in
                await before?.value
                return try await work()
            }
            state.turn = Task { _ = await task.result }
            return task
        }
        return try await task.value
    }
}

/// Where a program's configuration comes from: the values that it names itself, the environment, and a file, in this order.
public struct ObservabilityConfiguration: Sendable {
    /// The values of keys by their path: `["metrics.port": ["0"]]`; a list has one text for each of its values.
    public var values: [String: [String]]
    /// The environment: `CARDLINK_*`, CardLink's older `GP_*`, and OpenTelemetry's own in the process.
    public var environment: [String: String]
    /// A file in YAML; nil for none.
    public var file: String?

    /// Sources from their parts.
    public init(values: [String: [String]] = [:], environment: [String: String] = [:], file: String? = nil) {
        (self.values, self.environment, self.file) = (values, environment, file)
    }

    var sources: ConfigSources {
        get throws(UnknownKey) {
            for path in values.keys.sorted() { _ = try ConfigKeys.table.row(path) }
            return ConfigSources(file: file, environment: environment, options: values)
        }
    }
}

/// The parts of a manager, and the service group that they run in.
private struct RunningParts: Sendable {
    let parts: ObservabilityParts

    private let group: ServiceGroup
    private let work: Task<Void, Never>

    init(_ configuration: ObservabilityConfiguration) async throws {
        let sources = try configuration.sources
        let settings = try await sources.load()
        var logging = LoggingConfig(settings)
        logging.programName = nil
        let log = LogSystem(logging)
        do {
            parts = try await ObservabilityParts(LiveSettings(settings, from: sources, log: log), log: log)
            try await parts.server.start()
        } catch {
            log.finish()
            throw error
        }
        await parts.checkServer()
        // One that ends or fails ends no other.
        var configuration = ServiceGroupConfiguration(
            services: [FinalExports(parts: parts) as any Service, parts.server].map {
                .init(service: $0, successTerminationBehavior: .ignore, failureTerminationBehavior: .ignore)
            },
            logger: log.outlet.logger(.serve, library: "lifecycle"))
        configuration.cancellationSignals = []
        group = ServiceGroup(configuration: configuration)
        work = Task { [group] in try? await group.run() }
    }

    func end(within limit: Duration) async -> Bool {
        let start = ContinuousClock.now
        parts.checks.stop()
        await group.triggerGracefulShutdown()
        let (ends, end) = AsyncStream.makeStream(of: Bool.self)
        let waiting = Task { [work] in
            await work.value
            end.yield(true)
        }
        let limiting = Task {
            try? await Task.sleep(for: limit)
            end.yield(false)
        }
        var iterator = ends.makeAsyncIterator()
        let hasEnded = await iterator.next() ?? false
        limiting.cancel()
        if !hasEnded { work.cancel() }
        waiting.cancel()
        let rest = max(.milliseconds(100), limit - (ContinuousClock.now - start))
        return parts.log.finish(within: rest) && hasEnded
    }
}

/// Exports as a service: told to end, they send what they have.
private struct FinalExports: Service {
    let parts: ObservabilityParts

    func run() async throws {
        try? await gracefulShutdown()
        await parts.finish()
    }
}

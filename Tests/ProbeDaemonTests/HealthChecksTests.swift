import CardReader
import Foundation
import NIOCore
import Observability
import ProbeEvents
import PrometheusClient
import TestSupport
import Testing

@testable import ProbeDaemon

@Suite struct HealthChecksTests {
    /// What a monitor knows that heard from pcscd so long ago.
    private func snapshot(isWorking: Bool, readers: Int, silence: UInt64) -> ReaderMonitorSnapshot {
        let reader = ReaderMonitorSnapshot.Reader(name: "Reader", state: ["present"], atr: [])
        return ReaderMonitorSnapshot(
            isWorking: isWorking, message: isWorking ? "" : "pcscd is not running",
            readers: Array(repeating: reader, count: readers),
            lastAnswerNanoseconds: EventClock.monotonicNow - silence)
    }

    @Test(
        arguments: [
            (true, 1, 0, HealthStatus.healthy, HealthStatus.healthy), (true, 0, 0, .healthy, .degraded),
            (false, 0, 0, .unhealthy, .unknown), (true, 1, 6_000_000_000, .unhealthy, .healthy),
        ] as [(Bool, Int, UInt64, HealthStatus, HealthStatus)])
    func pcscdAndReaders(
        isWorking: Bool, count: Int, silence: UInt64, pcscd: HealthStatus, readers: HealthStatus
    ) async throws {
        let known = snapshot(isWorking: isWorking, readers: count, silence: silence)
        let first = try await HealthCheck.pcscd { known }.look()
        let second = try await HealthCheck.readers { known }.look()
        #expect(first.status == pcscd)
        #expect(second.status == readers)
        for check in [first, second] { #expect(check.message.isEmpty == (check.status == .healthy)) }
    }

    @Test func theSocketIsLookedAt() async throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "socket-\(UUID().uuidString.prefix(8))").path
        let check = HealthCheck.socket("events", path: path)
        #expect(try await check.look().status == .unhealthy)
        #expect(FileManager.default.createFile(atPath: path, contents: nil))
        #expect(try await check.look().status == .unhealthy)
        try FileManager.default.removeItem(atPath: path)
    }

    @Test(
        arguments: [
            (89.9, HealthStatus.healthy), (90, .degraded), (97.9, .degraded), (98, .unhealthy), (100, .unhealthy),
        ])
    func fullness(percent: Double, expected: HealthStatus) {
        #expect(FullnessLimits(degraded: 90, unhealthy: 98).status(at: percent) == expected)
    }

    @Test func disksAndMemory() async throws {
        let folder = try TemporaryFolder()
        try folder.write("MemTotal: 8388608 kB\nMemAvailable: 1048576 kB\n", to: "meminfo")
        let procFS = ProcFS(root: folder.path)
        func memory(_ degraded: Int, _ unhealthy: Int) async throws -> HealthResult {
            try await HealthCheck.memory(
                limits: { FullnessLimits(degraded: degraded, unhealthy: unhealthy) }, of: procFS
            ).look()
        }
        #expect(try await memory(90, 98) == HealthResult(.healthy))
        #expect(
            try await memory(80, 98)
                == HealthResult(
                    .degraded,
                    "87% of the memory is in use, 1.0 GiB are left; the limit is 80%, end a program that takes much"))
        #expect(try await memory(80, 87).status == .unhealthy)
        try folder.write("", to: "meminfo")
        #expect(try await memory(80, 87).status == .unknown)

        let full = try await HealthCheck.disks([folder.path]) { FullnessLimits(degraded: 1, unhealthy: 1) }.look()
        #expect(full.status == .unhealthy)
        #expect(full.message.hasPrefix("the disk of \(folder.path) is "))
        #expect(full.message.hasSuffix(" are left; the limit is 1%, free some space"))
        let missing = folder.file("missing")
        #expect(
            try await HealthCheck.disks(["/", missing]) { FullnessLimits(degraded: 100, unhealthy: 100) }.look()
                == HealthResult(.degraded, "\(missing) is not there; correct system.disk_paths"))
        // A file system without space of its own is never full.
        #expect(
            try await HealthCheck.disks(["/proc"]) { FullnessLimits(degraded: 1, unhealthy: 1) }.look()
                == HealthResult(.healthy))
    }

    @Test func anExporterIsToldByItsFamilies() async throws {
        let collector = Collector()
        let watch = ExporterWatch(.otlpTraces, queueCapacity: 10, of: collector)
        let check = HealthCheck.exporter("otlp_traces") { watch.state() }
        #expect(try await check.look() == HealthResult(.healthy))
        collector.health.exportQueueLength[.otlpTraces].set(3)
        collector.health.exportFailures[.otlpTraces, .unreachable].increment()
        for _ in 0..<2 {
            #expect(
                try await check.look()
                    == HealthResult(
                        .degraded,
                        "nothing was sent since an export failed 0 s ago (unreachable), 3 items wait; "
                            + "is the receiver there, and its address right?"))
        }
        collector.health.exportQueueLength[.otlpTraces].set(0)
        #expect(try await check.look() == HealthResult(.healthy))
        collector.health.exportQueueLength[.otlpTraces].set(8)
        #expect(
            try await check.look()
                == HealthResult(
                    .degraded, "8 items wait where 10 may: the receiver is slower than what is told"))
    }

    @Test(
        arguments: [
            (ExporterState(), HealthStatus.healthy), (ExporterState(lastSuccessNanoseconds: 2), .healthy),
            (ExporterState(lastSuccessNanoseconds: 2, lastFailureNanoseconds: 1), .healthy),
            (ExporterState(lastSuccessNanoseconds: 1, lastFailureNanoseconds: 2), .degraded),
            (ExporterState(queueLength: 79, queueCapacity: 100), .healthy),
            (ExporterState(queueLength: 80, queueCapacity: 100), .degraded),
        ])
    func anExporterIsDegradedAtMost(_ state: ExporterState, expected: HealthStatus) async throws {
        #expect(try await HealthCheck.exporter("otlp") { state }.look().status == expected)
    }

    @Test func eachPathAsksItsChecks() async throws {
        let checks = HealthChecks()
        await checks.checker.register(
            HealthCheck("good", isNeededToBeReady: true) { HealthResult(.healthy) })
        await checks.checker.register(HealthCheck("bad") { HealthResult(.unhealthy, "why") })
        #expect(await checks.health.all().status == .unhealthy)
        #expect(await checks.health.all().checks.keys.sorted() == ["bad", "good"])
        #expect(await checks.health.ready().checks.keys.sorted() == ["good"])
        #expect(await checks.health.ready().status == .healthy)
        #expect(await checks.health.live().checks.isEmpty)
        #expect(await checks.health.live().status == .healthy)
        checks.stop()
        #expect(await checks.health.ready().status == .unhealthy)
        #expect(await checks.health.live().status == .healthy)
    }

    /// Who watches is waited for, a second at most; where nobody does, nothing is.
    @Test func theStopWaitsForWhoWatches() async throws {
        func stopTime(_ checks: HealthChecks) async -> Duration {
            checks.stop()
            return await ContinuousClock().measure { await checks.health.beforeStop() }
        }
        #expect(await stopTime(HealthChecks()) < .milliseconds(200))
        let watched = HealthChecks()
        _ = await watched.health.ready()
        let task = Task {
            try await Task.sleep(for: .milliseconds(300))
            return await watched.health.ready()
        }
        let time = await stopTime(watched)
        #expect(time > .milliseconds(250) && time < .milliseconds(800), "\(time)")
        #expect(try await task.value.checks["shutdown"]?.status == .unhealthy)
        let left = HealthChecks()
        _ = await left.health.ready()
        let patience = await stopTime(left)
        #expect(patience >= .seconds(1) && patience < .seconds(2), "\(patience)")
    }

    // MARK: The metrics endpoint

    @Test func metricsAreAskedFor() async throws {
        try await withServer(source: ScrapeCounts().source(pieces: ["a_total 1\n", "b_total 2\n"])) { _, port in
            func look(_ path: String) async throws -> HealthResult {
                try await HealthCheck.metricsEndpoint(url: "http://127.0.0.1:\(port)\(path)").look()
            }
            #expect(try await look("/metrics") == HealthResult(.healthy))
            let other = try await look("/other")
            #expect(other.status == .unhealthy)
            #expect(other.message.contains("/other answers with 404: nothing here; there is: "))
        }
        try await withServer(source: ScrapeCounts().source(pieces: [])) { _, port in
            let url = "http://127.0.0.1:\(port)/metrics"
            let empty = try await HealthCheck.metricsEndpoint(url: url).look()
            #expect(empty == HealthResult(.unhealthy, "\(url) answers with an empty page"))
        }
    }

    @Test func metricsThatAreOffAreDegraded() async throws {
        var configuration = MetricsServer.Configuration(web: [ListenAddress(host: "127.0.0.1", port: 0)])
        configuration.isEnabled = { false }
        let server = MetricsServer(
            configuration: configuration, metrics: ScrapeCounts().source(pieces: []), health: nil)
        try await server.start()
        let port = try #require(await server.webAddresses.first?.port)
        let url = "http://127.0.0.1:\(port)/metrics"
        let off = try await HealthCheck.metricsEndpoint(url: url).look()
        #expect(off.status == .degraded)
        #expect(off.message == "\(url) answers with 503: metrics are switched off: metrics.enabled is false")
        #expect(try await RawAnswer(port: port, "/health").status == 404)
        let landing = try await RawAnswer(port: port, "/").text
        #expect(landing.contains("/metrics") && !landing.contains("/health"))
        await server.stop()
        #expect(try await HealthCheck.metricsEndpoint(url: url).look().status == .unhealthy)
        #expect(
            try await HealthCheck.metricsEndpoint(url: url, asksForCertificate: { true }).look().status == .unhealthy)
    }

    /// `/health` of a server answers in time though one of its checks hangs.
    @Test func theServerAnswersInTime() async throws {
        let gate = DispatchSemaphore(value: 0)
        defer { gate.signal() }
        let checks = HealthChecks(HealthChecker(version: "1") { .milliseconds(400) })
        await checks.checker.register(
            HealthCheck("hangs") {
                gate.wait()
                return HealthResult(.healthy)
            })
        await checks.checker.register(HealthCheck("throws") { throw CancellationError() })
        for number in 0..<18 { await checks.checker.register(HealthCheck("\(number)") { HealthResult(.healthy) }) }
        let server = MetricsServer(
            configuration: MetricsServer.Configuration(web: [ListenAddress(host: "127.0.0.1", port: 0)]),
            metrics: ScrapeCounts().source(pieces: []), health: checks.health)
        try await server.start()
        let port = try #require(await server.webAddresses.first?.port)
        let start = ContinuousClock.now
        let answer = try await RawAnswer(port: port, "/health")
        #expect(ContinuousClock.now - start < .milliseconds(500))
        #expect(answer.status == 503)
        let report = try JSONDecoder().decode(Told.self, from: Data(answer.body))
        #expect(report.checks.count == 20)
        for (name, check) in report.checks {
            #expect(check.status == (["hangs", "throws"].contains(name) ? "unhealthy" : "healthy"), "\(name)")
        }
        let head = try await RawAnswer(port: port, "/health", method: "HEAD")
        #expect(head.status == 503 && head.body.isEmpty)
        #expect(try await RawAnswer(port: port, "/health", method: "POST").status == 405)
        await server.stop()
    }

    private struct Told: Decodable {
        struct Check: Decodable { var status: String }
        var checks: [String: Check]
    }
}

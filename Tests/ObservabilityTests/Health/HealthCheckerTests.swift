import Dispatch
import ProbeEvents
import Synchronization
import TestSupport
import Testing

@testable import Observability

/// Checks that work, fail, hang and throw, side by side.
struct HealthCheckerTests {
    private struct Failure: Error, CustomStringConvertible {
        let description = "the disk\nis gone"
    }

    /// How a check hangs: with its thread, or without one.
    enum Hanging: CaseIterable { case blocked, asleep }

    private static func checker(kept: Duration = .seconds(1), timeout: Duration = .milliseconds(500)) -> HealthChecker {
        HealthChecker(version: "1", kept: kept) { timeout }
    }

    /// Sixteen are more than there are threads for all.
    @Test(arguments: Hanging.allCases, [1, 16])
    func oneHangsAndOneThrows(_ hanging: Hanging, count: Int) async throws {
        let gate = DispatchSemaphore(value: 0)
        let asleep = Sleepers()
        defer {
            for _ in 0..<count { gate.signal() }
            asleep.wake()
        }
        let checker = Self.checker()
        for number in 0..<count {
            await checker.register(
                HealthCheck("hangs \(number)") {
                    switch hanging {
                    case .blocked: gate.wait()
                    // Deaf to being cancelled.
                    case .asleep: await withCheckedContinuation { asleep.add($0) }
                    }
                    return HealthResult(.healthy)
                })
        }
        await checker.register(HealthCheck("throws") { throw Failure() })
        let statuses: [HealthStatus] = [.healthy, .degraded, .unhealthy, .unknown]
        for number in 0..<18 {
            await checker.register(
                HealthCheck("works \(number)") {
                    try await Task.sleep(for: .milliseconds(20))
                    return HealthResult(statuses[number % 4], "\(number)")
                })
        }
        let start = ContinuousClock.now
        let report = await checker.run()
        let time = ContinuousClock.now - start
        #expect(time >= .milliseconds(490) && time < .milliseconds(600), "\(time)")
        #expect(report.checks.count == 19 + count)
        #expect(report.status == .unhealthy)
        #expect(report.checks["throws"]?.status == .unhealthy)
        #expect(report.checks["throws"]?.message == "the disk is gone")
        for number in 0..<count {
            let hung = try #require(report.checks["hangs \(number)"])
            #expect(hung.status == .unhealthy)
            #expect(hung.message.hasPrefix("the check has not come to an end for 0.5"))
            #expect(hung.durationSeconds >= 0.49)
        }
        for number in 0..<18 {
            let check = try #require(report.checks["works \(number)"])
            #expect(check.status == statuses[number % 4])
            #expect(check.message == "\(number)")
            #expect(check.durationSeconds >= 0.02 && check.durationSeconds < 0.5)
            #expect(check.ageSeconds < 0.6)
        }
    }

    /// Who waits without a thread.
    private final class Sleepers: Sendable {
        private let waiting = Mutex<[CheckedContinuation<Void, Never>]>([])

        func add(_ continuation: CheckedContinuation<Void, Never>) { waiting.withLock { $0.append(continuation) } }

        func wake() { for continuation in waiting.withLock({ $0 }) { continuation.resume() } }
    }

    @Test func aHungCheckIsNotBegunAgainAndComesBack() async throws {
        let gate = DispatchSemaphore(value: 0)
        let begun = Mutex(0)
        let checker = Self.checker(kept: .zero, timeout: .milliseconds(50))
        await checker.register(
            HealthCheck("disk") {
                if begun.withLock({
                    $0 += 1
                    return $0 == 1
                }) {
                    gate.wait()
                }
                return HealthResult(.healthy)
            })
        #expect(await checker.run("disk")?.status == .unhealthy)
        for _ in 0..<20 {
            let start = ContinuousClock.now
            #expect(await checker.run("disk")?.status == .unhealthy)
            // Told at once: its time is over.
            #expect(ContinuousClock.now - start < .milliseconds(45))
        }
        #expect(begun.withLock { $0 } == 1)
        try await Task.sleep(for: .milliseconds(100))
        #expect(try #require(await checker.run("disk")).durationSeconds > 0.1)
        gate.signal()
        var status = HealthStatus.unhealthy
        for _ in 0..<200 where status != .healthy {
            try await Task.sleep(for: .milliseconds(5))
            status = await checker.run("disk")?.status ?? .unknown
        }
        #expect(status == .healthy)
        #expect(begun.withLock { $0 } == 2)
    }

    @Test func resultsAreKeptForASecond() async throws {
        let begun = Mutex(0)
        let checker = Self.checker(kept: .milliseconds(200))
        await checker.register(
            HealthCheck("pcscd") {
                begun.withLock { $0 += 1 }
                return HealthResult(.healthy)
            })
        await withTaskGroup { group in
            for _ in 0..<100 { group.addTask { _ = await checker.run() } }
        }
        #expect(begun.withLock { $0 } == 1)
        try await Task.sleep(for: .milliseconds(100))
        #expect(try #require(await checker.run("pcscd")).ageSeconds >= 0.1)
        try await Task.sleep(for: .milliseconds(150))
        #expect(try #require(await checker.run("pcscd")).ageSeconds < 0.1)
        #expect(begun.withLock { $0 } == 2)
    }

    @Test func checksComeAndGo() async throws {
        let checker = Self.checker(kept: .zero, timeout: .seconds(5))
        #expect(await checker.run().status == .healthy)
        #expect(await checker.run("card") == nil)
        await checker.register(HealthCheck("card") { HealthResult(.degraded, "first") })
        #expect(await checker.run("card")?.message == "first")
        await checker.register(HealthCheck("card") { HealthResult(.healthy, "second") })
        #expect(await checker.run("card")?.message == "second")
        #expect(await checker.run().checks.count == 1)
        await checker.remove("card")
        #expect(await checker.run("card") == nil)
        #expect(await checker.run().checks.isEmpty)
        // Who waits for one that is taken away does not wait on.
        await checker.register(
            HealthCheck("slow") {
                try await Task.sleep(for: .seconds(60))
                return HealthResult(.healthy)
            })
        async let slow = checker.run("slow")
        try await Task.sleep(for: .milliseconds(50))
        await checker.remove("slow")
        #expect(await slow == nil)
    }

    @Test func aCheckHasItsOwnTime() async throws {
        let checker = Self.checker(timeout: .seconds(10))
        await checker.register(
            HealthCheck("short", timeout: .milliseconds(50)) {
                try await Task.sleep(for: .seconds(60))
                return HealthResult(.healthy)
            })
        let start = ContinuousClock.now
        #expect(await checker.run("short")?.status == .unhealthy)
        #expect(ContinuousClock.now - start < .milliseconds(150))
    }

    @Test(
        arguments: [
            ([], HealthStatus.healthy), ([.healthy], .healthy), ([.healthy, .degraded], .degraded),
            ([.unknown, .healthy], .unknown), ([.unknown, .degraded], .degraded),
            ([.degraded, .unhealthy], .unhealthy),
        ] as [([HealthStatus], HealthStatus)])
    func theWorstCounts(_ statuses: [HealthStatus], expected: HealthStatus) async {
        let checker = Self.checker()
        for (number, status) in statuses.enumerated() {
            await checker.register(HealthCheck("\(number)") { HealthResult(status) })
        }
        #expect(await checker.run().status == expected)
    }
}

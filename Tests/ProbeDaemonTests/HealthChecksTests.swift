import CardReader
import Foundation
import ProbeEvents
import Testing

@testable import ProbeDaemon

@Suite struct HealthChecksTests {
    /// What a monitor knows that heard from pcscd so long ago.
    private func snapshot(isWorking: Bool, readers: Int, silence: UInt64) -> ReaderMonitorSnapshot {
        let reader = ReaderMonitorSnapshot.Reader(name: "Reader", state: ["present"], atr: [])
        return ReaderMonitorSnapshot(
            isWorking: isWorking, message: isWorking ? "" : "pcscd is not running",
            readers: Array(repeating: reader, count: readers),
            lastAnswerNanoseconds: EventClock.now.monotonicNanoseconds - silence)
    }

    @Test(
        arguments: [
            (true, 1, 0, HealthStatus.healthy, HealthStatus.healthy), (true, 0, 0, .healthy, .degraded),
            (false, 0, 0, .unhealthy, .unknown), (true, 1, 6_000_000_000, .unhealthy, .healthy),
        ] as [(Bool, Int, UInt64, HealthStatus, HealthStatus)])
    func pcscdAndReaders(isWorking: Bool, count: Int, silence: UInt64, pcscd: HealthStatus, readers: HealthStatus) {
        let known = snapshot(isWorking: isWorking, readers: count, silence: silence)
        let first = HealthCheck.pcscd { known }.look()
        let second = HealthCheck.readers { known }.look()
        #expect(first.status == pcscd)
        #expect(second.status == readers)
        for check in [first, second] { #expect(check.message.isEmpty == (check.status == .healthy)) }
    }

    @Test func theSocketIsLookedAt() throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "socket-\(UUID().uuidString.prefix(8))").path
        let check = HealthCheck.socket("events", path: path)
        #expect(check.look().status == .unhealthy)
        #expect(FileManager.default.createFile(atPath: path, contents: nil))
        #expect(check.look().status == .unhealthy)
        try FileManager.default.removeItem(atPath: path)
    }

    @Test func eachPathAsksItsChecks() {
        let checks = HealthChecks([
            HealthCheck(name: "good", isNeededToBeReady: true) { HealthReport.Check(status: .healthy) },
            HealthCheck(name: "bad") { HealthReport.Check(status: .unhealthy, message: "why") },
        ])
        #expect(checks.health.all().status == .unhealthy)
        #expect(checks.health.all().checks.keys.sorted() == ["bad", "good"])
        #expect(checks.health.ready().checks.keys.sorted() == ["good"])
        #expect(checks.health.ready().status == .healthy)
        #expect(checks.health.live().checks.isEmpty)
        #expect(checks.health.live().status == .healthy)
    }
}

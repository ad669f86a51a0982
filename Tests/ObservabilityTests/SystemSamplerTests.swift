import Foundation
import ProbeEvents
import Synchronization
import Testing

@testable import Observability

@Suite struct SystemSamplerTests {
    private typealias Times = ProcFS.ProcessorTimes

    @Test func processorUsage() {
        var usage = ProcessorUsage(baseline: Times(totalTicks: 1_000, idleTicks: 900))
        // Too near to the baseline: nothing is known yet.
        #expect(usage.percent(at: Times(totalTicks: 1_049, idleTicks: 900)) == nil)
        #expect(usage.percent(at: Times(totalTicks: 1_200, idleTicks: 1_050)) == 25)
        #expect(usage.percent(at: Times(totalTicks: 1_210, idleTicks: 1_050)) == 25)
        #expect(usage.percent(at: Times(totalTicks: 1_300, idleTicks: 1_150)) == 0)
        // Idle went back, and idle went further than all time did: the share stays between 0 and 100.
        #expect(usage.percent(at: Times(totalTicks: 1_400, idleTicks: 1_140)) == 100)
        #expect(usage.percent(at: Times(totalTicks: 1_500, idleTicks: 1_900)) == 0)
        // Counters that began anew.
        #expect(usage.percent(at: Times(totalTicks: 100, idleTicks: 100)) == 0)
        #expect(usage.percent(at: Times(totalTicks: 200, idleTicks: 150)) == 50)
    }

    @Test func withoutBaseline() {
        var usage = ProcessorUsage(baseline: nil)
        #expect(usage.percent(at: Times(totalTicks: 100, idleTicks: 100)) == nil)
        #expect(usage.percent(at: Times(totalTicks: 200, idleTicks: 150)) == 50)
    }

    @Test func thisProcess() throws {
        let sampler = SystemSampler(diskPaths: ["/", "/nonexistent", "/tmp"])
        let before = sampler.sample()
        var values = [UInt8](repeating: 1, count: 40_000_000)
        for index in values.indices { values[index] &+= UInt8(truncatingIfNeeded: index) }
        let after = sampler.sample()
        #expect(values.count == 40_000_000)
        #expect(after.disks.map(\.path) == ["/", "/tmp"])
        #expect(after.disks.allSatisfy { $0.usedBytes > 0 })
        #expect(try #require(after.processorSeconds) > (try #require(before.processorSeconds)))
        #expect(try #require(after.residentMemoryBytes) > (try #require(before.residentMemoryBytes)) + 20_000_000)
        #expect(try #require(after.virtualMemoryBytes) > (try #require(after.residentMemoryBytes)))
        let uptime = try #require(after.uptimeSeconds)
        let start = try #require(after.startTimeSeconds)
        #expect(uptime > 0 && uptime < 3_600)
        #expect(abs(Double(EventClock.now.wallNanoseconds) / 1e9 - start - uptime) < 2)
        #expect(start == before.startTimeSeconds)
    }

    @Test func countsDescriptorsAndThreads() throws {
        let sampler = SystemSampler()
        // Other tests run beside this one and open and close files: many more must be seen, not an exact number.
        let before = try #require(sampler.sample().openDescriptors)
        let files = try (0..<200).map { _ in try #require(FileHandle(forReadingAtPath: "/dev/null")) }
        #expect(try #require(sampler.sample().openDescriptors) >= before + 100)
        #expect(files.count == 200)

        let gate = DispatchSemaphore(value: 0)
        let started = DispatchGroup()
        let threads = (0..<20).map { _ in
            started.enter()
            return Thread {
                started.leave()
                gate.wait()
            }
        }
        for thread in threads { thread.start() }
        started.wait()
        #expect(try #require(sampler.sample().threads) >= 21)
        for _ in threads { gate.signal() }
    }

    @Test func withoutProc() {
        let metrics = SystemSampler(procFS: ProcFS(root: "/nonexistent"), diskPaths: []).sample()
        #expect(metrics == SystemMetrics())
    }
}

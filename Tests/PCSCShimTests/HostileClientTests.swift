import Foundation
import ProbeEvents
import TestSupport
import Testing

/// Clients that lie: the receiver counts them, goes on, and hears the next honest one.
@Suite struct HostileClientTests {
    private func hostile(_ bench: ShimBench, _ what: String, _ count: Int, seed: Int = 1) throws -> String {
        let outcome = try Command.run([Workshop.shared.hostile.path, bench.socket, what, "\(count)", "\(seed)"])
        #expect(outcome.ending == .exited(0), "\(outcome.errors)")
        return outcome.output
    }

    private func hearsAnHonestClient(_ bench: ShimBench) throws {
        // A client that finds the door crowded goes on without a receiver.
        bench.drain()
        let before = bench.sink.exchanges.count { $0.client.program == "client" }
        try bench.client(["establish", "connect", "transmit 25 0", "disconnect"])
        bench.drain()
        #expect(bench.sink.exchanges.count { $0.client.program == "client" } == before + 25)
    }

    private func openDescriptors() throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
    }

    @Test(arguments: 1...4)
    func tenThousandRandomMessages(seed: Int) throws {
        let bench = try ShimBench()
        _ = try hostile(bench, "junk", 2_500, seed: seed)
        try hearsAnHonestClient(bench)
        #expect(bench.sink.dropped(.malformed) > 100)
        bench.stop()
    }

    @Test(arguments: 1...4)
    func ringsThatLie(seed: Int) throws {
        let bench = try ShimBench()
        _ = try hostile(bench, "rings", 500, seed: seed)
        try hearsAnHonestClient(bench)
        bench.stop()
        #expect(bench.sink.attached.count > 100)
        #expect(bench.sink.attached.count == bench.sink.ended.count)
        #expect(bench.sink.dropped(.malformed) > 100)
        let now = EventClock.monotonicNow
        for event in bench.sink.events {
            let stamp = event.stamp
            #expect(stamp.startNanoseconds <= now && stamp.durationNanoseconds <= now)
        }
    }

    @Test func secondDescriptorIsNotKept() throws {
        let bench = try ShimBench()
        try hearsAnHonestClient(bench)
        #expect(eventually { bench.attachedClients.isEmpty })
        for _ in 0..<20 { _ = try hostile(bench, "shared", 1) }
        bench.drain()
        #expect(bench.sink.dropped(.malformed) == 20)
        let names = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").compactMap {
            try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)")
        }
        #expect(!names.contains { $0.hasPrefix("/memfd:b") })
    }

    @Test func threeHundredThatSayNothing() throws {
        let bench = try ShimBench()
        // 256 are let in and sent away when they say nothing; the others are refused.
        #expect(try hostile(bench, "silent", 300) == "300")
        try hearsAnHonestClient(bench)
        #expect(bench.sink.dropped(.malformed) == 256)
        #expect(bench.sink.dropped(.refused) == 44)
    }

    @Test func floodStarvesNobody() throws {
        let bench = try ShimBench()
        let flood = try RunningCommand([Workshop.shared.hostile.path, bench.socket, "flood", "1", "1"])
        #expect(eventually { bench.sink.attached.count == 1 })
        let start = Date()
        try hearsAnHonestClient(bench)
        #expect(Date().timeIntervalSince(start) < 1.5)
        _ = try flood.end()
    }
}

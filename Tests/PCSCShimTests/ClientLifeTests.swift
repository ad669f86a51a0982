import Foundation
import ProbeEvents
import TestSupport
import Testing

/// Threads, processes and ends of client programs: what they did is told exactly, as what it was.
@Suite struct ClientLifeTests {
    @Test func eightThreadsOfTenThousand() throws {
        let bench = try ShimBench()
        try bench.client(["threads 8 10000"])
        bench.stop()
        #expect(bench.oracle.count == 80_000)
        #expect(bench.sink.exchanges.count + bench.sink.droppedInAll >= 80_000)
        let told = bench.sink.exchanges.count + bench.sink.operations.count + bench.sink.closed.count
        // Each thread: establish, connect, 10,000 transmits, disconnect, session's end, release.
        #expect(told + bench.sink.dropped(.ringFull) == 8 * (10_000 + 5))
        #expect(bench.sink.dropped(.malformed) == 0)
        #expect(bench.sink.dropped(.unfinished) == 0)
        #expect((1...8).contains(Set(bench.sink.exchanges.map(\.thread)).count))
    }

    @Test func childrenAreClientsOfTheirOwn() throws {
        let bench = try ShimBench()
        try bench.client([
            "establish", "connect", "transmit 10 0", "fork 7", "exec establish,connect,transmit 5 0",
            "vfork establish,connect,transmit 4 0", "spawn establish,connect,transmit 3 0", "transmit 11 0",
        ])
        bench.stop()
        #expect(bench.sink.exchangesByClient == [21, 7, 5, 4, 3])
        #expect(Set(bench.sink.attached.map(\.client.pid)).count == 5)
        #expect(Set(bench.sink.attached.map(\.client.id)).count == 5)
        #expect(bench.sink.attached.allSatisfy { ["client"].contains($0.client.program) })
        #expect(bench.sink.ended.map(\.isOrderly) == Array(repeating: true, count: 5))
        #expect(bench.sink.opened.count == 5)
        #expect(bench.sink.closed.map(\.status) == Array(repeating: .completed, count: 5))
        #expect(bench.sink.droppedInAll == 0)
    }

    @Test func severalSessionsInSeveralContexts() throws {
        let bench = try ShimBench()
        try bench.client([
            "establish", "connect", "connect", "transmit 3 0", "transmit 4 1", "release",
            "establish", "connect", "transmit 5 0", "disconnect", "connect", "transmit 6 0", "release",
        ])
        bench.stop()
        let sessions = bench.sink.opened.map(\.session)
        #expect(Set(sessions).count == 4)
        #expect(sessions.map { number in bench.sink.exchanges.count { $0.session == number } } == [3, 4, 5, 6])
        #expect(Set(bench.sink.closed.map(\.session)) == Set(sessions))
        #expect(bench.sink.closed.allSatisfy { $0.status == .completed && $0.reader == "Stub Reader 00" })
    }

    @Test func handleThatComesAgain() throws {
        let bench = try ShimBench()
        let fixed = ["STUB_HANDLE": "4242"]
        let reused = ["connect", "transmit 2 0", "connect", "transmit 3 1"]
        try bench.client(["establish", "connect", "transmit 1 0", "disconnect"] + reused, fixed)
        bench.stop()
        let sessions = bench.sink.opened.map(\.session)
        #expect(sessions.map { number in bench.sink.exchanges.count { $0.session == number } } == [1, 2, 3])
        // The second was never closed by its program: its pcscd must be gone.
        #expect(bench.sink.closed.map(\.error) == [nil, .readerUnavailable, nil])
    }

    @Test func moreSessionsThanThereIsRoomFor() throws {
        let bench = try ShimBench()
        try bench.client(["establish"] + Array(repeating: "connect", count: 300) + ["transmit 2 299", "release"])
        bench.stop()
        #expect(bench.sink.opened.count == 256)
        #expect(bench.sink.operations.count { $0.operation == .connect } == 300)
        #expect(bench.sink.closed.count == 256)
        #expect(bench.sink.exchanges.map(\.session) == [0, 0])
    }

    @Test func cancelFromAnotherThread() throws {
        let bench = try ShimBench()
        #expect(try bench.client(["establish", "cancel"]) == "establish result=00000000\ncancel change=80100002\n")
        bench.stop()
        let told = bench.sink.operations.map { ($0.operation, $0.resultCode) }
        #expect(told.map(\.0).contains(.cancel))
        #expect(told.contains { $0 == (.waitForChange, 0x8010_0002) })
        #expect(Set(bench.sink.operations.map(\.thread)).count == 2)
    }

    @Test func threadCancelledInTransmit() throws {
        let bench = try ShimBench()
        try bench.client(["establish", "connect", "transmit 4 0", "cancel-thread", "transmit 5 0", "disconnect"])
        bench.stop()
        #expect(bench.oracle.count == 10)
        // The call that never came back is not told, and nothing waits for it.
        #expect(bench.sink.exchanges.count == 9)
        #expect(bench.sink.droppedInAll == 0)
        #expect(bench.sink.closed.map(\.status) == [.completed])
    }

    @Test(arguments: ["kill", "_exit"])
    func clientThatEndsInMidTraffic(how: String) throws {
        let bench = try ShimBench()
        try bench.client(["establish", "connect", "transmit 3000 0", how])
        #expect(eventually { !bench.sink.ended.isEmpty })
        #expect(bench.oracle.count == 3_000)
        #expect(bench.sink.exchanges.count + bench.sink.dropped(.ringFull) == 3_000)
        #expect(bench.sink.closed.map(\.error) == [.clientGone])
        #expect(bench.sink.ended.map(\.isOrderly) == [false])
        #expect(bench.sink.ended.map(\.openSessions) == [1])
    }

    @Test func clientThatCameAndWentBeforeStop() throws {
        let bench = try ShimBench()
        try bench.client(["establish", "connect", "transmit 2 0"])
        bench.stop()
        #expect(bench.sink.exchanges.count == 2)
        #expect(bench.sink.closed.map(\.status) == [.completed])
        #expect(bench.sink.ended.map(\.isOrderly) == [true])
        #expect(!FileManager.default.fileExists(atPath: bench.socket))
    }
}

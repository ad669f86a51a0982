import CProbe
import Foundation
import ProbeEvents
import Synchronization
import TestSupport
import Testing

@testable import Taps

/// Receivers that come, go and come again while clients go on.
@Suite struct ReceiverLifeTests {
    @Test func receiverThatComesLate() throws {
        let bench = try ShimBench(isListening: false)
        let client = try AskedClient(bench)
        try client.ask(["establish", "connect", "transmit 6000 0"])
        try bench.listen()
        try client.ask("status")
        try #require(eventually { bench.sink.exchanges.count == 4_094 })
        // Establish, connect and 4,094 transmits filled the ring.
        try client.ask("transmit 10 0")
        try client.finish()
        bench.stop()
        let told = bench.sink.exchanges.count + bench.sink.operations.count
        #expect(told + bench.sink.dropped(.ringFull) == 1 + 1 + 6_000 + 1 + 10)
        #expect([1_906, 1_907].contains(bench.sink.dropped(.ringFull)), "all that came while it was full, no more")
        #expect(bench.sink.opened.count == 1)
    }

    /// Who asks for it is called between two looks at the rings, while a client is there.
    @Test func whoAsksIsCalledHalfway() throws {
        let folder = try TemporaryFolder()
        let receiver = ShimReceiver(path: folder.file("shim"))
        let calls = Atomic<Int>(0)
        receiver.callHalfway { calls.add(1, ordering: .relaxed) }
        try receiver.start(into: RecordingSink())
        defer { receiver.stop() }
        usleep(300_000)
        #expect(calls.load(ordering: .relaxed) == 0)
        let client = try AskedClient(environment: Workshop.shared.environment(receiver: folder.file("shim")))
        try client.ask("establish")
        #expect(eventually { calls.load(ordering: .relaxed) >= 3 })
        try client.finish()
    }

    @Test func receiverThatDiesAndComesAgain() throws {
        let bench = try ShimBench()
        let client = try AskedClient(bench)
        try client.ask(["establish", "connect", "transmit 100 0", "status"])
        #expect(eventually { bench.sink.exchanges.count == 100 })
        bench.stop()
        try client.ask("transmit 50 0")
        let next = RecordingSink()
        try bench.listenAnew(into: next)
        try client.ask(["status", "transmit 7 0", "disconnect"])
        try client.finish()
        bench.stop()
        #expect(bench.sink.exchanges.count == 100)
        #expect(bench.sink.closed.isEmpty)
        #expect(next.exchanges.count == 57)
        #expect(next.exchanges.allSatisfy { $0.reader == "Stub Reader 00" })
        #expect(next.opened.map(\.session) == bench.sink.opened.map(\.session))
        #expect(next.closed.map(\.status) == [.completed])
        #expect(next.attached.map(\.client) == bench.sink.attached.map(\.client))
        #expect(bench.sink.droppedInAll + next.droppedInAll == 0)
    }

    @Test func busyClientFindsTheNextReceiver() throws {
        let bench = try ShimBench()
        let client = try AskedClient(bench)
        try client.ask(["establish", "connect", "transmit 10 0"])
        #expect(eventually { bench.sink.exchanges.count == 10 })
        let next = RecordingSink()
        try bench.listenAnew(into: next)
        usleep(1_100_000)
        // Nothing but SCardTransmit: the ring fills to its half, and then the client looks for a receiver.
        try client.ask("transmit 3000 0")
        #expect(eventually { next.exchanges.count == 3_000 })
        try client.finish()
    }

    @Test func programThatClosesAllDescriptors() throws {
        let bench = try ShimBench()
        let client = try AskedClient(bench, ["STUB_LOG": ""])
        try client.ask(["establish", "connect", "transmit 10 0"])
        try client.ask(["close-all", "transmit 20 0", "status", "transmit 30 0"])
        try client.finish()
        bench.stop()
        let told = bench.sink.exchanges.count + bench.sink.operations.count
        #expect(told + bench.sink.dropped(.receiverGone) == 60 + 3)
        #expect(bench.sink.exchanges.count >= 30, "what came after the client had found its receiver again")
        #expect(bench.sink.attached.count == 2)
        // To the receiver it is another client, which has this session open.
        #expect(bench.sink.opened.last?.client == bench.sink.attached.last?.client)
        #expect(bench.sink.opened.last?.reader == "Stub Reader 00")
    }

    @Test func programThatTakesOurDescriptorNumbers() throws {
        let bench = try ShimBench()
        let other = try bench.folder.write("", to: "other")
        let client = try AskedClient(bench)
        try client.ask(["establish", "connect", "transmit 10 0", "reuse \(other)", "status", "transmit 3000 0"])
        try client.finish()
        bench.stop()
        #expect(bench.folder.read("other").isEmpty)
        let told = bench.sink.exchanges.count + bench.sink.operations.count
        #expect(told + bench.sink.dropped(.receiverGone) + bench.sink.dropped(.ringFull) == 3_010 + 3)
        #expect(bench.sink.exchanges.count >= 3_000)
    }

    @Test func secondReceiverIsRefused() throws {
        let bench = try ShimBench()
        let second = ShimReceiver(path: bench.socket)
        #expect(throws: ShimReceiverError.cannotListen(path: bench.socket, errno: EADDRINUSE)) {
            try second.start(into: RecordingSink())
        }
        #expect(bench.sink.events.isEmpty, "to be asked whether it answers is no client")
        #expect(FileManager.default.fileExists(atPath: bench.socket))
    }

    @Test func socketThatNobodyAnswersIsReplaced() throws {
        let bench = try ShimBench(isListening: false)
        let left = try Command.run([
            Files.python, "-c", "import socket,sys; socket.socket(1,5).bind(sys.argv[1])", bench.socket,
        ])
        try #require(left.ending == .exited(0) && FileManager.default.fileExists(atPath: bench.socket))
        try bench.listen()
        try bench.client(["establish"])
        bench.stop()
        #expect(bench.sink.operations.count == 1)
    }

    @Test(arguments: ["/nowhere/shim", "/" + String(repeating: "x", count: 120)])
    func pathThatCannotBe(path: String) throws {
        let receiver = ShimReceiver(path: path)
        let error = #expect(throws: ShimReceiverError.self) { try receiver.start(into: RecordingSink()) }
        #expect(error?.explanation.hasPrefix("cannot listen on \(path): ") == true)
        receiver.stop()
    }

    /// What a client said while the receiver was busy with others is heard before it is sent away as one that is silent.
    @Test func helloThatWaitedIsHeard() throws {
        let folder = try TemporaryFolder()
        let listener = receiver_listen(folder.file("shim"))
        defer { close(listener) }
        let sink = RecordingSink()
        var clients = ShimClients(listener: listener, inherited: ProcessEnvironment([] as [[UInt8]]), sink: sink)
        let client = try AskedClient(environment: Workshop.shared.environment(receiver: folder.file("shim")))
        try client.ask("establish")
        let isAccepted = clients.accept()
        #expect(isAccepted)
        usleep(2_100_000)
        clients.drain()
        #expect(clients.processes.count == 1)
        #expect(sink.droppedInAll == 0)
        clients.letGo()
        try client.finish()
    }

    @Test func threadIsDeafToSignals() throws {
        let bench = try ShimBench()
        // SIGKILL and SIGSTOP cannot be blocked; libc keeps 32 and 33.
        let isDeaf = eventually {
            let threads = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")) ?? []
            return threads.contains { thread in
                let status = try? String(contentsOfFile: "/proc/self/task/\(thread)/status", encoding: .utf8)
                return status?.contains("SigBlk:\tfffffffe7ffbfeff\n") == true
            }
        }
        #expect(isDeaf)
        bench.stop()
    }
}

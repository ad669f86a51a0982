import Foundation
import Glibc
import ProbeEvents
import TestSupport
import Testing

@testable import Taps

/// The forwarder against the socket, and against daemons in Python that misbehave or are killed.
@Suite struct EventForwarderTests {
    /// A daemon that confirms each line it has read, and prints each line's thread or kind.
    private static let daemon = """
        import json, os, socket, sys
        if os.path.exists(sys.argv[1]): os.unlink(sys.argv[1])
        l = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        l.bind(sys.argv[1]); l.listen(8); print('ready', flush=True)
        c, _ = l.accept()
        c.sendall(b'{"v":1,"hello":"cardlink-probe","version":"0"}\\n')
        lines = c.makefile('r')
        assert json.loads(lines.readline())['hello'] == 'cardlink-probe'
        count = 0
        for line in lines:
            count += 1
            e = json.loads(line)
            print(e.get('thread', e['event']), flush=True)
            c.sendall(b'{"v":1,"received":%d,"skipped":0}\\n' % count)

        """

    private func forwarder(
        _ folder: TemporaryFolder, _ change: (inout EventForwarder.Limits) -> Void = { _ in }
    ) throws
        -> EventForwarder
    {
        var limits = EventForwarder.Limits()
        change(&limits)
        return try #require(try EventForwarder.connect(path: folder.socket, limits: limits))
    }

    private func socket(_ folder: TemporaryFolder, _ sink: RecordingSink) throws -> EventSocket {
        let socket = EventSocket(path: folder.socket)
        try socket.start(into: sink)
        return socket
    }

    private func daemon(_ folder: TemporaryFolder) throws -> RunningCommand {
        let program = try startPython(Self.daemon, [folder.socket])
        #expect(try program.readLine() == "ready")
        return program
    }

    @Test func deliversAllAndSaysSo() throws {
        let folder = try TemporaryFolder()
        let heard = RecordingSink()
        let socket = try socket(folder, heard)
        defer { socket.stop() }
        let forwarder = try forwarder(folder) { $0.events = 100_000 }
        #expect(forwarder.isConnected)
        forwarder.receive(Sample.attached())
        forwarder.receive(Sample.reader)
        for number in 0..<20_000 { forwarder.receive(Sample.apdu(number)) }
        forwarder.receive(Sample.ended())
        #expect(forwarder.finish(within: .seconds(60)) == 0)
        // Confirmed means told to the sink.
        #expect(heard.count == 20_002)
        #expect(heard.words == ["attached 7"] + (0..<20_000).map { "apdu \($0)" } + ["ended 7 orderly 0 open"])
        #expect(forwarder.delivered == 20_002)
        #expect(forwarder.finish(within: .zero) == 0)
        forwarder.receive(Sample.apdu(1))
        #expect(forwarder.losses == [LossKind(source: .shim, reason: .receiverGone): 1])
    }

    @Test func nobodyListeningIsNil() throws {
        let folder = try TemporaryFolder()
        #expect(try EventForwarder.connect(path: folder.socket) == nil)
        _ = try startPython(
            "import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])", [folder.socket]
        ).end().output
        #expect(try EventForwarder.connect(path: folder.socket) == nil)
    }

    @Test(arguments: [
        (#"b''"#, "the daemon on PATH does not answer; it may hang, then restart it"),
        (
            #"b'220 mail.example ESMTP\n'"#,
            "what answers on PATH is no cardlink-probe; stop it, or choose another --runtime-dir"
        ),
        (
            #"b'{"v":1,"hello":"pytest"}\n'"#,
            "what answers on PATH is no cardlink-probe; stop it, or choose another --runtime-dir"
        ),
        (
            #"b'x' * 5000"#,
            "what answers on PATH is no cardlink-probe; stop it, or choose another --runtime-dir"
        ),
        (
            #"b'{"v":2,"hello":"cardlink-probe"}\n'"#,
            "the daemon on PATH speaks version 2 of the event lines, this program 1; install the same version of both"
        ),
        (
            #"b'{"v":1,"refused":"64 connections are open already"}\n'"#,
            "the daemon on PATH takes no events from here: 64 connections are open already"
        ),
    ])
    func whoAnswersWrongIsExplained(_ greeting: String, _ explanation: String) throws {
        let folder = try TemporaryFolder()
        let program = try startPython(
            """
            import socket, sys
            l = socket.socket(socket.AF_UNIX); l.bind(sys.argv[1]); l.listen(1); print('ready', flush=True)
            c, _ = l.accept(); c.sendall(\(greeting)); sys.stdin.read()
            """, [folder.socket])
        #expect(try program.readLine() == "ready")
        defer { program.kill() }
        let error = try #require(throws: EventForwarderError.self) {
            try EventForwarder.connect(path: folder.socket, within: .milliseconds(500))
        }
        #expect(error.explanation == explanation.replacingOccurrences(of: "PATH", with: folder.socket))
    }

    @Test(arguments: [
        ("/tmp/" + String(repeating: "x", count: 103), ENAMETOOLONG), ("/dev/null/events.sock", ENOTDIR),
    ])
    func pathsThatCannotBeAreExplained(_ path: String, _ number: Int32) {
        #expect(throws: EventForwarderError.cannotConnect(path: path, errno: number)) {
            try EventForwarder.connect(path: path)
        }
    }

    @Test func aDaemonThatStopsAndOneThatComesShareTheEventsWithoutLossOrDouble() async throws {
        let folder = try TemporaryFolder()
        let (first, second) = (RecordingSink(), RecordingSink())
        let before = try socket(folder, first)
        let forwarder = try forwarder(folder) { $0.events = 100_000 }
        for event in [Sample.attached(), Sample.opened(1)] { forwarder.receive(event) }
        let teller = Task.detached {
            for number in 0..<10_000 {
                forwarder.receive(Sample.apdu(number))
                if number.isMultiple(of: 500) { try await Task.sleep(for: .milliseconds(5)) }
            }
        }
        try #require(await eventually { first.count > 1_000 })
        before.stop()
        let after = try socket(folder, second)
        defer { after.stop() }
        try await teller.value
        for event in [Sample.closed(1), Sample.ended()] { forwarder.receive(event) }
        #expect(forwarder.finish(within: .seconds(60)) == 0)
        // The first daemon is told that its client is gone; the second one what is open.
        #expect(first.words.suffix(2) == ["closed 7/1 failed client_gone", "ended 7 gone 1 open"])
        #expect(second.words.prefix(2) == ["attached 7", "opened 7/1"])
        #expect(second.words.suffix(2) == ["closed 7/1 completed", "ended 7 orderly 0 open"])
        let numbers = (first.words + second.words).filter { $0.hasPrefix("apdu") }
        #expect(numbers == (0..<10_000).map { "apdu \($0)" })
        #expect(forwarder.delivered == 10_004)
    }

    @Test func aDaemonThatIsKilledLosesNothingThatItHasNotConfirmed() async throws {
        let folder = try TemporaryFolder()
        let killed = try daemon(folder)
        let forwarder = try forwarder(folder)
        for event in [Sample.attached(), Sample.opened(1)] { forwarder.receive(event) }
        for number in 0..<2_000 { forwarder.receive(Sample.apdu(number)) }
        try #require(await eventually { forwarder.delivered > 100 })
        killed.kill()
        try #require(await eventually { !forwarder.isConnected })
        for number in 2_000..<3_000 { forwarder.receive(Sample.apdu(number)) }
        let next = RecordingSink()
        let socket = try socket(folder, next)
        defer { socket.stop() }
        try #require(await eventually { forwarder.isConnected })
        forwarder.receive(Sample.closed(1))
        #expect(forwarder.finish(within: .seconds(60)) == 0)
        #expect(forwarder.delivered == 3_003)
        #expect(next.words.prefix(2) == ["attached 7", "opened 7/1"])
        let told = next.words.dropFirst(2).filter { $0.hasPrefix("apdu") }
        // From the first that was not confirmed up to the last, each once.
        let first = 3_000 - told.count
        #expect(first > 90)
        #expect(told == (first..<3_000).map { "apdu \($0)" })
    }

    @Test func withoutADaemonTheOldestGoAndAreCountedAndToldLater() async throws {
        let folder = try TemporaryFolder()
        let first = try socket(folder, RecordingSink())
        let forwarder = try forwarder(folder) { $0.events = 100 }
        first.stop()
        try #require(await eventually { !forwarder.isConnected })
        forwarder.receive(Sample.opened(1))
        for number in 0..<1_000 { forwarder.receive(Sample.apdu(number)) }
        #expect(forwarder.losses == [LossKind(source: .shim, reason: .receiverGone): 900])
        let heard = RecordingSink()
        let second = try socket(folder, heard)
        defer { second.stop() }
        try #require(await eventually { forwarder.isConnected })
        #expect(forwarder.finish(within: .seconds(10)) == 900)
        try #require(await eventually { heard.count == 103 })
        #expect(
            heard.words == ["opened 7/1", "dropped shim receiver_gone 900"] + (900..<1_000).map { "apdu \($0)" }
                + ["closed 7/1 failed client_gone"])
    }

    @Test func aStalledDaemonHoldsUpNobody() throws {
        let folder = try TemporaryFolder()
        let stalled = try daemon(folder)
        let forwarder = try forwarder(folder) { $0.events = 1_000 }
        kill(stalled.pid, SIGSTOP)
        let told = ContinuousClock().measure { for number in 0..<50_000 { forwarder.receive(Sample.apdu(number)) } }
        let finished = ContinuousClock().measure { #expect(forwarder.finish(within: .milliseconds(300)) == 50_000) }
        #expect(told < .seconds(5))
        #expect(finished >= .milliseconds(300) && finished < .seconds(2))
        #expect(forwarder.delivered == 0)
        stalled.kill()
    }

    @Test func finishDoesNotWaitForADaemonThatIsGone() async throws {
        let folder = try TemporaryFolder()
        let socket = try socket(folder, RecordingSink())
        let forwarder = try forwarder(folder)
        socket.stop()
        try #require(await eventually { !forwarder.isConnected })
        forwarder.receive(Sample.apdu(1))
        let time = ContinuousClock().measure { #expect(forwarder.finish(within: .seconds(30)) == 1) }
        #expect(time < .seconds(2))
    }

    /// Neither of its ends: a program that `run` starts must not inherit one.
    @Test func theConnectionDoesNotOutliveAnExec() throws {
        let folder = try TemporaryFolder()
        let socket = try socket(folder, RecordingSink())
        defer { socket.stop() }
        let forwarder = try forwarder(folder)
        var flags: [Int32] = []
        for entry in try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd") {
            guard let descriptor = Int32(entry) else { continue }
            if [name(descriptor, getsockname), name(descriptor, getpeername)].contains(folder.socket) {
                flags.append(fcntl(descriptor, F_GETFD))
            }
        }
        // The listener and both ends.
        #expect(flags == [FD_CLOEXEC, FD_CLOEXEC, FD_CLOEXEC])
        forwarder.finish(within: .seconds(1))
    }

    private func name(
        _ descriptor: Int32, _ ask: (Int32, UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32
    ) -> String? {
        var address = sockaddr_un()
        var bytes = socklen_t(MemoryLayout<sockaddr_un>.size)
        let result = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { ask(descriptor, $0, &bytes) }
        }
        guard result == 0, address.sun_family == AF_UNIX else { return nil }
        return withUnsafeBytes(of: &address.sun_path) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}

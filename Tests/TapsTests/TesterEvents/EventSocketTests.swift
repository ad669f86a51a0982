import Foundation
import Glibc
import ProbeEvents
import TestSupport
import Testing

@testable import Taps

/// The socket against programs that speak to it, in Python.
@Suite struct EventSocketTests {
    /// Reads lines from its standard arguments' script, sends them, prints what the probe says at last.
    private static let prelude = """
        import json, os, socket, sys, time
        def connect(path):
            s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            s.connect(path)
            return s, s.makefile('r')
        stamp = dict(source='shim', start_nanoseconds=time.monotonic_ns(), duration_nanoseconds=1, wall_nanoseconds=time.time_ns())
        def client(number):
            return dict(id=number, pid=os.getpid(), program='tester')
        def event(kind, **members):
            return json.dumps(dict(v=1, event=kind, stamp=stamp, **members)) + '\\n'
        def apdu(number):
            return event('apdu', client=client(1), thread=number, session=1, reader='R', interface='pcsc',
                session_protocol='T1', name='SELECT', command='00A40400', response='9000', is_cut=False,
                result_code=0, wait_nanoseconds=0, is_wait_exact=True)
        s, answers = connect(sys.argv[1])
        greeting = answers.readline()

        """

    private func start(_ folder: TemporaryFolder, group: String? = nil) throws -> (EventSocket, RecordingSink) {
        let socket = EventSocket(path: folder.socket, group: group)
        let heard = RecordingSink()
        try socket.start(into: heard)
        return (socket, heard)
    }

    private func run(_ script: String, _ folder: TemporaryFolder, prefix: [String] = []) throws -> String {
        try startPython(Self.prelude + script, [folder.socket], prefix: prefix).end().output
    }

    @Test func greetsAndSaysHowManyLinesWereEvents() throws {
        let folder = try TemporaryFolder()
        let (socket, heard) = try start(folder)
        defer { socket.stop() }
        let said = try run(
            """
            print(greeting, end='')
            s.sendall((apdu(1) + 'nonsense\\n' + apdu(2)).encode())
            s.shutdown(socket.SHUT_WR)
            print(answers.read(), end='')
            """, folder)
        #expect(
            said == #"{"hello":"cardlink-probe","v":1,"version":"\#(ProbeVersion.current)"}"# + "\n"
                + #"{"received":2,"skipped":1,"v":1}"# + "\n")
        #expect(heard.words == ["apdu 1", "apdu 2", "dropped tester_socket malformed 1"])
        #expect(socket.counts == EventSocketCounts(connections: 0, received: 2, skipped: 1))
    }

    @Test func saysWhatIsWrongWithWhichLine() throws {
        let folder = try TemporaryFolder()
        let (socket, _) = try start(folder)
        defer { socket.stop() }
        let said = try run(
            """
            s.sendall((json.dumps(dict(hello='t', v=1, errors=True)) + '\\n' + apdu(1) + '{}\\n' + 'x').encode())
            s.shutdown(socket.SHUT_WR)
            print(''.join(line for line in answers if 'error' in line), end='')
            """, folder)
        #expect(
            said == #"{"error":"member 'v' is missing","line":3,"v":1}"# + "\n"
                + #"{"error":"not JSON, or a number in it is out of range","line":4,"v":1}"# + "\n")
    }

    /// A sender that asks for errors and never reads them is read to its end all the same; the count is exact.
    @Test func aSenderThatReadsNoErrorsIsNotHeldUp() throws {
        let folder = try TemporaryFolder()
        let (socket, _) = try start(folder)
        defer { socket.stop() }
        let said = try run(
            """
            s.sendall((json.dumps(dict(hello='t', v=1, errors=True)) + '\\n' + 'x\\n' * 100000).encode())
            s.shutdown(socket.SHUT_WR)
            time.sleep(1)
            lines = [json.loads(line) for line in answers]
            errors = [line for line in lines if 'error' in line]
            print(lines[-1]['skipped'], 0 < len(errors) < 50000)
            """, folder)
        #expect(said == "100000 True\n")
    }

    @Test func fiftyThousandEventsOverFourConnectionsAreAllHeardInOrder() async throws {
        let folder = try TemporaryFolder()
        let (socket, heard) = try start(folder)
        defer { socket.stop() }
        let script = """
            base = int(sys.argv[2]) * 100000
            s.sendall(''.join(apdu(base + i) for i in range(12500)).encode())
            s.shutdown(socket.SHUT_WR)
            print(answers.read(), end='')
            """
        let programs = try (0..<4).map { try startPython(Self.prelude + script, [folder.socket, "\($0)"]) }
        for program in programs { #expect(try program.end().output == #"{"received":12500,"skipped":0,"v":1}"# + "\n") }
        var threads: [UInt32: [UInt32]] = [:]
        for case .apdu(let exchange) in heard.events {
            threads[exchange.thread / 100_000, default: []].append(exchange.thread)
        }
        for connection in UInt32(0)..<4 {
            #expect(threads[connection] == (0..<12_500).map { connection * 100_000 + $0 })
        }
        #expect(heard.count == 50_000)
    }

    /// A program that never reads, and one that ends at once: what it wrote is heard.
    @Test(arguments: ["", "os.kill(os.getpid(), 9)"])
    func whatASenderWroteBeforeItsEndIsHeard(_ end: String) async throws {
        let folder = try TemporaryFolder()
        let (socket, heard) = try start(folder)
        defer { socket.stop() }
        _ = try run(
            """
            s.sendall(event('client_attached', client=client(9), library='', is_wait_exact=False).encode())
            s.sendall(event('session_opened', client=client(9), session=4, reader='R', session_protocol='T0', share_mode=2).encode())
            s.sendall(''.join(apdu(i) for i in range(2000)).encode())
            \(end)
            """, folder)
        try #require(await eventually { heard.count == 2_004 })
        #expect(heard.words.prefix(3) == ["attached 9", "opened 9/4", "apdu 0"])
        #expect(heard.words.suffix(3) == ["apdu 1999", "closed 9/4 failed client_gone", "ended 9 gone 1 open"])
        try #require(await eventually { socket.counts.connections == 0 })
    }

    @Test func garbageOnOneConnectionDoesNotHoldUpAnother() async throws {
        let folder = try TemporaryFolder()
        let (socket, heard) = try start(folder)
        defer { socket.stop() }
        let flood = try startPython(
            Self.prelude + """
                print('ready', flush=True)
                while True: s.sendall(b'x' * 65536)
                """, [folder.socket])
        _ = try flood.readLine()
        _ = try run("s.sendall(apdu(1).encode()); s.shutdown(socket.SHUT_WR); answers.read()", folder)
        #expect(heard.words.contains("apdu 1"))
        flood.kill()
        try #require(await eventually { heard.words.contains("dropped tester_socket malformed 1") })
    }

    @Test func moreConnectionsThanTheLimitAreRefusedAndCounted() async throws {
        let folder = try TemporaryFolder()
        let (socket, heard) = try start(folder)
        defer { socket.stop() }
        let said = try run(
            """
            more = [connect(sys.argv[1]) for i in range(\(EventSocket.connectionLimit))]
            print([a.readline() for _, a in more][-1], end='')
            """, folder)
        #expect(said == #"{"refused":"64 connections are open already","v":1}"# + "\n")
        #expect(socket.counts.refusedConnections == 1)
        #expect(heard.words == ["dropped tester_socket refused 1"])
        try #require(await eventually { socket.counts.connections == 0 })
    }

    @Test func stopTellsWhatWasSentAndSendersHowFarTheyWereRead() async throws {
        let folder = try TemporaryFolder()
        let (socket, heard) = try start(folder)
        let program = try startPython(
            Self.prelude + """
                s.sendall(''.join(apdu(i) for i in range(300)).encode())
                print('sent', flush=True)
                print(answers.read(), end='')
                """, [folder.socket])
        #expect(try program.readLine() == "sent")
        socket.stop()
        socket.stop()
        #expect(heard.count == 300)
        #expect(try program.end().output == "sent\n" + #"{"received":300,"skipped":0,"v":1}"# + "\n")
        #expect(!FileManager.default.fileExists(atPath: folder.socket))
    }

    // MARK: Who may listen, who may speak

    @Test func theFileIsForUserAndGroup() throws {
        let folder = try TemporaryFolder()
        let before = umask(0)
        defer { umask(before) }
        let (socket, _) = try start(folder)
        defer { socket.stop() }
        var status = stat()
        #expect(stat(folder.socket, &status) == 0)
        #expect(status.st_mode & 0o7777 == 0o660)
    }

    @Test func aFileOnWhichNobodyAnswersIsReplaced() throws {
        let folder = try TemporaryFolder()
        _ = try startPython(
            "import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])", [folder.socket]
        ).end().output
        #expect(FileManager.default.fileExists(atPath: folder.socket))
        let (socket, _) = try start(folder)
        defer { socket.stop() }
        #expect(try run("print('greeted' if 'cardlink-probe' in greeting else greeting)", folder) == "greeted\n")
    }

    @Test func aLiveSocketIsLeftAlone() throws {
        let folder = try TemporaryFolder()
        let (first, heard) = try start(folder)
        defer { first.stop() }
        let second = EventSocket(path: folder.socket)
        #expect(throws: EventSocketError.cannotListen(path: folder.socket, errno: EADDRINUSE)) {
            try second.start(into: RecordingSink())
        }
        second.stop()
        _ = try run("s.sendall(apdu(1).encode()); s.shutdown(socket.SHUT_WR); answers.read()", folder)
        #expect(heard.words == ["apdu 1"])
    }

    @Test func aFileThatIsNoSocketIsLeftAlone() throws {
        let folder = try TemporaryFolder()
        try Data("diary".utf8).write(to: URL(fileURLWithPath: folder.socket))
        #expect(throws: EventSocketError.cannotListen(path: folder.socket, errno: EADDRINUSE)) {
            try EventSocket(path: folder.socket).start(into: RecordingSink())
        }
        #expect(try Data(contentsOf: URL(fileURLWithPath: folder.socket)) == Data("diary".utf8))
    }

    @Test(arguments: [
        ("/nowhere/at/all/events.sock", ENOENT), ("/proc/events.sock", ENOENT), ("/dev/null/events.sock", ENOTDIR),
        ("/tmp/" + String(repeating: "x", count: 103), ENAMETOOLONG), ("", ENOENT),
    ])
    func placesThatCannotBeUsedAreExplained(_ path: String, _ number: Int32) throws {
        let error = try #require(throws: EventSocketError.self) {
            try EventSocket(path: path).start(into: RecordingSink())
        }
        #expect(error == .cannotListen(path: path, errno: number))
        #expect(error.explanation.contains("--runtime-dir"))
    }

    @Test func aGroupThatIsNotThereIsExplained() throws {
        let folder = try TemporaryFolder()
        #expect(throws: EventSocketError.unknownGroup("no-such-group")) {
            try EventSocket(path: folder.socket, group: "no-such-group").start(into: RecordingSink())
        }
    }

    @Test(.enabled(if: geteuid() == 0, "only root can be somebody else"))
    func anotherUserIsRefusedAndCounted() throws {
        let folder = try TemporaryFolder()
        let (socket, heard) = try start(folder)
        defer { socket.stop() }
        // What the kernel says of the peer decides, even where the file lets everybody in.
        chmod(folder.socket, 0o666)
        let said = try run(
            "print(greeting, end='')", folder, prefix: ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"])
        #expect(
            said == #"{"refused":"events are taken from this user and root, not from user 65534","v":1}"# + "\n")
        #expect(socket.counts.refusedPeers == 1)
        #expect(heard.words == ["dropped tester_socket refused 1"])
    }

    @Test(
        .enabled(if: geteuid() == 0, "only root can be somebody else"),
        arguments: [["--regid=65534", "--groups=60"], ["--regid=60", "--clear-groups"]])
    func membersOfTheGroupMayTellEvents(_ groups: [String]) throws {
        let folder = try TemporaryFolder()
        let (socket, heard) = try start(folder, group: "games")
        defer { socket.stop() }
        _ = try run(
            "s.sendall(apdu(1).encode()); s.shutdown(socket.SHUT_WR); answers.read()", folder,
            prefix: ["setpriv", "--reuid=65534"] + groups)
        #expect(heard.words == ["apdu 1"])
    }
}

import CProbe
import Foundation
import Glibc
import ProbeEvents
import TestSupport
import Testing

@testable import Modem

/// A relay on real pseudo terminals: its name, its settings, and what goes wrong with ports.
@Suite struct ATTapTests {
    private let folder: TemporaryFolder
    private let sink = RecordingSink()

    init() throws { folder = try TemporaryFolder() }

    private func tap(_ port: String) -> ATTap {
        var settings = ATTapSettings(port: port, link: folder.file("tap"), modem: "modem-a")
        settings.serial.lockDirectory = folder.path
        settings.retry = .milliseconds(50)
        return ATTap(settings)
    }

    private func started(_ port: String) async throws -> ATTap {
        let tap = tap(port)
        tap.start(into: sink)
        let changes = sink.changes.count
        #expect(try await eventually { sink.changes.count > changes || tap.state.isOpen })
        return tap
    }

    private func settings(_ path: String) throws -> termios {
        let descriptor = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK)
        guard descriptor >= 0 else { throw TestFailure("\(path): \(errno)") }
        defer { close(descriptor) }
        var settings = termios()
        tcgetattr(descriptor, &settings)
        return settings
    }

    /// It begins as the port was, and the port is as it was when it ends.
    @Test func settingsAreThoseOfThePort() async throws {
        let terminal = try OwnTerminal()
        var before = terminal.settings
        before.c_lflag &= ~tcflag_t(ECHO)
        cfsetspeed(&before, speed_t(B9600))
        tcsetattr(terminal.master, TCSANOW, &before)
        let tap = try await started(terminal.name)
        let seen = try settings(folder.file("tap"))
        #expect(seen.c_lflag == before.c_lflag && seen.c_iflag == before.c_iflag && seen.c_oflag == before.c_oflag)
        #expect(cfgetospeed(&before) == speed_t(B9600))
        #expect(terminal.settings.c_lflag == 0)
        await tap.stopped()
        #expect(terminal.settings.c_lflag == before.c_lflag)
        #expect(access(folder.file("tap"), F_OK) != 0)
        #expect(sink.changes == ["modem_came", "modem_went"])
    }

    /// What a tester sets at its end is set at the port before its bytes go out, and without bytes soon after.
    @Test func theWireFollowsTheTester() async throws {
        let terminal = try OwnTerminal()
        let tap = try await started(terminal.name)
        let script = """
            import serial, sys
            port = serial.Serial(sys.argv[1], 9600, stopbits=2, rtscts=True); port.write(b"AT\\r"); print("sent", flush=True)
            sys.stdin.readline(); port.baudrate = 250000; port.rtscts = False; print("set", flush=True); sys.stdin.readline()
            """
        let client = try RunningCommand([Files.python, "-c", script, folder.file("tap")], input: .kept)
        #expect(try client.readLine() == "sent")
        #expect(terminal.read(until: "\r") == "AT\r")
        var line = serial_line()
        #expect(serial_get_line(terminal.master, &line) == 0)
        #expect(line.out_speed == 9_600 && line.control & UInt32(CSTOPB) != 0 && line.control & 0x8000_0000 != 0)
        try client.say("go")
        #expect(try client.readLine() == "set")
        #expect(
            try await eventually(within: 2) {
                serial_get_line(terminal.master, &line)
                return line.out_speed == 250_000 && line.control & 0x8000_0000 == 0
            })
        #expect(terminal.settings.c_lflag == 0 && terminal.settings.c_oflag == 0)
        try client.say("end")
        await tap.stopped()
    }

    /// Testers come and go; what nobody was there to read is not left for the next one.
    @Test func testersComeAndGo() async throws {
        let terminal = try OwnTerminal()
        let tap = try await started(terminal.name)
        terminal.write("\r\n+CREG: 2\r\n")
        #expect(try await eventually { sink.codes == [.creg] })
        for round in 1...3 {
            let client = open(folder.file("tap"), O_RDWR | O_NOCTTY | O_NONBLOCK)
            #expect(serial_make_raw(client, 115_200, false) == 0)
            #expect(try await eventually { sink.sessions.count == 2 * round - 1 })
            terminal.write("\r\n+CMTI: \"SM\",\(round)\r\n")
            #expect(try await eventually { sink.codes.count == 1 + 2 * round - 1 })
            var buffer = [UInt8](repeating: 0, count: 256)
            #expect(
                try await eventually { Glibc.read(client, &buffer, buffer.count) > 0 })
            #expect(String(decoding: buffer, as: UTF8.self).contains("+CMTI: \"SM\",\(round)"))
            terminal.write("\r\nRING\r\n")
            #expect(try await eventually { sink.codes.count == 1 + 2 * round })
            close(client)
            #expect(try await eventually { sink.sessions.count == 2 * round })
        }
        #expect(
            sink.sessions == Array(repeating: ["opened at modem-a", "closed at completed"], count: 3).flatMap(\.self))
        await tap.stopped()
    }

    /// A shell that opens, writes and closes at once has still sent its command.
    @Test func aWriterThatDoesNotWait() async throws {
        let terminal = try OwnTerminal()
        let tap = try await started(terminal.name)
        // With echo the modem would hear its own answer, as from its port
        #expect(try await Command.runAside(["stty", "-F", folder.file("tap"), "raw", "-echo"]).ending == .exited(0))
        for _ in 0..<20 {
            #expect(
                try await Command.runAside(["sh", "-c", "printf 'AT+CSQ\\r' >\"$1\"", "sh", folder.file("tap")]).ending
                    == .exited(0))
            #expect(terminal.read(until: "\r") == "AT+CSQ\r")
            terminal.write("\r\nOK\r\n")
        }
        #expect(try await eventually { sink.commands == Array(repeating: "AT+CSQ ok", count: 20) })
        #expect(
            try await eventually { sink.sessions.filter { $0.hasPrefix("closed") }.count == sink.sessions.count / 2 })
        #expect(sink.sessions.count.isMultiple(of: 2))
        await tap.stopped()
    }

    /// The modem hangs up in the middle of an answer: the tester hears it, the name goes, and both come back.
    @Test func unpluggedAndBackUnderAnotherNumber() async throws {
        let port = folder.file("modem")
        let first = try OwnTerminal()
        symlink(first.name, port)
        let tap = try await started(port)
        let script = """
            import os, sys
            port = os.open(sys.argv[1], os.O_RDWR | os.O_NOCTTY)
            os.write(port, b"AT+COPS=?\\r"); got = b""
            try:
                while True:
                    piece = os.read(port, 64)
                    if not piece: break
                    got += piece
            except OSError as error: print(error.errno)
            print(got)
            """
        let client = try RunningCommand([Files.python, "-c", script, folder.file("tap")])
        #expect(first.read(until: "COPS=?").contains("AT+COPS=?"))
        first.write("\r\n+COPS: (1,\n")
        #expect(try await eventually { sink.sessions.count == 1 })
        usleep(50_000)
        let start = EventClock.monotonicNow
        // Its number is soon another test's
        unlink(port)
        first.hangUp()
        let end = try client.end(within: 5)
        #expect(end.output.contains("+COPS: (1,"), "\(end.output)\(end.errors)")
        #expect(try await eventually { sink.changes == ["modem_came", "modem_went unavailable"] })
        #expect(EventClock.monotonicNow - start < 2_000_000_000)
        #expect(sink.commands == ["AT+COPS port_lost"])
        #expect(sink.sessions == ["opened at modem-a", "closed at failed reader_unavailable"])
        #expect(access(folder.file("tap"), F_OK) != 0)
        #expect(!tap.state.isOpen)

        let second = try OwnTerminal()
        symlink(second.name, port)
        let back = EventClock.monotonicNow
        #expect(try await eventually { sink.changes.last == "modem_came" && sink.changes.count == 3 })
        #expect(EventClock.monotonicNow - back < 2_000_000_000)
        #expect(
            try await Command.runAside(["sh", "-c", "printf 'AT\\r' >\"$1\"", "sh", folder.file("tap")]).ending
                == .exited(0))
        #expect(second.read(until: "\r") == "AT\r")
        await tap.stopped()
    }

    /// A modem that is silent for ever, and is heard again.
    @Test func silence() async throws {
        let relayed = try await RelayedModem()
        try relayed.modem.order("silent on")
        let script = """
            import serial, sys
            port = serial.Serial(sys.argv[1], timeout=1.5)
            for _ in range(2): port.write(b"AT\\r"); print(port.read(1), flush=True)
            sys.stdin.readline(); port.write(b"AT\\r"); print(port.read_until(b"OK\\r\\n"), flush=True)
            """
        let client = try RunningCommand([Files.python, "-c", script, relayed.link], input: .kept)
        #expect(try client.readLine() == "b''")
        #expect(try client.readLine() == "b''")
        #expect(try await eventually { relayed.sink.changes == ["modem_came", "stopped_answering unresponsive"] })
        #expect(relayed.sink.commands == ["AT timeout"])
        #expect(!relayed.tap.state.isAnswering)
        // The second one runs out of time by itself
        #expect(try await eventually(within: 6) { relayed.sink.commands == ["AT timeout", "AT timeout"] })
        try relayed.modem.order("silent off")
        try client.say("go")
        #expect(try client.readLine().contains("OK"))
        #expect(try await eventually { relayed.sink.changes.last == "answers_again" && relayed.tap.state.isAnswering })
    }

    /// 100,000 lines before one answer: the tester gets each, each is told, and memory does not grow with them.
    @Test(.timeLimit(.minutes(2))) func aFlood() async throws {
        let relayed = try await RelayedModem(
            script: """
                messages:
                  - { line: "+CREG: 1", command: AT+CGATT?, before: true, times: 100000 }
                """)
        let answer =
            "AT+CGATT?\r" + String(repeating: "\r\n+CREG: 1\r\n", count: 100_000) + "\r\n+CGATT: 1\r\n\r\nOK\r\n"
        let script = """
            import serial, sys
            port = serial.Serial(sys.argv[1], timeout=60)
            port.write(b"AT+CGATT?\\r"); sys.stdout.buffer.write(port.read(int(sys.argv[2])))
            """
        let end = try await Command.runAside(
            [Files.python, "-c", script, relayed.link, "\(answer.utf8.count)"], within: 90)
        #expect(end.output == answer, "\(end.output.utf8.count) of \(answer.utf8.count) bytes; \(end.errors)")
        // Beside these its coming, and the session: who reads events while they come keeps them from coming
        #expect(try await eventually(within: 60) { relayed.sink.count >= 100_005 })
        #expect(relayed.sink.commands == ["AT+CGATT ok"])
        #expect(relayed.sink.codes.count { $0 == .creg } == 100_000)
    }

    /// A tester that does not read holds the modem back, as at the port itself, and no byte is lost.
    @Test func aTesterThatDoesNotRead() async throws {
        let terminal = try OwnTerminal()
        let tap = try await started(terminal.name)
        let client = open(folder.file("tap"), O_RDWR | O_NOCTTY | O_NONBLOCK)
        #expect(try await eventually { !sink.sessions.isEmpty })
        serial_make_raw(client, 115_200, false)
        let line = Array("+CREG: 1,\"1234\",\"00112233\",7\r\n".utf8)
        var sent = 0
        var idle = 0
        while idle < 50, sent < 4 << 20 {
            let count = line.withUnsafeBytes { Glibc.write(terminal.master, $0.baseAddress, $0.count) }
            if count > 0 { (sent, idle) = (sent + count, 0) } else { idle += 1; usleep(10_000) }
        }
        #expect(sent < 1 << 20, "\(sent) bytes were taken")
        var got = 0
        var buffer = [UInt8](repeating: 0, count: 65_536)
        #expect(
            try await eventually(within: 10) {
                let count = Glibc.read(client, &buffer, buffer.count)
                if count > 0 { got += count }
                return got == sent
            }, "\(got) of \(sent)")
        close(client)
        await tap.stopped()
    }

    // MARK: Its name

    /// A relay that was killed leaves its link; its terminal's number may be another program's by now.
    @Test(arguments: [false, true])
    func whatIsLeftBehindIsTakenOver(isAnothers: Bool) async throws {
        let terminal = try OwnTerminal()
        let sleeper = try RunningCommand(["script", "-qfc", "tty; sleep 60", "/dev/null"])
        defer { sleeper.kill() }
        #expect(try await eventually { sleeper.outputSoFar.contains("/dev/pts/") })
        let others = sleeper.outputSoFar.trimmingCharacters(in: .whitespacesAndNewlines)
        symlink(isAnothers ? others : "/dev/pts/999999", folder.file("tap"))
        let tap = try await started(terminal.name)
        #expect(tap.state.isOpen)
        await tap.stopped()
        #expect(access(folder.file("tap"), F_OK) != 0)
    }

    @Test func whatIsNoLinkStays() async throws {
        let terminal = try OwnTerminal()
        try folder.write("mine", to: "tap")
        let tap = tap(terminal.name)
        tap.start(into: sink)
        #expect(try await eventually { tap.state.refusal == .nameTaken(path: folder.file("tap"), pid: 0) })
        #expect(sink.changes == ["port_refused sharing_violation"])
        #expect(folder.read("tap") == "mine")
        await tap.stopped()
        #expect(folder.read("tap") == "mine")
    }

    @Test func twoRelaysDoNotShareAName() async throws {
        let first = try OwnTerminal()
        let second = try OwnTerminal()
        let one = try await started(first.name)
        let two = tap(second.name)
        two.start(into: sink)
        #expect(try await eventually { two.state.refusal == .nameTaken(path: folder.file("tap"), pid: getpid()) })
        await two.stopped()
        #expect(access(folder.file("tap"), F_OK) == 0)
        await one.stopped()
    }

    @Test func aPortThatIsHeldIsRefused() async throws {
        let terminal = try OwnTerminal()
        let holder = try OpenTerminal(terminal.name, SerialSettings())
        let tap = tap(terminal.name)
        tap.start(into: sink)
        #expect(try await eventually { tap.state.refusal == .held(path: terminal.name, pid: 0, lock: "flock") })
        holder.giveBack()
        #expect(try await eventually { tap.state.isOpen && tap.state.refusal == nil })
        await tap.stopped()
    }
}

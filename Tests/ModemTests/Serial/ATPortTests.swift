import Foundation
import Glibc
import ProbeEvents
import Synchronization
import TestSupport
import Testing

@testable import Modem

/// A port on real pseudo terminals: the test plays the modem.
@Suite struct ATPortTests {
    private let folder: TemporaryFolder
    private let sink = RecordingSink()

    init() throws { folder = try TemporaryFolder() }

    private func port(_ path: String, news: @escaping @Sendable (ATPortNews) -> Void = { _ in }) -> ATPort {
        var settings = ATPortSettings(path: path, modem: "modem-a")
        settings.serial.lockDirectory = folder.path
        settings.pace.silence = 20_000_000
        settings.pace.settling = 10_000_000
        settings.pace.probe = 200_000_000
        settings.retry = .milliseconds(50)
        return ATPort(settings, sink: sink, onNews: news)
    }

    /// Answers the first question of a port.
    private func welcome(_ terminal: OwnTerminal) {
        #expect(terminal.read(until: "AT\r").hasSuffix("\u{1B}\rAT\r"))
        terminal.write("\r\nOK\r\n")
    }

    @Test func aCommandGoesThereAndComesBack() async throws {
        let terminal = try OwnTerminal()
        let port = port(terminal.name)
        port.start()
        welcome(terminal)
        async let answer = port.send(ATCommand("AT+CSQ"))
        #expect(terminal.read(until: "\r") == "AT+CSQ\r")
        usleep(30_000)
        terminal.write("\r\n+CREG: 1\r\n\r\n+CSQ: 20,99\r\n\r\nOK\r\n")
        let done = await answer
        #expect(done.texts == ["+CSQ: 20,99"])
        #expect(done.isSuccess)
        #expect((30_000_000..<2_000_000_000).contains(done.durationNanoseconds))
        await port.stop()
        #expect(sink.changes == ["modem_came", "modem_went"])
        #expect(sink.commands == ["AT+CSQ ok"])
        let codes = sink.events.compactMap { if case .urc(let seen) = $0 { seen.code } else { nil } }
        #expect(codes == [.creg])
    }

    /// Raw and locked while it is ours, and as it was afterwards.
    @Test func settingsComeBack() async throws {
        let terminal = try OwnTerminal()
        let before = terminal.settings
        #expect(before.c_lflag & tcflag_t(ICANON | ECHO) == tcflag_t(ICANON | ECHO))
        let port = port(terminal.name)
        port.start()
        welcome(terminal)
        let during = terminal.settings
        #expect(during.c_lflag & tcflag_t(ICANON | ECHO | ISIG) == 0)
        #expect(during.c_iflag & tcflag_t(ICRNL | IXON) == 0)
        #expect(during.c_oflag & tcflag_t(OPOST) == 0)
        #expect(during.c_cflag & tcflag_t(CS8 | CLOCAL | CREAD) == tcflag_t(CS8 | CLOCAL | CREAD))
        let name = "LCK..\(terminal.name.dropFirst(5).replacing("/", with: "_"))"
        #expect(folder.read(name).contains("\(getpid())"))
        #expect(throws: ModemError.held(path: terminal.name, pid: getpid(), lock: folder.file(name))) {
            var settings = SerialSettings()
            settings.lockDirectory = folder.path
            _ = try OpenTerminal(terminal.name, settings)
        }
        await port.stop()
        let after = terminal.settings
        #expect(after.c_lflag == before.c_lflag && after.c_iflag == before.c_iflag && after.c_oflag == before.c_oflag)
        #expect(after.c_cflag == before.c_cflag)
        #expect(folder.read(name).isEmpty)
    }

    @Test func anyUserButRootIsKeptOut() async throws {
        let terminal = try OwnTerminal()
        let port = port(terminal.name)
        port.start()
        welcome(terminal)
        let open =
            "import os, sys\nos.setuid(65534)\ntry:\n os.open(sys.argv[1], os.O_RDWR)\nexcept OSError as e: print(e.errno)"
        chmod(terminal.name, 0o666)
        #expect(try Command.run([Files.python, "-c", open, terminal.name]).output == "\(EBUSY)\n")
        await port.stop()
        #expect(try Command.run([Files.python, "-c", open, terminal.name]).output == "")
    }

    /// Gone in the middle of an answer, and back as another terminal under the same name.
    @Test func hangUpAndReturnUnderAnotherNumber() async throws {
        let link = folder.file("modem")
        let first = try OwnTerminal()
        symlink(first.name, link)
        let port = port(link)
        port.start()
        welcome(first)
        async let answer = port.send(ATCommand("AT+COPS=?"))
        _ = first.read(until: "\r")
        first.write("\r\n+COPS: (1,")
        usleep(20_000)
        first.hangUp()
        #expect(await answer.final.result == .portLost)
        #expect(try await eventually { sink.changes == ["modem_came", "modem_went unavailable"] })
        #expect(await port.send(ATCommand("AT")).sentNanoseconds == nil)
        let second = try OwnTerminal()
        unlink(link)
        symlink(second.name, link)
        welcome(second)
        async let again = port.send(ATCommand("AT"))
        _ = second.read(until: "AT\r")
        second.write("\r\nOK\r\n")
        #expect(await again.isSuccess)
        await port.stop()
        #expect(sink.changes == ["modem_came", "modem_went unavailable", "modem_came", "modem_went"])
    }

    @Test func aSilentModemIsToldAndNoticedAgain() async throws {
        let terminal = try OwnTerminal()
        let news = Mutex<[ATPortNews]>([])
        let port = port(terminal.name) { item in news.withLock { $0.append(item) } }
        port.start()
        #expect(try await eventually(within: 10) { sink.changes == ["modem_came", "stopped_answering unresponsive"] })
        _ = terminal.read(until: "nothing", within: 0.1)
        let start = EventClock.now.monotonicNanoseconds
        welcome(terminal)
        #expect(try await eventually { sink.changes.last == "answers_again" })
        #expect(EventClock.now.monotonicNanoseconds - start < 2_000_000_000)
        #expect(news.withLock { $0 } == [.opened, .stuck, .ready])
        await port.stop()
    }

    @Test func aPortThatIsNotThereIsWaitedFor() async throws {
        let news = Mutex<[ATPortNews]>([])
        let port = port(folder.file("modem")) { item in news.withLock { $0.append(item) } }
        port.start()
        #expect(try await eventually { news.withLock { $0 } == [.refused(.noSuchPort(path: folder.file("modem")))] })
        usleep(200_000)
        #expect(news.withLock(\.count) == 1)
        #expect(sink.changes == [])
        await port.stop()
        await port.stop()
    }

    @Test func whatIsNoPortIsRefused() async throws {
        let path = try folder.write("x", to: "file")
        let port = port(path)
        port.start()
        #expect(try await eventually { sink.changes == ["port_refused other"] })
        await port.stop()
    }

    @Test func aCancelledTaskInterruptsItsCommand() async throws {
        let terminal = try OwnTerminal()
        let port = port(terminal.name)
        port.start()
        welcome(terminal)
        let search = Task { await port.send(ATCommand("AT+COPS=?")) }
        #expect(terminal.read(until: "\r") == "AT+COPS=?\r")
        search.cancel()
        #expect(terminal.read(until: "\r") == "\r")
        terminal.write("\r\nERROR\r\n")
        #expect(await search.value.final.result == .aborted)
        await port.stop()
    }

    /// 100,000 lines, while a command waits: all are told, and the command is answered.
    @Test(.timeLimit(.minutes(2))) func aFloodOfCodes() async throws {
        let modem = try SimulatedModem(
            script: """
                messages:
                  - { line: "+CREG: 1", command: AT+CGATT?, before: true, times: 100000 }
                """)
        let port = port(modem.link)
        port.start()
        #expect(try await eventually { sink.changes == ["modem_came"] })
        let answer = await port.send(ATCommand("AT+CGATT?", timeout: .seconds(60)))
        #expect(answer.texts == ["+CGATT: 1"])
        let codes = sink.events.count { if case .urc(let seen) = $0 { seen.code == .creg } else { false } }
        #expect(codes == 100_000)
        await port.stop()
    }
}

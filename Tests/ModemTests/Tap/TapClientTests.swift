import Foundation
import Glibc
import ProbeEvents
import TestSupport
import Testing

@testable import Modem

/// Programs that nobody here wrote, once at the modem and once through the relay: what they send and get is the same, and
/// what the relay counts is what the modem's own log has.
@Suite struct TapClientTests {
    private struct Program: CustomTestStringConvertible, Sendable {
        var what: String
        var profile = "quectel-ec25"
        /// The command for a port, in a folder.
        var words: @Sendable (_ port: String, _ folder: TemporaryFolder) throws -> [String]
        var testDescription: String { what }
    }

    private static func gammu(_ words: String...) -> @Sendable (String, TemporaryFolder) throws -> [String] {
        { port, folder in
            let config = try folder.write("[gammu]\ndevice = \(port)\nconnection = at115200\n", to: "gammurc")
            return ["gammu", "-c", config] + words
        }
    }

    private static let programs = [
        Program(what: "gammu identify", words: gammu("identify")),
        Program(what: "gammu networkinfo", words: gammu("networkinfo")),
        Program(what: "gammu sendsms", words: gammu("sendsms", "TEXT", "+491710000001", "-text", "hello")),
        Program(what: "chat") { port, _ in
            [
                "sh", "-c", "exec chat -v -S -t 5 '' ATZ OK AT+CSQ '+CSQ: 20,99' ATD123 'NO CARRIER' <>\"$1\" >&0",
                "sh", port,
            ]
        },
        Program(what: "picocom") { port, _ in
            ["picocom", "-q", "-b", "57600", "-t", "AT+CGMM\r", "-x", "1000", port]
        },
        Program(what: "pyserial", profile: "generic") { port, _ in
            [Files.python, "-c", pyserial, port] + [
                "ATE0", "AT+CSIM=14,\"00A40004023F00\"", "AT+CRSM=176,12258,0,0,10", "AT+CRSM=192,12258",
                "AT+CRSM=176,1,0,0,9", "AT+CCHO=\"A0000000871002\"", "AT+CGLA=1,10,\"00B0000000\"", "AT+CCHC=1",
                "AT+CSIM=3,\"00A\"", "AT+CMEE=1", "AT+CSIM=1,\"0\"", "AT+CMEE=2", "AT+CSIM=1,\"0\"", "AT+COPS?;+CSQ",
            ]
        },
    ]

    private static let pyserial = """
        import re, serial, sys
        port = serial.Serial(sys.argv[1], 115200, timeout=5, rtscts=True, dsrdtr=True)
        def ask(text):
            port.write(text.encode() + b"\\r\\n")
            answer = b""
            while not re.search(rb"\\r\\n(OK|ERROR|\\+CME ERROR: .*)\\r\\n$", answer):
                byte = port.read(1)
                if not byte: raise SystemExit("silent after %r" % answer)
                answer += byte
            return answer
        for text in sys.argv[2:]: print(ask(text))
        port.close()
        """

    @Test(arguments: programs)
    private func nothingChangesForIt(program: Program) async throws {
        let plain = try SimulatedModem(["--profile", program.profile])
        let before = try await Command.runAside(try program.words(plain.link, plain.folder), within: 60)
        #expect(before.ending == .exited(0), "\(before.output)\(before.errors)")

        let relayed = try await RelayedModem(["--profile", program.profile])
        let modem = relayed.modem
        let after = try await Command.runAside(try program.words(relayed.link, modem.folder), within: 60)
        func neutral(_ text: String, _ port: String) -> String { text.replacing(port, with: "PORT") }
        #expect(after.ending == before.ending)
        #expect(neutral(after.output, relayed.link) == neutral(before.output, plain.link))
        #expect(neutral(after.errors, relayed.link) == neutral(before.errors, plain.link))
        #expect(modem.logged("<").joined() == plain.logged("<").joined())
        #expect(modem.logged(">").joined() == plain.logged(">").joined())

        #expect(try await eventually { relayed.sink.commands.count == relayed.logged.count })
        #expect(relayed.sink.commands == relayed.logged)
        #expect(relayed.sink.codes.map(\.name) == modem.logged("unsolicited"))
        #expect(try await eventually { relayed.sink.sessions.last == "closed at completed" })
    }

    /// Commands to the card are exchanges, named, and cut as those over PC/SC are.
    @Test func commandsToTheCardAreExchanges() async throws {
        let relayed = try await RelayedModem(["--profile", "generic"])
        let program = try #require(Self.programs.last)
        let end = try await Command.runAside(try program.words(relayed.link, relayed.modem.folder), within: 60)
        #expect(end.ending == .exited(0), "\(end.errors)")
        #expect(try await eventually { relayed.sink.commands.count == relayed.logged.count })
        let exchanges = relayed.sink.exchanges
        #expect(
            exchanges.map { "\($0.name)" } == ["SELECT", "READ BINARY", "GET RESPONSE", "READ BINARY", "READ BINARY"])
        #expect(exchanges.allSatisfy { $0.interface == .at && $0.reader == "modem-a" && $0.session == 1 })
        #expect(exchanges.allSatisfy { $0.stamp.source == .atTap && $0.stamp.durationNanoseconds > 0 })
        #expect("\(exchanges[0].command)" == "00A40004023F00")
        // The ICCID is content of a file
        #expect("\(exchanges[1].response)" == "000000000000000000009000" && exchanges[1].isCut)
        #expect("\(exchanges[3].response)" == "6A82")
    }

    /// A program is named by its process, as the kernel shows it to the same user.
    @Test func aSessionHasItsProgram() async throws {
        let relayed = try await RelayedModem(["--profile", "generic"])
        let client = try RunningCommand([Files.python, "-c", Self.waiting, relayed.link], input: .kept)
        #expect(try client.readLine() == "asked")
        #expect(try await eventually { relayed.sink.exchanges.count == 1 })
        #expect(relayed.sink.exchanges.map(\.client.pid) == [client.pid])
        #expect(relayed.sink.exchanges.allSatisfy { $0.client.program.hasPrefix("python3") && $0.session == 1 })
        try client.say("go")
        #expect(try await eventually { relayed.sink.sessions.last == "closed at completed" })
        let clients = relayed.sink.events.compactMap { event -> ClientProcess? in
            switch event {
            case .sessionOpened(let opened): opened.client
            case .sessionClosed(let closed): closed.client
            default: nil
            }
        }
        #expect(Set(clients) == Set(relayed.sink.exchanges.map(\.client)) && clients.count == 2)
    }

    private static let waiting = """
        import serial, sys
        port = serial.Serial(sys.argv[1], 115200, timeout=5)
        port.write(b'AT+CSIM=14,"00A40004023F00"\\r'); port.read_until(b"OK\\r\\n"); print("asked", flush=True)
        sys.stdin.readline()
        """

    /// A command to the card that the modem fails in, or never answers, counts as sent and as failed; one that it refuses
    /// itself is none of the card's.
    @Test func failedCommandsToTheCard() async throws {
        let relayed = try await RelayedModem(
            script: """
                profile: generic
                rules:
                  - { command: 'AT+CSIM=14,"00A40004023F01"', answer: [ERROR] }
                  - { command: 'AT+CSIM=14,"00A40004023F02"', answer: ['+CME ERROR: SIM failure'] }
                  - { command: 'AT+CSIM=14,"00A40004023F03"', answer: ['+CME ERROR: 10'] }
                  - { command: 'AT+CSIM=14,"00A40004023F04"', silent: true }
                """)
        let script = """
            import serial, sys, time
            port = serial.Serial(sys.argv[1], 115200, timeout=1.2)
            for number in b"12340":
                port.write(b'AT+CSIM=14,"00A40004023F0%c"\\r' % number)
                line = b"?"
                while line and line.strip() not in (b"OK", b"ERROR", b"+CME ERROR: 10", b"+CME ERROR: SIM failure"):
                    line = port.read_until(b"\\r\\n")
            """
        let end = try await Command.runAside([Files.python, "-c", script, relayed.link], within: 60)
        #expect(end.ending == .exited(0), "\(end.errors)")
        #expect(try await eventually { relayed.sink.exchanges.count == 4 })
        #expect(relayed.sink.exchanges.map { String("\($0.command)".suffix(2)) } == ["01", "02", "04", "00"])
        #expect(relayed.sink.exchanges.map(\.resultCode) == [0x8010_0014, 0x8010_0066, 0x8010_000A, 0])
        #expect(relayed.sink.exchanges.dropLast().allSatisfy { $0.response.bytes.isEmpty && $0.statusWord == nil })
        #expect(relayed.sink.commands.count == relayed.logged.count + 1)
    }
}

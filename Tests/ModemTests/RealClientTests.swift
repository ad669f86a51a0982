import Foundation
import Glibc
import TestSupport
import Testing

@testable import Modem

/// The simulated modem before programs that nobody here wrote.
@Suite struct RealClientTests {
    @Test func gammu() throws {
        let modem = try SimulatedModem(["--profile", "quectel-ec25"])
        let config = try modem.folder.write("[gammu]\ndevice = \(modem.link)\nconnection = at115200\n", to: "gammurc")
        let end = try Command.run(["gammu", "-c", config, "identify"], within: 60)
        #expect(end.ending == .exited(0), "\(end.errors)")
        func value(_ name: String) -> String? {
            end.output.split(separator: "\n").first { $0.hasPrefix(name) }
                .flatMap { $0.split(separator: ":", maxSplits: 1).last?.trimmingCharacters(in: .whitespaces) }
        }
        #expect(value("Manufacturer") == "Quectel")
        #expect(value("Model")?.contains("EC25") == true)
        #expect(value("Firmware") == "EC25EFAR06A11M4G")
        #expect(value("IMEI") == "356938035643809")
        #expect(value("SIM IMSI") == "001010000000001")
        let network = try Command.run(["gammu", "-c", config, "networkinfo"], within: 60)
        #expect(network.output.contains("home network"), "\(network.output)\(network.errors)")
    }

    @Test func gammuSendsAMessage() throws {
        let modem = try SimulatedModem()
        let config = try modem.folder.write("[gammu]\ndevice = \(modem.link)\nconnection = at115200\n", to: "gammurc")
        let end = try Command.run(
            ["gammu", "-c", config, "sendsms", "TEXT", "+491710000001", "-text", "hello"], within: 60)
        #expect(end.ending == .exited(0), "\(end.output)\(end.errors)")
        #expect(modem.logged("command").contains { $0.hasPrefix("AT+CMGS=") })
        #expect(modem.logged("command").contains("TEXT"))
        #expect(end.output.contains("reference=1"), "\(end.output)")
    }

    /// ppp's chat expects and sends; it ends with 0 when all was as expected.
    @Test func chat() throws {
        let modem = try SimulatedModem()
        let end = try Command.run(
            [
                "sh", "-c", "exec chat -v -S -t 5 '' ATZ OK AT+CSQ '+CSQ: 20,99' ATD123 'NO CARRIER' <>\"$1\" >&0",
                "sh", modem.link,
            ],
            within: 30)
        #expect(end.ending == .exited(0), "\(end.errors)")
        #expect(modem.logged("command") == ["ATZ", "AT+CSQ", "ATD123"])
        #expect(modem.logged("result") == ["OK", "OK", "NO CARRIER"])
    }

    @Test func picocom() throws {
        let modem = try SimulatedModem()
        let end = try Command.run(
            ["picocom", "-q", "-b", "115200", "-t", "AT+CGMM\r", "-x", "1000", modem.link], within: 30)
        #expect(end.ending == .exited(0), "\(end.output)\(end.errors)")
        #expect(end.output.contains("AT+CGMM\r\r\nEC25\r\n\r\nOK\r\n"), "\(end.output.debugDescription)")
    }

    /// A lock that picocom holds is one for us, and the other way round; picocom's is none that outlives it.
    @Test func picocomAndWeKeepEachOtherOut() throws {
        let modem = try SimulatedModem()
        let holder = try RunningCommand(
            ["picocom", "-q", "-b", "115200", "-x", "60000", "-t", "AT\r", modem.link], input: .kept)
        #expect(eventually { modem.logged("command") == ["AT"] })
        #expect(throws: ModemError.held(path: modem.link, pid: 0, lock: "flock")) {
            try OpenTerminal(modem.link, SerialSettings()).giveBack()
        }
        holder.kill()
        let ours = try OpenTerminal(modem.link, SerialSettings())
        let refused = try Command.run(["picocom", "-q", "-b", "115200", "-x", "500", modem.link], within: 30)
        #expect(refused.ending != .exited(0))
        ours.giveBack()
        let taken = try Command.run(["picocom", "-q", "-b", "115200", "-x", "100", modem.link], within: 30)
        #expect(taken.ending == .exited(0), "\(taken.output)\(taken.errors)")
    }

    /// pyserial: APDUs to the card, a file of it, a logical channel.
    @Test func pyserialReachesTheCard() throws {
        let modem = try SimulatedModem(["--profile", "generic"])
        let script = """
            import re, serial, sys
            port = serial.Serial(sys.argv[1], 115200, timeout=5)
            def ask(text):
                port.write(text.encode() + b"\\r")
                answer = b""
                while not re.search(rb"\\r\\n(OK|ERROR|\\+CME ERROR: .*)\\r\\n$", answer):
                    byte = port.read(1)
                    if not byte: raise SystemExit("silent after %r" % answer)
                    answer += byte
                return [line for line in answer.decode().split("\\r\\n") if line and line.strip() != text]
            for text in sys.argv[2:]: print("|".join(ask(text)))
            """
        let commands = [
            "ATE0", "AT+CSIM=14,\"00A40004023F00\"", "AT+CRSM=176,12258,0,0,10", "AT+CRSM=192,12258",
            "AT+CRSM=176,28423,0,0,9",
            "AT+CRSM=176,1,0,0,9", "AT+CCHO=\"A0000000871002\"", "AT+CGLA=1,10,\"00B0000000\"", "AT+CCHC=1",
            "AT+CSIM=3,\"00A\"",
            "AT+CMEE=1", "AT+CSIM=1,\"0\"",
        ]
        let end = try Command.run([Files.python, "-c", script, modem.link] + commands, within: 60)
        #expect(end.ending == .exited(0), "\(end.errors)")
        let lines = end.output.split(separator: "\n").map(String.init)
        try #require(lines.count == commands.count, "\(lines)")
        #expect(lines[0] == "OK")
        // The card's own answer: the file's control parameters, behind a GET RESPONSE
        #expect(lines[1].hasPrefix("+CSIM: ") && lines[1].hasSuffix("9000\"|OK"), "\(lines[1])")
        #expect(lines[2] == "+CRSM: 144,0,\"988812010000000000F3\"|OK")
        #expect(lines[3].hasPrefix("+CRSM: 144,0,\"62") && lines[3].contains("83022FE2"))
        #expect(lines[4] == "+CRSM: 144,0,\"080910100000000010\"|OK")
        #expect(lines[5] == "+CRSM: 106,130|OK")
        #expect(lines[6] == "+CCHO: 1|OK")
        #expect(lines[7].hasPrefix("+CGLA: 4,\"69"), "\(lines[7])")
        #expect(lines[8] == "OK")
        #expect(lines[9] == "ERROR" && lines[10] == "OK" && lines[11] == "+CME ERROR: 50")
    }

    /// Its modem goes and comes; pyserial hears an error and finds it again under the same name.
    @Test func pyserialLivesThroughAReturn() throws {
        let modem = try SimulatedModem()
        let script = """
            import serial, sys, time
            def at(port):
                port.write(b"AT\\r"); return b"OK" in port.read_until(b"OK\\r\\n")
            port = serial.Serial(sys.argv[1], timeout=2); print(at(port), flush=True)
            sys.stdin.readline()
            try:
                port.read(1); port.write(b"AT\\r"); print("alive" if port.read(1) else "silent")
            except (OSError, serial.SerialException): print("gone")
            for _ in range(50):
                try: port = serial.Serial(sys.argv[1], timeout=2); break
                except (OSError, serial.SerialException): time.sleep(0.1)
            print(at(port))
            """
        let client = try RunningCommand([Files.python, "-c", script, modem.link], input: .kept)
        #expect(try client.readLine() == "True")
        let before = try modem.order("status")
        try modem.order("unplug 300")
        try client.say("go")
        #expect(try client.readLine() == "gone")
        #expect(try client.readLine() == "True")
        #expect(try modem.order("status") != before)
    }
}

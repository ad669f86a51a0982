import Capture
import Foundation
import TestSupport
import Testing

/// What each option lets into a capture, and what none does.
@Suite(.serialized) struct RunCaptureSecrecyTests {
    private static let script = """
        identity: { iccid: "898827364554637281", imsi: "001019876543210", serviceProviderName: "FILE-CANARY" }
        pins: { pin1: { value: "48151623" } }
        files:
          - { path: 3F00/7FFF/6F20, data: A5C3F00DBEE5D19E07 }

        """
    private static let pin = Data("48151623".utf8)
    private static let key = Data([0xA5, 0xC3, 0xF0, 0x0D, 0xBE, 0xE5, 0xD1, 0x9E])
    private static let iccid = Data([0x98, 0x88, 0x72, 0x63, 0x54, 0x45, 0x36, 0x27, 0x18])
    private static let imsi = Data([0x08, 0x09, 0x10, 0x10, 0x89, 0x67, 0x45, 0x23, 0x01])
    private static let msisdn = Data([0x91, 0x10, 0x10, 0x00, 0x00, 0xF1])
    private static let contents = Data("FILE-CANARY".utf8)

    private static let client = [Files.python, Files.client("files.py"), "48151623"]

    @Test(arguments: [
        ([], false, false), (["--capture-files"], true, false), (["--capture-files", "--show-identity"], true, true),
    ])
    func whatIsInIt(options: [String], hasContents: Bool, hasIdentities: Bool) throws {
        let captured = try RunCaptureTests.Captured(Self.client, script: Self.script, options: options)
        let file = captured.bytes
        #expect(captured.run.command.output.contains("9000"))
        #expect(file.range(of: Self.pin) == nil)
        #expect(file.range(of: Self.key) == nil)
        for identity in [Self.iccid, Self.imsi, Self.msisdn] {
            #expect((file.range(of: identity) != nil) == hasIdentities)
        }
        #expect((file.range(of: Self.contents) != nil) == hasContents)
        #expect(file.range(of: Data("files.py".utf8)) == nil)
        // The card had it all, and the client got it.
        for bytes in [Self.pin, Self.key, Self.iccid, Self.imsi, Self.msisdn, Self.contents] {
            let text = captured.run.cardLog.lines.map { $0.command + $0.response }.joined(separator: " ")
            #expect(text.contains(hex(bytes)))
        }
        #expect(captured.shark.faults == "")
        let warnings = captured.run.command.errors.split(separator: "\n").filter { $0.contains("contents of files") }
        #expect(warnings.count == (hasContents ? 1 : 0))
    }

    /// PINs, keys, messages, what is secured, and contents of files that nobody knows: in no capture.
    @Test(arguments: [[], ["--capture-files", "--show-identity"]])
    func noOptionLetsSecretsIn(options: [String]) throws {
        let canary = "A5C3F00DBEE5D19E"
        let folder = try TemporaryFolder()
        let captured = try RunCaptureTests.Captured(
            [Files.python, Files.client("secrets.py"), folder.file("ring"), canary], options: options)
        #expect(captured.run.cardLog.lines.filter { $0.command.contains(canary) }.count > 15)
        #expect(captured.bytes.range(of: Self.key) == nil)
        // What may be in it is, so that the search can find.
        #expect(captured.bytes.range(of: Data(Self.key.reversed())) != nil)
        #expect(captured.exchanges.count == captured.run.cardLog.lines.count)
    }

    /// An eUICC tells its EID and the ICCIDs of its profiles to the program, and hashes of them to the capture.
    @Test(arguments: [[], ["--capture-files"], ["--capture-files", "--show-identity"]])
    func serialNumbersOfAnEUICC(options: [String]) throws {
        let captured = try RunCaptureTests.Captured(
            [
                "opensc-tool", "-s", "00A4040010A0000005591010FFFFFFFF8900000100", "-s", "80E2910006BF3E035C015A00",
                "-s", "80E2910003BF2D0000",
            ], script: try String(contentsOfFile: "\(Files.package)/examples/cards/euicc.yaml", encoding: .utf8),
            options: options)
        let eid = Data([0x89, 0x04, 0x90, 0x32, 0x01, 0x23, 0x45, 0x67, 0x89, 0x01, 0x23, 0x45, 0x67, 0x89, 0x01, 0x70])
        let iccid = Data([0x98, 0x88, 0x12, 0x01, 0, 0, 0, 0, 0, 0xF3])
        let answers = captured.run.cardLog.lines.map(\.response).joined(separator: " ")
        for identity in [eid, iccid] {
            #expect(answers.contains(hex(identity)))
            #expect((captured.bytes.range(of: identity) != nil) == (options.count == 2))
        }
        let remarks = Set(captured.exchanges.compactMap { $0.note?.remark })
        #expect(remarks.isSuperset(of: ["eid hashed", "iccid hashed"]) == (options.count == 1))
    }

    /// The hash of an identity is the same however the file was named, and its length is the identity's.
    @Test func anIdentityIsTheSameHashEachTime() throws {
        let captured = try RunCaptureTests.Captured(Self.client, script: Self.script, options: ["--capture-files"])
        let hashed = captured.exchanges.filter { $0.note?.remark == "imsi hashed" }
        #expect(hashed.count == 2 && hashed[0].response == hashed[1].response)
        #expect(hashed.allSatisfy { $0.response.count == 11 && $0.response.suffix(2) == [0x90, 0x00] })
        #expect(captured.exchanges.contains { $0.note?.remark == "file unknown" })
        #expect(captured.exchanges.contains { $0.note?.remark == "keys cut" && $0.note?.cutBytes == 9 })
    }

    @Test func aKeyThatOthersReadIsNotUsed() throws {
        let folder = try TemporaryFolder()
        let state = folder.file("cardlink-probe")
        try FileManager.default.createDirectory(atPath: state, withIntermediateDirectories: false)
        let key = try folder.write(String(repeating: "k", count: 32), to: "cardlink-probe/identity.key")
        #expect(chmod(key, 0o644) == 0)
        let captured = try RunCaptureTests.Captured(
            Self.client, script: Self.script, options: ["--capture-files"], environment: ["XDG_STATE_HOME": folder.path]
        )
        #expect(captured.run.command.errors.contains("chmod 600 \(key)"))
        #expect(captured.exchanges.filter { $0.note?.remark == "imsi cut" }.count == 2)
        #expect(captured.bytes.range(of: Self.imsi) == nil)
    }

    /// A capture is for its file: a daemon, the report and the summary have what they have without one.
    @Test(arguments: [["--capture", "CAPTURE", "--capture-files", "--show-identity"], []])
    func nobodyElseGetsMore(options: [String]) throws {
        let bench = try Bench(script: Self.script)
        let folder = try TemporaryFolder()
        let sink = try RunningCommand([
            Files.python, Files.client("events_sink.py"), folder.file("events.sock"), folder.file("events"),
        ])
        #expect(eventually(within: 10) { sink.outputSoFar.contains("ready") })
        let options = options.map { $0 == "CAPTURE" ? folder.file("capture") : $0 }
        // A program may ask its own shim for as much as it likes.
        let run = try Command.run(
            [Files.probe, "run", "--runtime-dir", folder.path, "--summary", "--json", folder.file("report.json")]
                + options
                + ["--", "env", "CARDLINK_CAPTURE=files"] + Self.client,
            environment: bench.environment)
        _ = try sink.end(within: 10)
        #expect(run.ending == .exited(0), "\(run.errors)")
        for name in ["events", "report.json"] {
            let place = try Data(contentsOf: URL(filePath: folder.file(name)))
            #expect(!place.isEmpty)
            for secret in [Self.pin, Self.key, Self.iccid, Self.imsi, Self.contents] {
                #expect(place.range(of: secret) == nil && place.range(of: Data(hex(secret).utf8)) == nil, "\(name)")
            }
        }
        #expect(!run.errors.contains(hex(Self.imsi)) && !run.errors.contains("FILE-CANARY"))
        guard !options.isEmpty else { return }
        let capture = try Data(contentsOf: URL(filePath: folder.file("capture")))
        #expect(capture.range(of: Self.imsi) != nil)
    }
}

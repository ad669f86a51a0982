import Foundation
import TestSupport
import Testing

/// `cardlink-probe modems` on virtual modems, in text and JSON.
@Suite struct ModemsCommandTests {
    private func modems(_ words: [String], state: TemporaryFolder) throws -> Command {
        try Command.run([Files.probe, "modems"] + words, environment: ["XDG_STATE_HOME": state.path], within: 60)
    }

    @Test func aModemAsATable() throws {
        let modem = try SimulatedModem(["--profile", "telit-le910"])
        let end = try modems([modem.link], state: modem.folder)
        #expect(end.ending == .exited(0))
        let lines = end.output.split(separator: "\n").map(String.init)
        #expect(
            lines.prefix(2) == [
                "MODEM  MODEL       STATE    SIM    REGISTERED     OPERATOR       SIGNAL",
                "modem  LE910C1-EU  answers  ready  home (eutran)  CardLink Test  rsrp -95 dBm",
            ])
        #expect(lines[2].hasPrefix("    port    \(modem.link) = /dev/pts/"))
    }

    /// What a script reads, and no identity in clear.
    @Test func aModemAsJSON() throws {
        let modem = try SimulatedModem()
        let end = try modems([modem.link, "--json"], state: modem.folder)
        let found = try JSONSerialization.jsonObject(with: Data(end.output.utf8)) as? [String: Any]
        let first = try #require((found?["modems"] as? [[String: Any]])?.first)
        #expect(first["state"] as? String == "answers" && first["vendor"] as? String == "quectel")
        let reading = try #require(first["reading"] as? [String: Any])
        #expect(reading["sim"] as? String == "ready" && reading["operator_name"] as? String == "CardLink Test")
        #expect(reading["sent_bytes"] as? Int == 1_024 && reading["temperature_celsius"] as? Double == 31)
        #expect(
            (reading["identity_hashes"] as? [String: String])?.mapValues(\.count) == [
                "imei": 16, "imsi": 16, "iccid": 16,
            ])
        for number in ["356938035643809", "001010000000001", "8988211000000000003"] {
            #expect(!end.output.contains(number) && !end.errors.contains(number))
        }
    }

    @Test func aModemThatSaysNothing() throws {
        let modem = try SimulatedModem(script: "rules: [{ command: \"AT*\", silent: true }]")
        let end = try modems([modem.link], state: modem.folder)
        #expect(end.ending == .exited(1))
        #expect(end.output.contains("silent") && end.output.contains("nothing answers AT on"))
    }

    @Test func aPortThatIsTaken() throws {
        let modem = try SimulatedModem()
        let holder = try RunningCommand(
            ["picocom", "-q", "-b", "115200", "-x", "60000", "-t", "AT\r", modem.link], input: .kept)
        #expect(eventually { modem.logged("command") == ["AT"] })
        let end = try modems([modem.link], state: modem.folder)
        #expect(end.ending == .exited(1))
        #expect(end.output.contains("in use") && end.output.contains("picocom (\(holder.pid))"))
        #expect(modem.logged("command") == ["AT"])
        holder.kill()
    }

    @Test func aPortThatIsNotThere() throws {
        let folder = try TemporaryFolder()
        let end = try modems([folder.file("none")], state: folder)
        #expect(end.ending == .exited(1))
        #expect(end.output.contains("there is no port"))
    }

    @Test func lookingOnlyAsksNothing() throws {
        let modem = try SimulatedModem()
        let end = try modems([modem.link, "--no-ask"], state: modem.folder)
        #expect(end.ending == .exited(0) && end.output.contains("present"))
        #expect(modem.logged("command") == [])
    }

    /// Two at once: one silent, one well.
    @Test func eachIsAskedForItself() throws {
        let (silent, well) = (
            try SimulatedModem(script: "rules: [{ command: \"AT*\", silent: true }]"), try SimulatedModem()
        )
        let end = try modems([silent.link, well.link], state: well.folder)
        #expect(end.ending == .exited(0))
        let states = end.output.split(separator: "\n").filter { $0.hasPrefix("modem ") }.map { $0.contains("answers") }
        #expect(states == [false, true])
    }

    @Test func simulatorEndsInOrder() throws {
        let modem = try SimulatedModem()
        #expect(try modem.stop().ending == .exited(0))
        #expect(throws: (any Error).self) { try FileManager.default.destinationOfSymbolicLink(atPath: modem.link) }
    }
}

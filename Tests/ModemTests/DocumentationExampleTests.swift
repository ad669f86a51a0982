import Foundation
import Modem
import TestSupport
import Testing

/// The example of the documentation does what its text says.
@Suite struct DocumentationExampleTests {
    @Test func theExample() async throws {
        let modem = try SimulatedModem(["--script", "\(Files.package)/examples/modems/terminal.yaml"])
        #expect(try await ask("AT+CGMM", at: modem.link) == ["M660"])
        #expect(try await ask("AT+UNKNOWN", at: modem.link) == [])
        await #expect {
            try await ask("AT", at: modem.folder.path)
        } throws: { error in
            "\(error)".contains(modem.folder.path)
        }
        _ = portsOfModems()

        let (diary, link) = (ChannelDiary(), modem.folder.file("tester"))
        let tap = relay(to: modem.link, as: link, telling: diary)
        #expect(try await eventually { tap.state.isOpen })
        let words = [Files.python, Files.client("modem_terminal.py"), link, "AT+CFUN=1"]
        let end = try await Command.runAside(words, within: 60)
        #expect(end.ending == .exited(0), "\(end.errors)")
        await tap.stopped()
        #expect(diary.lines == ["bench-a opened one over packet", "bench-a sent 351 bytes and received 690"])
    }
}

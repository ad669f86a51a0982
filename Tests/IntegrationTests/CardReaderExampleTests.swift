import Foundation
import TestSupport
import Testing

/// `examples/card-reader`, beside the same work by a program that nobody instrumented.
@Suite(.serialized) struct CardReaderExampleTests {
    private static let example = Files.products + "/card-reader"

    /// The example on a bench of its own, and the card's log.
    private func run(_ options: [String] = []) throws -> (command: Command, card: CardLog) {
        let folder = try TemporaryFolder()
        let bench = [Files.probe, "simulate", "bench"] + Bench.logs(in: folder) + ["--", Self.example] + options
        return (try Command.run(bench), CardLog(folder.read("card.log")))
    }

    @Test func countsAsPyscardUnderRunAndAsTheCard() throws {
        let peer = try BenchRun([Files.python, Files.client("card_tour.py")])
        #expect(peer.command.ending == .exited(0))
        peer.expectEqualToOracles()

        let (command, card) = try run(["--events"])
        #expect(command.ending == .exited(0) && command.errors.isEmpty, "\(command.errors)")
        let exchanges = try command.output.split(separator: "\n").compactMap { line -> String? in
            let event = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] ?? [:]
            guard let sent = event["command"], let received = event["response"] else { return nil }
            return "0 0 0 \(sent) -> \(received)"
        }
        let told = CardLog(exchanges.joined(separator: "\n"))
        #expect(Oracle(told) == Oracle(card))
        #expect(Oracle(told) == peer.card)
        #expect(Oracle(told) == Oracle(report: peer.report))
        #expect(told.lines.count == 8)
        // Nothing of the file's contents was told, but how long they are.
        for (event, line) in zip(told.lines, card.lines) {
            #expect(event.command == line.command && event.response.count == line.response.count)
            #expect(event.response.suffix(4) == line.response.suffix(4))
        }
        let read = try #require(told.lines.last { $0.command.hasPrefix("00B0") })
        #expect(read.response == String(repeating: "00", count: 10) + "9000")
    }

    @Test func printsWhatItFoundAndItsMetrics() throws {
        let peer = try BenchRun([Files.python, Files.client("card_tour.py")])
        let (command, _) = try run()
        let lines = command.output.split(separator: "\n").map(String.init)
        #expect(
            lines.prefix(2) == [
                "Virtual PCD 00 00: T=0, 512/32, UICC (sysmoISIM-SJA2), 4 channels", "Virtual PCD 00 01: empty",
            ])
        let steps = lines.dropFirst(2).prefix(4)
        #expect(
            steps.map { $0.replacingOccurrences(of: " normal ending", with: "") }
                == peer.command.output.split(separator: "\n").map(String.init))
        #expect(
            lines.filter { $0.hasPrefix("tester_commands_total") } == [
                #"tester_commands_total{command="SELECT",status_word="61XX"} 3"#,
                #"tester_commands_total{command="GET RESPONSE",status_word="9000"} 3"#,
                #"tester_commands_total{command="READ BINARY",status_word="6CXX"} 1"#,
                #"tester_commands_total{command="READ BINARY",status_word="9000"} 1"#,
            ])
    }

    /// One tap counts: under `run` the shim tells what the program does, and the program's own sink hears nothing.
    @Test(arguments: [false, true]) func underRunEachCommandIsCountedOnce(withAnotherPath: Bool) throws {
        let folder = try TemporaryFolder()
        var program = [Self.example]
        if withAnotherPath {
            // As in a container.
            let shim = ["cp", "-L", Files.products + "/libpcsclite-probe.so", folder.file("libpcsclite.so.1")]
            #expect(try Command.run(shim).status == 0)
            program = ["env", "-u", "LD_AUDIT", "LD_LIBRARY_PATH=\(folder.path)"] + program
        }
        let run = try BenchRun(program)
        #expect(run.command.ending == .exited(0))
        run.expectEqualToOracles()
        #expect(run.card.commands == 8)
        #expect(!run.command.output.contains("tester_commands_total{"))
        #expect(run.command.output.contains("ADF.USIM: 54 bytes, 9000"))
        let events = try BenchRun(program + ["--events"]).command.output.split(separator: "\n")
        #expect(events.count == 1)
        #expect(events.first?.contains("the shim of cardlink-probe run tells what this program does") == true)
    }

    @Test func saysWhatIsMissing() throws {
        let command = try Command.run([Self.example], environment: ["PCSCLITE_CSOCK_NAME": "/nonexistent/pcscd.comm"])
        #expect(command.ending == .exited(1) && command.output.isEmpty)
        #expect(
            command.errors == """
                card-reader: pcscd is not running (0x8010001D SCARD_E_NO_SERVICE, no socket /nonexistent/pcscd.comm); \
                start it: systemctl start pcscd, or: pcscd

                """)
    }

    /// The package that a user copies: its manifest is read, and names what the package offers.
    @Test func theManifestIsAsThePackageHasIt() throws {
        let folder = try TemporaryFolder()
        func manifest(_ path: String) throws -> [String: Any] {
            let words = ["swift", "package", "--scratch-path", folder.path, "--package-path", path, "dump-package"]
            let dump = try Command.run(words)
            #expect(dump.ending == .exited(0), "\(dump.errors)")
            return try JSONSerialization.jsonObject(with: Data(dump.output.utf8)) as? [String: Any] ?? [:]
        }
        func names(_ key: String, of manifest: [String: Any]) -> Set<String> {
            Set((manifest[key] as? [[String: Any]] ?? []).compactMap { $0["name"] as? String })
        }
        let example = try manifest(Files.package + "/examples/card-reader")
        let targets = example["targets"] as? [[String: Any]] ?? []
        #expect(targets.count == 1)
        let wanted = (targets.first?["dependencies"] as? [[String: Any]] ?? []).compactMap {
            ($0["product"] as? [Any])?.first as? String
        }
        #expect(wanted.count == 4)
        #expect(names("products", of: try manifest(Files.package)).isSuperset(of: wanted))
    }
}

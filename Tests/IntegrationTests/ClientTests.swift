import Foundation
import TestSupport
import Testing

/// Programs that nobody here wrote, unchanged, under `run`: what the probe tells equals what card and pcscd saw.
@Suite(.serialized) struct ClientTests {
    struct Client: CustomTestStringConvertible, Sendable {
        var name: String
        var program: [String]
        var commands: Int
        var ending = Command.Ending.exited(0)
        var testDescription: String { name }
    }

    /// The C program in `Clients`, compiled.
    private static let linkedClient: String = {
        let target = Files.products + "/linked-client"
        let flags = ["-I/usr/include/PCSC", "-o", target, Files.client("linked.c"), "-lpcsclite"]
        _ = try? Command.run(["cc"] + flags)
        return target
    }()

    static let clients = [
        Client(name: "opensc-tool", program: ["opensc-tool", "--atr", "--name"], commands: 49),
        Client(
            name: "opensc-tool with commands",
            program: ["opensc-tool", "-s", "00A4000C023F00", "-s", "00B0820000", "-s", "80F2000000"], commands: 54),
        Client(name: "pcsc_scan, which asks no card", program: ["pcsc_scan", "-r"], commands: 0),
        Client(name: "scriptor", program: ["scriptor", Files.client("commands.txt")], commands: 8),
        Client(name: "pyscard", program: [Files.python, Files.client("select_loop.py"), "50"], commands: 200),
        Client(
            name: "pyscard, killed in mid-run", program: [Files.python, Files.client("select_loop.py"), "50", "kill"],
            commands: 200, ending: .signalled(SIGKILL)),
        Client(name: "Java", program: ["java", Files.client("Card.java")], commands: 43),
        Client(name: "a linked C program", program: [linkedClient], commands: 3),
        Client(
            name: "two programs at once",
            // Whose commands do not depend on answers: the other may have selected another file in between.
            program: ["sh", "-c", "for i in 1 2; do yes '00 A4 00 0C 02 2F E2' | head -n 200 | scriptor & done; wait"],
            commands: 400),
    ]

    @Test(arguments: clients)
    func countsEqualTheOracles(client: Client) throws {
        let run = try BenchRun(client.program)
        #expect(run.command.ending == client.ending)
        run.expectEqualToOracles()
        #expect(run.card.commands == client.commands)
        #expect((run.report["pcsc_calls"] as? Int ?? 0) > 0)
    }

    /// The program's own words and end are what they are without the probe.
    @Test(arguments: clients.filter { $0.ending == .exited(0) && !$0.name.contains("two") })
    func theProgramNoticesNothing(client: Client) throws {
        let bare = try Command.run([Files.probe, "simulate", "bench", "--"] + client.program)
        let wrapped = try BenchRun(client.program, options: ["--no-summary"]).command
        #expect(wrapped.ending == bare.ending)
        #expect(wrapped.output == bare.output)
        #expect(wrapped.errors == bare.errors)
    }

    @Test func aClientKilledFromOutsideLosesNothingButTheCommandUnderWay() throws {
        let script = "delay: 2\n"
        let run = try BenchRun(
            ["timeout", "-s", "KILL", "0.6", Files.python, Files.client("select_loop.py"), "100000"], script: script)
        let told = Oracle(report: run.report)
        #expect(told.commands > 0)
        // The card may have answered a command whose caller was dead by then.
        #expect(run.card.commands - told.commands == 0 || run.card.commands - told.commands == 1)
        let counts = run.report["client_counts"] as? [String: Int]
        #expect(counts?["killed"] == 1)
        let sessions = run.report["sessions"] as? [String: Any]
        #expect(sessions?["left_open"] as? Int == 1)
        #expect(sessions?["errors"] as? [String: Int] == ["client_gone": 1])
    }

    /// gpg talks to a card by an agent and its grandchild scdaemon, which outlives the command.
    @Test func gpgAndItsScdaemon() throws {
        let home = try TemporaryFolder()
        #expect(chmod(home.path, 0o700) == 0)
        try home.write("disable-ccid\n", to: "scdaemon.conf")
        let environment = ["GNUPGHOME": home.path]
        defer { _ = try? Command.run(["gpgconf", "--kill", "all"], environment: environment) }
        let run = try BenchRun(["gpg", "--card-status"], environment: environment)
        // The virtual card is no OpenPGP card.
        #expect(run.command.ending == .exited(2))
        run.expectEqualToOracles()
        #expect(run.card.commands > 0)
        let clients = run.report["clients"] as? [[String: Any]]
        #expect(clients?.compactMap { $0["program"] as? String } == ["scdaemon"])
        #expect(clients?.first?["state"] as? String == "running")
    }

    @Test func aRefusedPINIsTold() throws {
        let run = try BenchRun([Self.linkedClient])
        #expect(run.command.output.hasSuffix("\n9000\n63C2\n"))
        let pins = run.report["pins"] as? [[String: Any]]
        #expect(pins?.count == 1)
        #expect(pins?.first?["tries_left"] as? Int == 2)
    }

    /// A failure that is meant is none, and a rule that met none is told.
    @Test func aFailureThatIsMeant() throws {
        let run = try BenchRun(
            [Self.linkedClient],
            options: ["--summary", "--expect", "VERIFY=63CX", "--expect", "read binary=6982"])
        run.expectEqualToOracles()
        #expect(run.report["error_count"] as? Int == 0 && run.report["expected_count"] as? Int == 1)
        #expect(run.report["expected"] as? [String: Int] == ["VERIFY 63CX": 1])
        let rules = run.report["expectations"] as? [[String: Any]] ?? []
        #expect(rules.map { $0["rule"] as? String } == ["VERIFY=63CX", "READ BINARY=6982"])
        #expect(rules.map { $0["count"] as? Int } == [1, 0])
        #expect(
            run.command.errors.contains(
                " expected VERIFY 63CX ×1   READ BINARY=6982 never came   not counted as errors\n"))
    }

    @Test func theSummaryIsPrintedWhenAskedFor() throws {
        let run = try BenchRun(["scriptor", Files.client("commands.txt")], options: ["--summary"])
        let lines = run.command.errors.split(separator: "\n")
        #expect(lines.contains { $0.hasPrefix("cardlink-probe: scriptor  ·  exit 0  ·  ") })
        #expect(lines.contains { $0.hasPrefix(" SELECT ") })
        #expect(lines.contains { $0.hasPrefix(" reader   Virtual PCD 00 00   1 session, ") })
        #expect(run.command.errors.contains("ATR 3B 9F … (UICC)"))
    }
}

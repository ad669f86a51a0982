import Foundation
import TestSupport
import Testing

/// `examples/cardlink/run`: what it says when it cannot, how it compares, and the real thing where there is one.
@Suite struct CardLinkExampleTests {
    private static let script = Files.package + "/examples/cardlink/run"
    private static let parts = Files.package + "/examples/cardlink/parts.py"

    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func run(_ words: String...) throws -> Command { try Command.run([Self.script] + words) }

    /// A folder that looks like CardLink, with nothing in it.
    private func standIn() throws -> String {
        let package = folder.file("upstream/src/cardlink")
        try FileManager.default.createDirectory(atPath: package, withIntermediateDirectories: true)
        _ = try folder.write("", to: "upstream/src/cardlink/__init__.py")
        return folder.file("upstream")
    }

    private func expect(_ end: Command, _ code: Int32, _ line: String) {
        #expect(
            end.ending == .exited(code) && end.output.isEmpty && end.errors == "examples/cardlink/run: \(line)\n",
            "\(end)")
    }

    @Test func help() throws {
        let end = try run("--help")
        #expect(end.ending == .exited(0) && end.output.contains("\nExample: examples/cardlink/run --cardlink "))
    }

    @Test func wrongWords() throws {
        expect(try run("--card"), 64, "unknown option '--card'; see: examples/cardlink/run --help")
        expect(try run("--cardlink"), 64, "--cardlink needs a value; see: examples/cardlink/run --help")
        expect(try run(), 64, "where is CardLink? give its folder: examples/cardlink/run --cardlink DIR")
    }

    @Test func aFolderWithoutCardLink() throws {
        expect(
            try run("--cardlink", folder.path), 66,
            "there is no CardLink in \(folder.path): src/cardlink is missing; give the folder of a checkout with --cardlink"
        )
    }

    @Test func noPythonOrOneThatLacksModules() throws {
        let upstream = try standIn()
        expect(
            try run("--cardlink", upstream, "--python", "/nowhere/python"), 69,
            "there is no Python /nowhere/python; name one with --python")
        let python = folder.file("bare/bin/python")
        #expect(
            try Command.run(["/usr/bin/python3", "-m", "venv", "--without-pip", folder.file("bare")]).ending
                == .exited(0))
        expect(
            try run("--cardlink=\(upstream)", "--python=\(python)", "--probe=\(Files.probe)"), 69,
            "\(python) lacks what CardLink needs; run: \(python) -m pip install click cryptography pydantic pytest"
                + " pytest-asyncio rich pyserial pyscard sqlalchemy sslpsk3 pyyaml")
    }

    /// The table of made-up logs and a page, for each difference between them.
    @Test(arguments: [
        ("", "", true), ("GET RESPONSE: 9000 SW=9000\n", "", false),
        ("", "cardlink_at_command_duration_seconds_count{command=\"AT\"} 1\n", false),
    ]) func countsAreCompared(moreLog: String, moreMetrics: String, isEqual: Bool) throws {
        let logs = [
            "provisioner.log": "cardlink.provisioner.pcsc_client APDU: 00A4 ->  SW=9000\n"
                + (moreLog.isEmpty ? "" : "cardlink.provisioner.pcsc_client \(moreLog)"),
            "cardlink-modem.log": "cardlink.modem.at_interface Sending AT command: AT (timeout=0.4)\n",
            "neighbour.commands": "1 command AT\n2 command ATE0\n",
            "server.log": "TLS handshake completed: client=1\nTLS handshake failed: client=2\n",
            "simulator.out": "  Successful: 1\n  Total APDUs received: 3\n",
            "database.log":
                "sqlalchemy.engine.Engine BEGIN (implicit)\nsqlalchemy.engine.Engine [generated in 0.1s] ()\n",
            "tests.xml":
                "<testsuites><testsuite tests=\"4\" failures=\"1\" errors=\"1\" skipped=\"1\"/></testsuites>",
        ]
        for (name, text) in logs { _ = try folder.write(text, to: name) }
        let page = try folder.write(
            """
            cardlink_apdu_commands_total{command="SELECT",interface="pcsc"} 1
            cardlink_apdu_commands_total{command="SELECT",interface="psk_tls"} 3
            cardlink_at_command_duration_seconds_count{command="AT"} 2
            cardlink_tls_handshakes_total{cipher_suite="x",result="success"} 1
            cardlink_tls_handshakes_total{cipher_suite="x",result="failed"} 1
            cardlink_session_duration_seconds_count{session_type="ota",status="completed"} 1
            cardlink_database_operations_total{operation="begin",table="",status="success"} 1
            cardlink_database_operations_total{operation="select",table="a",status="success"} 1
            cardlink_test_results_total{suite_name="cardlink",status="passed"} 1
            cardlink_test_results_total{suite_name="cardlink",status="failed"} 1
            cardlink_test_results_total{suite_name="cardlink",status="error"} 1
            cardlink_test_results_total{suite_name="cardlink",status="skipped"} 1
            \(moreMetrics)
            """, to: "page")
        let end = try Command.run(
            ["/usr/bin/python3", Self.parts, "table", folder.path, "file://\(page)", Files.metrics], within: 30)
        #expect(end.ending == .exited(isEqual ? 0 : 1), "\(end)")
        #expect(end.output.contains("DIFFERENT") != isEqual, "\(end.output)")
        #expect(end.output.contains("dashboard cardlink-tests: "), "\(end.output)")
    }

    /// The real one: `CARDLINK_UPSTREAM` is its folder, `CARDLINK_UPSTREAM_PYTHON` the Python that runs it.
    @Test(
        .enabled(if: ProcessInfo.processInfo.environment["CARDLINK_UPSTREAM"] != nil, "CARDLINK_UPSTREAM is not set"),
        .timeLimit(.minutes(5)))
    func theRealOne() throws {
        let environment = ProcessInfo.processInfo.environment
        let words = [
            Self.script, "--cardlink", environment["CARDLINK_UPSTREAM"] ?? "", "--python",
            environment["CARDLINK_UPSTREAM_PYTHON"] ?? "python3", "--probe", Files.probe,
        ]
        let end = try Command.run(words, environment: ["TMPDIR": folder.path], within: 240)
        #expect(end.ending == .exited(0), "\(end.output)\(end.errors)")
        // It leaves nothing behind.
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)

        let interrupted = try RunningCommand(words, environment: ["TMPDIR": folder.path])
        #expect(eventually(within: 60) { interrupted.outputSoFar.contains("running: modem") })
        interrupted.signal(SIGINT)
        #expect(try interrupted.end(within: 30).ending == .exited(130))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    }
}

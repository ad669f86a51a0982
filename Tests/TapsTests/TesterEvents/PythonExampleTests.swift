import Foundation
import Glibc
import ProbeEvents
import TestSupport
import Testing

@testable import Taps

/// `examples/python` against the event socket: what it tells is heard, and nothing that befalls the probe hurts it.
@Suite struct PythonExampleTests {
    private static let folder = Files.package + "/examples/python"

    private func start(_ folder: TemporaryFolder) throws -> (EventSocket, RecordingSink) {
        let socket = EventSocket(path: folder.socket)
        let heard = RecordingSink()
        try socket.start(into: heard)
        return (socket, heard)
    }

    private func environment(_ folder: TemporaryFolder) -> [String: String] {
        ["PYTHONPATH": Self.folder, "PYTHONDONTWRITEBYTECODE": "1", "CARDLINK_EVENTS": folder.socket]
    }

    private func python(
        _ script: String, _ folder: TemporaryFolder, _ arguments: [String] = []
    ) throws -> RunningCommand {
        try RunningCommand(
            [TraceSink.python, "-c", "import cardlink_probe as probe, os, sys, time\n" + script] + arguments,
            environment: environment(folder))
    }

    private func statuses(_ events: [ProbeEvent], in suite: String) -> [TestStatus: Int] {
        events.reduce(into: [:]) { counts, event in
            if case .test(.ended(let ended)) = event, ended.suite.suite == suite {
                counts[ended.status, default: 0] += 1
            }
        }
    }

    private func databaseOperations(_ events: [ProbeEvent]) -> [DatabaseOperationDone] {
        events.compactMap { event in
            if case .database(.operation(let done)) = event { done } else { nil }
        }
    }

    // MARK: The sender

    /// Four at once; of each event is known what became of it.
    @Test func whatFourSendersTellIsHeardOrCounted() throws {
        let folder = try TemporaryFolder()
        let (socket, heard) = try start(folder)
        defer { socket.stop() }
        let each = isLongRun ? 125_000 : 5_000
        let script = """
            sender = probe.Sender("many")
            began = probe.Moment()
            # One second's share of fifty thousand among four, each second.
            for second in range(0, int(sys.argv[1]), 12500):
                due = time.monotonic() + 1
                for number in range(min(12500, int(sys.argv[1]))):
                    sender.send(probe.test_ended(1, "many", str(number), "passed", began))
                if int(sys.argv[1]) > 12500: time.sleep(max(0, due - time.monotonic()))
            tally = sender.close(60)
            assert sum(tally[1:]) == tally.queued, tally
            print(*tally)
            """
        let senders = try (0..<4).map { _ in try python(script, folder, ["\(each)"]) }
        var confirmed = 0
        for sender in senders {
            let end = try sender.end(within: 200)
            let tally = end.output.split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
            #expect(tally.first == each && end.errors == "")
            confirmed += tally.dropFirst().first ?? 0
        }
        #expect(statuses(heard.events, in: "many") == [.passed: confirmed])
        #expect(confirmed * 100 >= each * 4 * 99)
    }

    /// Nobody there, a file that is no socket, one who never answers, one who is no probe.
    @Test(arguments: ["", "plain", "silent", "stranger"])
    func aSenderIsUnharmedByWhoeverIsNotThere(_ other: String) throws {
        let folder = try TemporaryFolder()
        let script = """
            import socket, threading
            if sys.argv[1] == "plain": open(probe.socket_path(), "w").close()
            elif sys.argv[1]:
                s = socket.socket(socket.AF_UNIX); s.bind(probe.socket_path()); s.listen(1)
            if sys.argv[1] == "stranger":
                def answer():
                    while True: s.accept()[0].sendall(b'{"hello":"nobody","v":1}\\n')
                threading.Thread(target=answer, daemon=True).start()
            sender = probe.Sender("alone", capacity=100)
            for number in range(250): assert sender.send(probe.source_state(True, ""))
            began = time.monotonic()
            print(*sender.close(), sender.send({}), time.monotonic() - began < 5)
            """
        let end = try python(script, folder, [other]).end()
        #expect(end.output == "250 0 0 250 0 False True\n" && end.errors == "")
    }

    /// A probe that is stopped in the middle, and killed: what it had not confirmed is counted, and the caller goes on.
    @Test(arguments: [SIGSTOP, SIGKILL])
    func aSenderIsUnharmedByAProbeThatIsStopped(_ signal: Int32) throws {
        let folder = try TemporaryFolder()
        let daemon = try RunningCommand([
            Files.probe, "serve", "--runtime-dir", folder.path, "--web.listen-address", "127.0.0.1:0",
            "--health.enabled", "false",
        ])
        defer { daemon.kill() }
        try #require(eventually { FileManager.default.fileExists(atPath: folder.socket) })
        let script = """
            sender = probe.Sender("stopped", capacity=1000)
            sender.send(probe.source_state(True, ""))
            while sender.tally.confirmed < 1: time.sleep(0.01)
            os.kill(int(sys.argv[1]), int(sys.argv[2]))
            slowest = 0
            for number in range(20000):
                before = time.perf_counter()
                assert sender.send(probe.source_state(True, "x" * 200))
                slowest = max(slowest, time.perf_counter() - before)
            tally = sender.close(1)
            print(tally.queued, tally.confirmed, sum(tally[1:]), slowest < 1, bool(sender.complaint()))
            """
        let end = try python(script, folder, ["\(daemon.pid)", "\(signal)"]).end()
        #expect(end.output == "20001 1 20001 True True\n" && end.errors == "")
    }

    @Test func aNewProbeIsToldWhatIsOpen() throws {
        let folder = try TemporaryFolder()
        let (first, early) = try start(folder)
        let script = """
            sender, began = probe.Sender("again"), probe.Moment()
            sender.send(probe.suite_began(5, "suite", began))
            sender.send(probe.test_began(5, "suite", "long", began))
            while sender.tally.confirmed < 2: time.sleep(0.01)
            print("begun", flush=True)
            sys.stdin.readline()
            sender.send(probe.test_ended(5, "suite", "long", "passed", began))
            sender.send(probe.suite_ended(5, "suite", began))
            print(*sender.close())
            """
        let program = try startPython(
            "import sys; sys.path.insert(0, '\(Self.folder)')\nimport cardlink_probe as probe, os, time\n"
                + "os.environ['CARDLINK_EVENTS'] = '\(folder.socket)'\n" + script)
        #expect(eventually { program.outputSoFar == "begun\n" })
        first.stop()
        #expect(early.words.suffix(2) == ["test ended long error", "suite ended suite"])
        let (second, late) = try start(folder)
        defer { second.stop() }
        try program.say("")
        #expect(try program.end().output == "begun\n4 4 0 0 0\n")
        #expect(late.words == ["suite began suite", "test began long", "test ended long passed", "suite ended suite"])
    }

    @Test func aForkedChildTellsItsOwn() throws {
        let folder = try TemporaryFolder()
        let (socket, heard) = try start(folder)
        defer { socket.stop() }
        let script = """
            sender, began = probe.Sender("fork"), probe.Moment()
            for number in range(100): sender.send(probe.test_ended(1, "parent", str(number), "passed", began))
            if os.fork() == 0:
                for number in range(7): sender.send(probe.test_ended(1, "child", str(number), "failed", began))
                assert sender.close() == (7, 7, 0, 0, 0)
                os._exit(3)
            print(*sender.close(), os.waitstatus_to_exitcode(os.wait()[1]))
            """
        #expect(try python(script, folder).end().output == "100 100 0 0 0 3\n")
        #expect(statuses(heard.events, in: "parent") == [.passed: 100])
        #expect(statuses(heard.events, in: "child") == [.failed: 7])
    }

    // MARK: pytest

    /// How many test cases of each kind pytest's own file has.
    private func cases(of file: String) throws -> [TestStatus: Int] {
        let script = """
            import sys, xml.etree.ElementTree as tree
            for case in tree.parse(sys.argv[1]).iter("testcase"):
                print(*{child.tag for child in case} & {"failure", "error", "skipped"} or ["passed"])
            """
        let words = try Command.run([TraceSink.python, "-c", script, file]).output.split(separator: "\n")
        let names = ["failure": TestStatus.failed, "error": .error, "skipped": .skipped, "passed": .passed]
        return words.reduce(into: [:]) { counts, word in counts[names[String(word)] ?? .error, default: 0] += 1 }
    }

    private func pytest(_ folder: TemporaryFolder, _ arguments: [String]) throws -> Command {
        let common = ["-m", "pytest", "-p", "no:cacheprovider", "-p", "cardlink_probe_pytest", "-q"]
        return try Command.run(
            [TraceSink.python] + common + ["--junitxml", folder.file("junit.xml")] + arguments,
            environment: environment(folder), within: 300)
    }

    /// Somebody else's tests: networkx's, with modules that are skipped as a whole.
    @Test(arguments: [[], ["-n", "2"]])
    func aSuiteIsCountedAsPytestDoes(_ workers: [String]) throws {
        let folder = try TemporaryFolder()
        let (socket, heard) = try start(folder)
        defer { socket.stop() }
        let suites = ["networkx.drawing", "networkx.readwrite", "networkx.linalg"]
        let end = try pytest(folder, workers + ["--cardlink-suite", "nx", "--pyargs"] + suites)
        #expect(end.status == 0 && !end.output.contains("cardlink-probe:"))
        let told = statuses(heard.events, in: "nx")
        #expect(told == (try cases(of: folder.file("junit.xml"))))
        #expect(told.values.reduce(0, +) > 200)
        #expect(heard.words.filter { $0.hasPrefix("suite") } == ["suite began nx", "suite ended nx"])
        #expect(socket.counts.skipped == 0)
    }

    @Test(arguments: [[], ["-n", "2"]])
    func eachOutcomeIsToldRight(_ workers: [String]) throws {
        let folder = try TemporaryFolder()
        let (socket, heard) = try start(folder)
        defer { socket.stop() }
        try """
        import os, pytest
        def test_passes(): assert 1; assert os.environ["TRACEPARENT"]
        def test_fails(): assert 1; assert 0
        def test_raises(): raise ValueError
        @pytest.mark.skip
        def test_skipped(): pass
        def test_skips(): pytest.skip()
        @pytest.mark.xfail
        def test_xfail(): assert 0
        @pytest.mark.xfail(strict=True)
        def test_xpass(): assert 1
        @pytest.fixture
        def bad(): raise RuntimeError
        def test_setup(bad): pass
        @pytest.fixture
        def bad_end():
            yield
            raise RuntimeError
        def test_teardown(bad_end): pass
        """.write(toFile: folder.file("test_kinds.py"), atomically: true, encoding: .utf8)
        let commit = String(repeating: "3f", count: 20)
        try FileManager.default.createDirectory(atPath: folder.file(".git"), withIntermediateDirectories: true)
        try folder.write(commit + "\n", to: ".git/HEAD")
        let options = [
            "-o", "enable_assertion_pass_hook=true", "--rootdir", folder.path, "--cardlink-suite", "kinds",
            "--cardlink-tester-version", "4.2",
        ]
        _ = try pytest(folder, workers + options + [folder.file("test_kinds.py")])
        let ended = heard.events.compactMap { event in
            if case .test(.ended(let ended)) = event { ended } else { nil }
        }
        let testers = heard.events.compactMap { event in
            if case .test(.suiteBegan(let began)) = event { [began.testerVersion, began.testerCommit] } else { nil }
        }
        #expect(testers == [["4.2", commit]])
        let outcomes = ended.map { end in
            "\(end.test.split(separator: ":").last ?? "") \(end.status.name) "
                + "\(end.passedAssertions ?? 99) \(end.failedAssertions ?? 99)"
        }
        #expect(
            outcomes.sorted() == [
                "test_fails failed 1 1", "test_passes passed 2 0", "test_raises failed 0 0", "test_setup error 0 0",
                "test_skipped skipped 0 0", "test_skips skipped 0 0", "test_teardown error 0 0",
                "test_xfail skipped 0 1", "test_xpass failed 1 0",
            ])
        let traces = ended.compactMap { $0.traceparent?.split(separator: "-").map(String.init) }
        #expect(Set(traces.map { $0[1] }).count == 1 && Set(traces.map { $0[2] }).count == ended.count)
    }

    // MARK: SQLAlchemy

    /// Against SQLite, with errors: as many as SQLAlchemy's own log has, and none of the values.
    @Test func databaseOperationsAreThoseOfSQLAlchemysLog() throws {
        let folder = try TemporaryFolder()
        let (socket, heard) = try start(folder)
        defer { socket.stop() }
        let script = """
            import collections, logging, sqlite3
            import cardlink_probe_sqlalchemy
            from sqlalchemy import *
            lines = []
            class Keep(logging.Handler):
                def emit(self, record): lines.append(record.getMessage())
            log = logging.getLogger("sqlalchemy.engine")
            log.setLevel(logging.INFO); log.addHandler(Keep()); log.propagate = False
            file = sys.argv[1]
            engine = create_engine("sqlite:///" + file, connect_args={"timeout": 0.05})
            sender = cardlink_probe_sqlalchemy.watch(engine)
            meta = MetaData()
            table = Table("sessions", meta, Column("id", Integer, primary_key=True), Column("pin", String, unique=True))
            meta.create_all(engine)
            def attempt(*words):
                try:
                    with engine.begin() as connection: connection.execute(*words).close()
                except Exception as error: pass
            attempt(table.insert(), [{"pin": "SECRET1"}, {"pin": "SECRET2"}])
            for words in [
                "INSERT INTO sessions(pin) VALUES ('SECRET1')", "SELECT * FROM nowhere", "SELEC 'SECRET'",
                "UPDATE sessions SET pin='from SECRET' WHERE id=1", "WITH a AS (SELECT 1) SELECT * FROM sessions",
                "/* into SECRET */ SELECT 'a from SECRET'",
            ]: attempt(text(words))
            other = sqlite3.connect(file); other.execute("BEGIN EXCLUSIVE")
            attempt(table.delete())
            other.close()
            with engine.connect() as connection: connection.execute(select(table)).all(); connection.rollback()
            engine.dispose()
            kinds = collections.Counter(
                next((k for k in ("BEGIN", "COMMIT", "ROLLBACK") if line.startswith(k)), "statement")
                for line in lines if not line.startswith("["))
            tally = sender.close()
            assert tally.confirmed == tally.queued, tally
            print(kinds["BEGIN"], kinds["COMMIT"], kinds["ROLLBACK"], kinds["statement"])
            """
        let end = try python(script, folder, [folder.file("tester.db")]).end()
        let done = databaseOperations(heard.events)
        let counts = [DatabaseOperation.begin, .commit, .rollback].map { kind in
            done.count(where: { $0.operation == kind })
        }
        let statements = done.count - counts.reduce(0, +)
        #expect(
            end.output == (counts + [statements]).map(String.init).joined(separator: " ") + "\n" && end.errors == "")
        #expect(statements > 10)
        let errors = done.compactMap { done in done.error.map { "\(done.operation.name) \(done.table) \($0.name)" } }
        #expect(
            errors == [
                "insert sessions constraint", "select nowhere schema", "other  schema", "delete sessions locked",
            ])
        #expect(heard.words.filter { $0.hasPrefix("pool") }.map { $0.suffix(2) } == [" 1", " 0"])
        for event in heard.events {
            #expect(!String(decoding: try EventLine.encode(event), as: UTF8.self).contains("SECRET"))
        }
    }
}

import Foundation
import TestSupport
import Testing

/// The live API beside a real bench, asked by curl and by a viewer in Python.
@Suite(.serialized) struct LiveTests {
    private static let loop = [Files.python, Files.client("select_loop.py")]

    private static func viewer(_ bench: LiveBench, seconds: Double, _ how: String = "") throws -> RunningCommand {
        let words = [Files.client("live_viewer.py"), "http://127.0.0.1:\(bench.port)", "\(seconds)"]
        return try RunningCommand(["/usr/bin/python3"] + words + (how.isEmpty ? [] : [how]))
    }

    private static func object(_ text: String) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any], "\(text)")
    }

    private static func seen(by viewer: RunningCommand) throws -> [String: Any] {
        try object(try viewer.end(within: 60).output)
    }

    private static func status(_ bench: LiveBench) throws -> [String: Any] {
        try object(try bench.get("/api/v1/status").body)
    }

    private static func traffic(_ bench: LiveBench) throws -> [String: Any] {
        try #require(try status(bench)["traffic"] as? [String: Any])
    }

    @Test func countsAreTheCardsOwn() throws {
        let bench = try LiveBench()
        try bench.startDaemon()
        let watching = try Self.viewer(bench, seconds: 6)
        #expect(try bench.run(Self.loop + ["50"]).ending == .exited(0))
        #expect(try bench.run(["opensc-tool", "--name"]).ending == .exited(0))
        let oracle = bench.oracle
        let status = try Self.status(bench)
        let traffic = try #require(status["traffic"] as? [String: Any])
        #expect(traffic["commands"] as? Int == oracle.commands)
        let commands = try #require(status["commands"] as? [[String: Any]])
        #expect(commands.compactMap { $0["calls"] as? Int }.reduce(0, +) == oracle.commands)
        #expect(commands.first { $0["command"] as? String == "SELECT" }?["calls"] as? Int == oracle.instructions["A4"])
        for command in commands {
            #expect((command["buckets"] as? [Int])?.reduce(0, +) == command["calls"] as? Int)
        }
        #expect(status["session_count"] as? Int == 0)
        #expect(status["dropped_events"] as? Int == 0)
        let readers = try #require(status["readers"] as? [[String: Any]])
        #expect(readers.first?["commands"] as? Int == oracle.commands)
        #expect(readers.first?["card"] as? String == "UICC")
        #expect(readers.compactMap { $0["has_card"] as? Bool } == [true, false])

        let seen = try Self.seen(by: watching)
        #expect(seen["exchanges"] as? Int == oracle.commands)
        #expect(seen["in_order"] as? Bool == true)
        #expect(seen["dropped"] as? Int == 0)
        #expect(seen["commands"] as? Int == oracle.commands)
        let all = try Self.seen(by: Self.viewer(bench, seconds: 1, "after=0"))
        #expect(all["exchanges"] as? Int == oracle.commands)
        #expect(all["dropped"] as? Int == 0)
        let rest = try Self.seen(by: Self.viewer(bench, seconds: 1, "after=\(oracle.commands - 3)"))
        #expect(rest["exchanges"] as? Int == 3)
    }

    /// An APDU shows within 200 ms of its end, on the way of a shim that tells the daemon and of a `run` that hands on.
    @Test func anExchangeShowsAtOnce() throws {
        let bench = try LiveBench()
        try bench.startDaemon()
        let watching = try Self.viewer(bench, seconds: 6)
        let words =
            "import time, sys; sys.argv = ['', '1']\nfor _ in range(8): exec(open('\(Files.client("select_loop.py"))').read()); time.sleep(0.3)"
        #expect(try bench.run([Files.python, "-c", words]).ending == .exited(0))
        let seen = try Self.seen(by: watching)
        #expect(seen["exchanges"] as? Int == 32)
        // Other programs on the machine may hold up any one of them.
        let median = try #require(seen["median_ms"] as? Double)
        #expect(median < 200, "\(median) ms, the slowest \(seen["slowest_ms"] ?? "")")
        let last = try #require(seen["words"] as? [String]).suffix(4)
        #expect(
            Array(last) == [
                "SELECT EF.ICCID", "GET RESPONSE (25)", "READ BINARY EF.ICCID (0, 256)", "READ BINARY EF.ICCID (0, 10)",
            ])
    }

    @Test func aPulledReaderAndADeadPCSCDAreSeen() throws {
        let bench = try LiveBench()
        try bench.startDaemon()
        func readers() throws -> [[String: Any]] { try Self.status(bench)["readers"] as? [[String: Any]] ?? [] }
        func faults() throws -> [[String: Any]] { try Self.status(bench)["faults"] as? [[String: Any]] ?? [] }
        #expect(try eventually(within: 5) { try readers().first?["has_card"] as? Bool == true })
        try bench.control("remove")
        #expect(try eventually(within: 5) { try readers().first?["has_card"] as? Bool == false })
        try bench.control("insert")
        #expect(try eventually(within: 5) { try readers().first?["has_card"] as? Bool == true })
        try bench.control("kill-pcscd")
        #expect(try eventually(within: 10) { try readers().allSatisfy { $0["is_present"] as? Bool == false } })
        #expect(try faults().contains { $0["kind"] as? String == "reader" })
        #expect(try faults().contains { $0["kind"] as? String == "source" })
        let sources = try #require(try Self.status(bench)["sources"] as? [[String: Any]])
        let monitor = sources.first { $0["name"] as? String == "reader_monitor" }
        #expect(monitor?["is_impaired"] as? Bool == true)
    }

    /// Bytes are for the probe's own user, root, and whoever has a password; nobody else on the machine sees them.
    @Test func payloadsAreForThoseWhoMaySeeThem() throws {
        let bench = try LiveBench()
        try bench.startDaemon()
        #expect(try bench.run(Self.loop + ["1"]).ending == .exited(0))
        let url = "http://127.0.0.1:\(bench.port)/api/v1/apdu/1"
        let own = try Self.object(try Command.run(["curl", "-s", url]).output)
        #expect(own["payload"] as? String == "shown")
        #expect((own["sent"] as? [String: Any])?["hex"] as? String == "2FE2")
        #expect(own["chain"] as? [Int] == [1, 2])
        let other = try Command.run(["sudo", "-u", "nobody", "curl", "-s", url]).output
        #expect(!other.contains("2FE2"))
        let hidden = try Self.object(other)
        #expect(hidden["payload"] as? String == "hidden")
        #expect((hidden["sent"] as? [String: Any])?["length_bytes"] as? Int == 2)
        let handedOn = try Command.run(["curl", "-s", "-H", "X-Forwarded-For: 192.0.2.1", url]).output
        #expect(try Self.object(handedOn)["payload"] as? String == "hidden")
        // What was cut before it came here is nobody's.
        let cut = try Self.object(try bench.get("/api/v1/apdu/4").body)
        #expect(cut["payload"] as? String == "cut")
        #expect((cut["received"] as? [String: Any])?["hex"] == nil)
        #expect(try bench.get("/api/v1/apdu/5").status == 404)
        for id in ["x", "", "-1", "1/2", "99999999999999999999"] {
            #expect([400, 404].contains(try bench.get("/api/v1/apdu/\(id)").status), "\(id)")
        }
    }

    @Test func aPasswordShowsWhoAsks() throws {
        let folder = try TemporaryFolder()
        let line = try Command.run(["htpasswd", "-nbBC", "5", "anna", "geheim"]).output
        let user = line.trimmingCharacters(in: .newlines).replacingOccurrences(of: ":", with: ": ")
        let web = try folder.write("basic_auth_users:\n  \(user)\n", to: "web.yaml")
        let bench = try LiveBench()
        try bench.startDaemon(options: ["--web.config.file", web])
        #expect(try bench.run(Self.loop + ["1"]).ending == .exited(0))
        let root = "http://127.0.0.1:\(bench.port)/api/v1"
        for path in ["status", "stream", "apdu/1"] {
            let end = try Command.run([
                "curl", "-s", "-m", "2", "-o", "/dev/null", "-w", "%{http_code}", "\(root)/\(path)",
            ])
            #expect(end.output == "401")
        }
        let words = ["sudo", "-u", "nobody", "curl", "-s", "-u", "anna:geheim", "\(root)/apdu/1"]
        #expect(try Self.object(try Command.run(words).output)["payload"] as? String == "shown")
    }

    /// A page of a stranger, under a name of its own or from its own site, gets nothing and holds nothing.
    @Test func pagesOfStrangersAreRefused() throws {
        let bench = try LiveBench()
        try bench.startDaemon()
        for path in ["/api/v1/status", "/api/v1/stream", "/api/v1/apdu/1"] {
            for header in [
                "Host: evil.example", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Site: same-site",
                "Origin: http://evil.example", "Origin: null", "Origin: http://127.0.0.1:1",
            ] {
                #expect(try bench.get(path, headers: [header]).status == 403, "\(path) \(header)")
            }
        }
        let own = "Origin: http://127.0.0.1:\(bench.port)"
        #expect(try bench.get("/api/v1/status", headers: [own]).status == 200)
        #expect(try bench.get("/api/v1/status", headers: ["Sec-Fetch-Site: same-origin"]).status == 200)
        let head = try Command.run(["curl", "-sI", "http://127.0.0.1:\(bench.port)/api/v1/status"]).output.lowercased()
        #expect(head.contains("cache-control: no-store"))
        #expect(!head.contains("access-control"))
    }

    @Test func viewersAreBoundedAndLeave() throws {
        let bench = try LiveBench()
        try bench.startDaemon()
        let script = """
            import socket, sys
            all = [socket.create_connection(("127.0.0.1", \(bench.port))) for _ in range(64)]
            for one in all: one.sendall(b"GET /api/v1/stream HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n")
            print([one.recv(12) for one in all].count(b"HTTP/1.1 200"), flush=True)
            sys.stdin.read()
            """
        let viewers = try RunningCommand([Files.python, "-c", script], input: .kept)
        #expect(try viewers.readLine() == "64")
        func next() throws -> String {
            try Command.run([
                "curl", "-s", "-m", "1", "-o", "/dev/null", "-D", "-", "http://127.0.0.1:\(bench.port)/api/v1/stream",
            ]).output
        }
        #expect(try next().hasPrefix("HTTP/1.1 503"))
        #expect(try next().lowercased().contains("retry-after: "))
        #expect(try bench.get("/api/v1/status").status == 200)
        viewers.kill()
        #expect(try eventually(within: 5) { try next().hasPrefix("HTTP/1.1 200") })
    }

    /// The stream ends when the daemon does, at once.
    @Test func theStreamDoesNotHoldUpTheEnd() throws {
        let bench = try LiveBench()
        try bench.startDaemon()
        let watching = try Self.viewer(bench, seconds: 30)
        usleep(500_000)
        let start = ContinuousClock.now
        #expect(try bench.stopDaemon()?.ending == .exited(0))
        #expect(ContinuousClock.now - start < .seconds(3))
        #expect(try Self.seen(by: watching)["ended"] as? Bool == true)
    }

    /// Twenty viewers, one of which reads nothing: each other one gets every exchange, written once for all.
    @Test func aSleepingViewerHoldsUpNobody() throws {
        let bench = try LiveBench()
        try bench.startDaemon()
        let asleep = try Self.viewer(bench, seconds: 50, "asleep")
        let viewers = try (0..<19).map { _ in try Self.viewer(bench, seconds: 50, "until=2000") }
        usleep(2_000_000)
        #expect(try bench.run(Self.loop + ["500"]).ending == .exited(0))
        #expect(try Self.traffic(bench)["commands"] as? Int == 2_000)
        for viewer in viewers {
            let seen = try Self.seen(by: viewer)
            #expect(seen["exchanges"] as? Int == 2_000)
            #expect(seen["dropped"] as? Int == 0)
        }
        asleep.kill()
        #expect(bench.oracle.commands == 2_000)
    }

    @Test func documentsKeepToTheirSchema() throws {
        let bench = try LiveBench()
        try bench.startDaemon()
        #expect(try bench.run(["opensc-tool", "--name"]).ending == .exited(0))
        #expect(try bench.run(Self.loop + ["3"]).ending == .exited(0))
        let folder = try TemporaryFolder()
        let schema = "\(Files.package)/Sources/ProbeDaemon/ProbeDaemon.docc/live-api.schema.json"
        func check(_ definition: String, _ documents: [String]) throws {
            let files = try documents.enumerated().map { try folder.write($0.element, to: "\(definition)\($0.offset)") }
            let words = [TraceSink.python, Files.client("live_schema.py"), schema, definition]
            let end = try Command.run(words + files)
            #expect(end.ending == .exited(0), "\(end.errors)")
            #expect(end.output.split(separator: "\n").count == 1, "\(end.output)")
        }
        try check("BenchStatus", [try bench.get("/api/v1/status").body])
        let stream = try Command.run([
            "curl", "-sN", "-m", "2", "http://127.0.0.1:\(bench.port)/api/v1/stream?after=0",
        ]).output
        let batches = stream.split(separator: "\n").filter { $0.hasPrefix("data: [") }.map { String($0.dropFirst(6)) }
        #expect(!batches.isEmpty)
        try check("LiveExchange", batches)
        try check("ExchangeDetail", try (1...61).map { try bench.get("/api/v1/apdu/\($0)").body })
    }

    @Test func itCanBeSwitchedOff() throws {
        let bench = try LiveBench()
        try bench.startDaemon(options: ["--web.live-page", "false"])
        for path in ["/api/v1/status", "/api/v1/stream", "/api/v1/apdu/1"] {
            #expect(try bench.get(path).status == 404)
        }
        #expect(try bench.get("/metrics").status == 200)
    }

    /// Whatever is asked, the daemon lives, and answers as before.
    @Test func nonsenseDoesNoHarm() throws {
        let bench = try LiveBench()
        try bench.startDaemon()
        #expect(try bench.run(Self.loop + ["2"]).ending == .exited(0))
        let requests = isLongRun ? "10000" : "2000"
        let end = try Command.run(
            [Files.python, Files.client("live_nonsense.py"), "\(bench.port)", requests, "7816"], within: 240)
        #expect(end.ending == .exited(0), "\(end.errors)")
        #expect(try Self.traffic(bench)["commands"] as? Int == 8)
        #expect(bench.daemonErrors.contains("sockets in"))
        #expect(try bench.stopDaemon()?.ending == .exited(0))
    }
}

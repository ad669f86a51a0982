import Foundation
import Observability
import Synchronization
import TestSupport
import Testing

/// All that a bench has at once, with a fault every second or two, and a wall clock that is stepped by an hour; an hour of
/// it in a long run. At the end every count is that of the other side, no counter has ever gone down, and the daemon takes
/// no more than it took before.
@Suite struct MixedSoakTests {
    private static let seconds =
        ProcessInfo.processInfo.environment["TESTS_SOAK_SECONDS"].flatMap(Double.init)
        ?? (isLongRun ? 3_600 : 300)

    @Test(.timeLimit(.minutes(75))) func everyCountIsTheOtherSides() throws {
        let soak = try MixedSoak()
        defer { soak.end() }
        let begin = ContinuousClock.now
        let middle = try soak.work(for: Self.seconds)
        let told = try soak.told()
        for (what, count) in soak.done {
            #expect(count > 0 && told[what] == count, "\(what): \(count), told \(told[what] ?? -1)")
        }
        #expect(soak.failures == [])
        let lost = try soak.probe.metrics().filter { $0.key.hasPrefix("cardlink_events_dropped_total") && $0.value > 0 }
        #expect(lost == [:])
        try soak.expectStore()
        try soak.expectTraces()
        try soak.expectFlights(in: .now - begin)
        try soak.expectFlat(since: middle)
    }
}

/// A bench with a card, a modem, a server, a phone, a tester, and a daemon that sees them all.
private final class MixedSoak: Sendable {
    /// What is counted on both sides.
    enum Count: String {
        case answers, atCommands, sessions, shells, tests
    }

    private struct State {
        var done: [Count: Int] = [:]
        var failures: [String] = []
        var modem: RunningCommand?
        /// nil while it is down.
        var sink: TraceSink?
        /// The numbers of spans that were taken and tell of an answer.
        var spans: Set<String> = []
        /// The last scrape.
        var samples: [String: Double] = [:]
        var steps = 0
        /// What memory the daemon took of its own, each minute, kB.
        var minutes: [Int] = []

        /// Three of a kind tell enough.
        mutating func fail(_ kind: String, _ what: String) {
            if failures.count(where: { $0.hasPrefix(kind) }) < 3 { failures.append("\(kind): \(what)") }
        }
    }

    private static let identity = "89490200001234567890/A000000151000000"
    private static let key = "0102030405060708090a0b0c0d0e0f10"
    /// How far the daemon's wall clock is before the true one, one step after the other.
    private static let steps: [Int64] = [3_600, -3_600, 0]
    /// Nothing here takes so long, and every step is longer.
    private static let longestSeconds = 600.0

    let probe: ServingProbe
    private let bench: Bench
    private let clock: SteppedClock
    private let sinkPort: Int
    private let admin: RunningCommand
    private let adb: RunningCommand
    private let phone: RunningCommand
    private let serial: String
    private let disk: String
    private let state = Mutex(State())
    /// Held by who must not meet a fault of its side in the middle of a command.
    private let modemTurn = Mutex(())
    private let daemonTurn = Mutex(())

    init() throws {
        bench = try Bench()
        let folder = bench.folder
        // The trace back end refuses, breaks off and hangs before it takes anything.
        let sink = try TraceSink(answers: ["503:1", "reset", "hang", "503:1"])
        sinkPort = sink.port
        clock = try SteppedClock(in: folder)
        admin = try RunningCommand(
            [
                Files.python, Files.client("ota_session.py"), Self.identity, Self.key, "--option=-tls1_2",
                "--option=-cipher", "--option=PSK-AES128-CBC-SHA256",
            ], input: .kept)
        let target = try admin.readLine()
        let adbPort = try freePort()
        adb = try RunningCommand(["adb", "-P", "\(adbPort)", "nodaemon", "server"], environment: ["HOME": folder.path])
        phone = try RunningCommand([Files.python, Files.client("phone.py"), folder.path], input: .kept)
        serial = "127.0.0.1:\(try phone.readLine())"
        disk = folder.file("disk")
        try FileManager.default.createDirectory(atPath: disk, withIntermediateDirectories: true)
        let own = geteuid() == 0 ? [] : ["-r"]
        let modem = try Self.startModem(folder)
        state.withLock { ($0.modem, $0.sink) = (modem, sink) }
        let keys = try folder.write("\(Self.identity):\(Self.key)\n", to: "keys")
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: keys)
        probe = try ServingProbe(
            under: ["unshare", "-m"] + own
                + ["sh", "-c", "mount -t tmpfs -o size=40m cardlink \"$0\" && exec \"$@\"", disk],
            sockets: folder.file("sockets"),
            options: [
                "--store.path", disk + "/history.db", "--modem.tap", "tester=\(folder.file("modem"))",
                "--psk-tls.tap", "ota=127.0.0.1:0/127.0.0.1:\(target)", "--psk-tls.keys", keys,
                "--phones.server", "tcp:127.0.0.1:\(adbPort)", "--adb.tap", "127.0.0.1:0",
            ],
            environment: bench.environment.merging([
                "XDG_STATE_HOME": folder.file("state"), "OTEL_EXPORTER_OTLP_ENDPOINT": sink.endpoint,
                "OTEL_BSP_SCHEDULE_DELAY": "500", "OTEL_EXPORTER_OTLP_TIMEOUT": "1000",
                "OTEL_METRIC_EXPORT_INTERVAL": "10000",
            ]) { $1 }.merging(clock.environment) { $1 })
    }

    var done: [Count: Int] { state.withLock(\.done) }
    var failures: [String] { state.withLock(\.failures) }

    func end() {
        for process in [state.withLock(\.modem), admin, adb, phone] { process?.kill() }
        state.withLock(\.sink)?.end()
    }

    /// Lets everything work and fail, and waits until all of it is told; what the daemon took after the first half.
    func work(for seconds: Double) throws -> Taken {
        let end = Date(timeIntervalSinceNow: seconds)
        let workers = [cards, modem, sessions, shells, tests, scrapes, faults]
        let group = DispatchGroup()
        for worker in workers {
            group.enter()
            Thread.detachNewThread { [self] in
                defer { group.leave() }
                do {
                    while Date() < end { try worker() }
                } catch {
                    state.withLock { $0.fail("worker", "\(error)") }
                }
            }
        }
        try report(until: Date(timeIntervalSinceNow: seconds / 2))
        let middle = try taken()
        try report(until: end)
        group.wait()
        _ = try eventually(within: 20) { try told() == done }
        return middle
    }

    /// Says each minute how it is, so that what grows or falls behind is seen where it begins.
    private func report(until end: Date) throws {
        while Date() < end {
            Thread.sleep(until: min(end, Date(timeIntervalSinceNow: 60)))
            let (before, told, own) = (done, try told(), try ProcessReading(probe.pid).ownKilobytes)
            state.withLock { $0.minutes.append(own) }
            let counts = before.map { "\($0.key) \((told[$0.key] ?? 0) - $0.value)" }.sorted()
            print("own memory \(own) kB, \(try probe.metrics().count) samples; told and done:", counts)
        }
    }

    /// What the daemon took in ten seconds: least memory, since what it needs for one scrape or transaction comes and goes,
    /// and most descriptors and threads.
    struct Taken {
        var kilobytes: Int
        var descriptors: Int
        var threads: Int
    }

    private func taken() throws -> Taken {
        let readings = try (0..<20).map { _ in
            usleep(500_000)
            return try ProcessReading(probe.pid)
        }
        return Taken(
            kilobytes: readings.map(\.ownKilobytes).min() ?? 0, descriptors: readings.map(\.descriptors).max() ?? 0,
            threads: readings.map(\.threads).max() ?? 0)
    }

    /// What the daemon says of the same.
    func told() throws -> [Count: Int] {
        let sessions = try probe.sum("cardlink_session_duration_seconds_count", #"session_type="ota""#)
        // Of a session with the server four commands are told too, by the one who reads along.
        let answers = try probe.sum("cardlink_apdu_responses_total") - 4 * sessions
        return [
            .answers: answers, .sessions: sessions,
            .atCommands: try probe.sum("cardlink_at_command_duration_seconds_count"),
            .shells: try probe.sum("cardlink_adb_operation_duration_seconds_count", #""shell""#),
            .tests: try probe.sum("cardlink_test_results_total"),
        ].mapValues { Int($0) }
    }

    private func add(_ count: Int, _ what: Count) { state.withLock { $0.done[what, default: 0] += count } }

    // MARK: Who works

    /// A program with a card; every other one kills itself behind its last command. Of what did
    /// not reach the card a line has an error of eight digits in place of a status word.
    private func cards() throws {
        for ending in [[], ["kill"]] {
            let steps = ["00A40004023F00", "00A4000C022FE2", "00B000000A", "0084000008", "00A40004027FFF"]
            let end = try daemonTurn.withLock { _ in
                try Command.run(
                    [
                        Files.probe, "run", "--no-summary", "--runtime-dir", probe.sockets, "--", Files.python,
                        Files.client("card_steps.py"),
                    ] + steps + ending, environment: bench.environment)
            }
            add(end.output.split(separator: "\n").count { $0.split(separator: " ").last?.count == 4 }, .answers)
            // What it could not tell the daemon it says itself.
            for line in end.errors.split(separator: "\n") where line.hasPrefix("cardlink-probe:") {
                state.withLock { $0.fail("run", "\(line)") }
            }
        }
    }

    private func modem() throws {
        let client = """
            import serial, sys
            port = serial.Serial(sys.argv[1], timeout=5)
            for number in range(20):
                port.write(b"AT+CSQ\\r"); line = b"?"
                while line and line.strip() != b"OK":
                    line = port.read_until(b"\\n")
                print(line.strip().decode())
            """
        try modemTurn.withLock { _ in
            let link = probe.sockets + "/modems/tester"
            guard eventually({ access(link, F_OK) == 0 }) else { throw TestFailure("no \(link)") }
            let end = try Command.run([Files.python, "-c", client, link])
            let answers = end.output.split(separator: "\n").count { $0 == "OK" }
            guard answers == 20 else { throw TestFailure("\(answers) of 20 answers: \(end.errors)") }
            add(20, .atCommands)
        }
    }

    private func sessions() throws {
        let port = try #require(probe.errors.firstMatch(of: /relay ota on 127.0.0.1:([0-9]+)/)).1
        try admin.say(String(port))
        guard try admin.readLine().contains("\"right\": true") else { throw TestFailure("a side heard something else") }
        add(1, .sessions)
    }

    private func shells() throws {
        let relay = try #require(probe.errors.firstMatch(of: /export ADB_SERVER_SOCKET=tcp:127.0.0.1:([0-9]+)/)).1
        let environment = ["HOME": bench.folder.path, "ADB_SERVER_SOCKET": "tcp:127.0.0.1:\(relay)"]
        _ = try Command.run(["adb", "connect", serial], environment: environment)
        for _ in 1...10 {
            let end = try Command.run(["adb", "shell", "exit 3"], environment: environment)
            guard end.status == 3 else { throw TestFailure("adb shell: \(end)") }
            add(1, .shells)
        }
    }

    private func tests() throws {
        let report = """
            <testsuite name="ota"><testcase name="a" time="0.5"/><testcase name="b"><failure/></testcase></testsuite>
            """
        let file = try bench.folder.write(report, to: "report.xml")
        try daemonTurn.withLock { _ in
            let end = try Command.run([Files.probe, "replay", "--no-summary", file, "--to", probe.sockets])
            guard end.status == 0 else { throw TestFailure("replay: \(end.errors)") }
            add(2, .tests)
        }
    }

    private func scrapes() throws {
        let samples = try probe.metrics()
        state.withLock { state in
            defer { state.samples = samples }
            for (name, value) in samples {
                guard name.contains(/_(total|count|sum|bucket)(\{|$)/), let before = state.samples[name] else {
                    continue
                }
                let isTime = name.contains("_seconds_sum")
                guard value < before || isTime && value - before > Self.longestSeconds else { continue }
                state.fail(name, "\(before), then \(value)")
            }
        }
        for path in ["/metrics", "/health", "/api/v1/status", "/"] {
            guard try probe.get(path).status != 0 else { throw TestFailure("no answer for \(path)") }
        }
        // Whoever looks at the page and goes.
        _ = try Command.run(["curl", "-sN", "--max-time", "0.5", "http://127.0.0.1:\(probe.port)/api/v1/stream"])
    }

    // MARK: What goes wrong

    private func faults() throws {
        try bench.control("remove")
        usleep(300_000)
        try bench.control("insert")
        probe.reload()
        usleep(700_000)
        try bench.control("kill-pcscd")
        usleep(200_000)
        try bench.control("start-pcscd")
        try modemTurn.withLock { _ in
            state.withLock(\.modem)?.kill()
            usleep(300_000)
            let modem = try Self.startModem(bench.folder)
            state.withLock { $0.modem = modem }
        }
        try daemonTurn.withLock { _ in
            try probe.halt()
            usleep(300_000)
            probe.resume()
        }
        let ballast = "/proc/\(probe.pid)/root\(disk)/ballast"
        _ = try Command.run(["sh", "-c", "cat /dev/zero >\(ballast) 2>/dev/null; sleep 1; rm \(ballast)"])
        usleep(700_000)
        try sinkDown()
        let ahead = state.withLock { state in
            defer { state.steps += 1 }
            return Self.steps[state.steps % Self.steps.count]
        }
        try clock.set(ahead: ahead)
        usleep(700_000)
    }

    private func sinkDown() throws {
        try takeSpans()
        usleep(700_000)
        var next: TraceSink?
        // A connection of somebody else may have the port for a moment.
        guard
            eventually({
                next = try? TraceSink(port: sinkPort)
                return next != nil
            })
        else { throw TestFailure("port \(sinkPort) does not come free") }
        state.withLock { [next] in $0.sink = next }
    }

    /// Ends the trace back end, and notes what it has taken; what it did not confirm comes twice.
    private func takeSpans() throws {
        let sink = state.withLock { state in
            defer { state.sink = nil }
            return state.sink
        }
        sink?.end()
        for span in try sink?.spans ?? [] {
            let seconds = Double(span.end) / 1e9 - Double(span.start) / 1e9
            let isAnswer = span.attributes["cardlink.apdu.status_word"] != nil
            state.withLock { state in
                if isAnswer { state.spans.insert(span.span_id) }
                if !(0...Self.longestSeconds).contains(seconds) {
                    state.fail("span \(span.name)", "\(seconds) s, \(span.start) to \(span.end)")
                }
            }
        }
        for point in try sink?.points ?? [] where point.start > point.time {
            state.withLock { $0.fail("point", "\(point.name) of \(point.time) begins at \(point.start)") }
        }
    }

    private static func startModem(_ folder: TemporaryFolder) throws -> RunningCommand {
        let modem = try RunningCommand([Files.probe, "simulate", "modem", "--link", folder.file("modem")])
        guard eventually(within: 20, { modem.errorsSoFar.contains("the modem ") }) else {
            throw TestFailure("the modem did not come: \(modem.errorsSoFar)")
        }
        return modem
    }

    // MARK: What is there at the end

    /// The history has every command, or says that it lost it.
    func expectStore() throws {
        let enter = ["nsenter", "-t", "\(probe.pid)", "-m"] + (geteuid() == 0 ? [] : ["-U", "--preserve-credentials"])
        func ask(_ sql: String) throws -> String {
            try Command.run(enter + ["sqlite3", disk + "/history.db", sql]).output
        }
        var counts = ""
        let isWhole = try eventually(within: 20) {
            let rows = try ask("SELECT count(*) FROM apdus WHERE interface = 'pcsc' AND status_word IS NOT NULL")
            let dropped = try probe.sum("cardlink_export_dropped_total", #"exporter="store""#)
            counts = "\(rows) rows, \(dropped) dropped of \(done[.answers] ?? 0)"
            let stored = Int(rows.prefix { $0.isNumber }) ?? 0
            return dropped == 0 ? stored == done[.answers] : stored + Int(dropped) >= done[.answers] ?? 0
        }
        #expect(isWhole, "\(counts)")
        // Times are those that the wall clock had, and durations are none of its steps.
        let hours = try ask("SELECT DISTINCT substr(started_at, 1, 13) FROM apdus").split(separator: "\n")
        #expect(hours.count >= min(state.withLock(\.steps), 3), "\(hours)")
        for table in ["apdus", "sessions", "handshakes", "ota", "tests"] {
            let wrong = try ask(
                "SELECT * FROM \(table) WHERE duration_nanoseconds NOT BETWEEN 0 AND \(Int(Self.longestSeconds * 1e9))")
            #expect(wrong == "")
        }
        #expect(try ask("PRAGMA integrity_check") == "ok\n")
    }

    /// Every answer is in a span that the back end has, or that the daemon says it gave up; the numbers came there as well.
    func expectTraces() throws {
        #expect(try eventually(within: 20) { try probe.sum("cardlink_export_queue_length", #""otlp_traces""#) == 0 })
        let told = try probe.sum("cardlink_apdu_responses_total")
        let isTold = try eventually(within: 30) {
            let points = try state.withLock { try $0.sink?.points ?? [] }.filter {
                $0.name == "cardlink_apdu_responses_total"
            }
            let values = points.filter { $0.time == points.last?.time }.map(\.value)
            return values.reduce(0) { if case .integer(let value)? = $1 { $0 + Double(value) } else { $0 } } == told
        }
        #expect(isTold, "numbers over OTLP")
        try takeSpans()
        #expect(failures == [])
        let dropped = try probe.sum("cardlink_export_dropped_total", #""otlp_traces""#)
        let taken = state.withLock(\.spans).count
        #expect(
            dropped == 0 ? taken == Int(told) : taken + Int(dropped) >= Int(told),
            "\(taken), \(dropped) dropped of \(told)")
    }

    /// A fault that goes on has a file every ten seconds at most, whatever the wall clock does, and goes on to have some.
    func expectFlights(in elapsed: Duration) throws {
        let folder = FlightFolder(path: bench.folder.file("state/cardlink-probe/flights"))
        var counts: [String: Int] = [:]
        for name in folder.names {
            let header = try FlightFile(at: "\(folder.path)/\(name)").header
            if header.kind == .test { counts["\(header.device) \(header.message)", default: 0] += 1 }
        }
        let most = counts.values.max() ?? 0
        // Old files make room for others after a while.
        #expect(most >= 1 && most <= Int(elapsed / .seconds(10)) + 1, "\(counts) in \(elapsed)")
    }

    func expectFlat(since middle: Taken) throws {
        // Those who were there have gone, and their connections a moment later.
        _ = try eventually(within: 20) {
            let now = try ProcessReading(probe.pid)
            return now.descriptors <= middle.descriptors && now.threads <= middle.threads
        }
        let last = try taken()
        print(
            """
            soak of \(done.map { "\($0.value) \($0.key)" }.sorted().joined(separator: ", ")): own memory \(middle.kilobytes) kB in the middle and \(last.kilobytes) kB at the end, \
            descriptors \(middle.descriptors) and \(last.descriptors), threads \(middle.threads) and \(last.threads)
            """)
        if !isSanitized {
            #expect(last.kilobytes < 40_000)
            expectFlatMemory()
        }
        #expect(last.descriptors <= middle.descriptors && last.threads <= middle.threads)
    }

    /// A moment tells little: it goes up and down by three megabytes in some minutes. What remembers the last of something
    /// fills in the first quarter.
    private func expectFlatMemory() {
        let minutes = state.withLock(\.minutes)
        let quarter = minutes.count / 4
        guard quarter >= 4 else { return }
        let second = minutes[quarter..<(2 * quarter)].reduce(0, +) / quarter
        let last = minutes.suffix(quarter).reduce(0, +) / quarter
        print("own memory \(second) kB in the second quarter and \(last) kB in the last")
        #expect(last - second < 1_500)
    }
}

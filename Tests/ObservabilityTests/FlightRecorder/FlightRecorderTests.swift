import Foundation
import ProbeEvents
import SmartCard
import Synchronization
import TestSupport
import Testing

@testable import Observability

/// Files of faults: what is in them, how many there are, and what becomes of them.
@Suite struct FlightRecorderTests {
    private let folder: TemporaryFolder
    private let counts = Counts()

    private final class Counts: Sendable {
        let all = Mutex<[FlightFileResult: Int]>([:])
    }

    /// What was counted: written, suppressed, failed.
    private var counted: [Int] { counts.all.withLock { all in FlightFileResult.allCases.map { all[$0] ?? 0 } } }

    init() throws { folder = try TemporaryFolder() }

    private func recorder(
        limit: Int = 100, now: @escaping @Sendable () -> UInt64 = { EventClock.monotonicNow }
    ) -> FlightRecorder {
        FlightRecorder(
            FlightFolder(path: folder.file("flights"), fileLimit: limit), bench: { ["bench": "b", "kernel": "6.1"] },
            traces: { client, session in client == 7 && session == 1 ? "abc" : nil },
            count: { [counts] result in counts.all.withLock { $0[result, default: 0] += 1 } }, now: now)
    }

    private func files() throws -> [FlightFile] {
        let place = FlightFolder(path: folder.file("flights"))
        return try place.names.map { try FlightFile(at: "\(place.path)/\($0)") }
    }

    private static let verify = "0020000108FFFFFFFFFFFFFFFF"

    @Test func aFaultLeavesAFile() throws {
        let recorder = recorder()
        let run = SummaryScenario(telling: recorder)
        run.attach()
        run.open()
        run.send(Self.verify, "9000", microseconds: 5_000, times: 3)
        run.send(Self.verify, "63C2", microseconds: 40_000)
        run.close(lasted: 1_000_000)
        recorder.finish(within: .seconds(5))
        let file = try #require(try files().first)
        #expect(try files().count == 1 && counted == [1, 0, 0])
        #expect(
            file.header.kind == .card && file.header.device == SummaryScenario.reader && file.header.traceID == "abc")
        #expect(file.header.usual?.calls == 3 && file.header.usual?.errors == 0)
        // The attachment, the session, its card, four commands, the end.
        #expect(file.events.count == 8 && file.unreadLines == 0)
        let lines = FlightExplanation(file).lines(columns: 80)
        #expect(
            lines == [
                "1970-01-01T00:00:00.040Z  VERIFY 63C2: verification failed, tries left; or inte…",
                " where    Virtual PCD 00 00, ATR 3B9F … (UICC), bench b",
                " running  opensc-tool (pid 4242)",
                " before   VERIFY 9000 · VERIFY 9000 · VERIFY 9000 · VERIFY 63C2",
                " cause    certain: the PIN that was sent is not this card's, 2 tries left",
                " unusual  of 3 VERIFY before, 0 failed; it took 40.0 ms, long: usually 5.0 ms,",
                "          p95 5.0 ms",
                " do       check the PIN that the tester has for this card, before it is blocked",
                " file     8 events, trace abc, kernel 6.1",
            ], "\(lines.joined(separator: "\n"))")
    }

    /// Whatever failed, the program that did it is named.
    @Test func theProgramOfADownloadThatFailedIsNamed() throws {
        let recorder = recorder()
        let run = SummaryScenario(telling: recorder)
        let client = ClientProcess(id: 7, pid: 99, program: "lpac")
        let link = ESIMLink(device: SummaryScenario.reader, interface: .pcsc, client: client, session: 1)
        run.tell(.esim(.download(ESIMDownloadDone(stamp: run.stamp(), link: link, result: .failed, steps: []))))
        recorder.finish(within: .seconds(5))
        let lines = FlightExplanation(try #require(try files().first)).lines(columns: 80)
        #expect(lines.contains(" running  lpac (pid 99)"))
    }

    /// The same again within ten seconds has no file of its own, and is counted; whatever stamps the events have.
    @Test(arguments: [0, 11_000_000_000])
    func theSameFaultIsWrittenOnce(between: UInt64) throws {
        let now = Mutex<UInt64>(1_000_000_000)
        let recorder = recorder(now: { now.withLock { $0 } })
        let run = SummaryScenario(telling: recorder)
        run.open()
        run.send("00B0000000", "6F00", times: 4)
        run.now += between
        run.send("00B0000000", "6F00")
        run.send("00B0000000", "6581")
        now.withLock { $0 += 11_000_000_000 }
        run.send("00B0000000", "6F00")
        recorder.finish(within: .seconds(5))
        #expect(counted == [3, 4, 0])
        #expect(try files().map(\.header.suppressed).sorted() == [0, 0, 4])
    }

    /// The live page has a fault with the file that was written of it.
    @Test func aFaultIsShownWithItsFile() {
        let state = LiveState(BenchIdentity(bench: "b", site: "", instanceID: "i"))
        func exchange(_ response: String, wall: UInt64) -> ProbeEvent {
            guard case .apdu(var exchange) = CollectorScenario.apdu("00B0000000", response) else {
                preconditionFailure()
            }
            exchange.stamp.wallNanoseconds = wall
            return .apdu(exchange)
        }
        let header = FlightHeader(
            kind: .card, device: "Virtual PCD 00 00", message: "", time: "", nanoseconds: 0, bench: [:], suppressed: 0)
        state.receive(exchange("6F00", wall: 1_000))
        state.receive(exchange("6581", wall: 9_000))
        state.note(FlightRecorder.Flight(name: "first", header: header, wallNanoseconds: 1_000))
        #expect(state.status(health: nil).faults.map(\.flight) == [nil, "first"])
        state.note(FlightRecorder.Flight(name: "second", header: header, wallNanoseconds: 9_000))
        #expect(state.status(health: nil).faults.map(\.flight) == ["second", "first"])
    }

    @Test func theOldestFilesGo() throws {
        let recorder = recorder(limit: 3)
        let run = SummaryScenario(telling: recorder)
        run.open()
        for second in 0..<6 {
            run.send("00B0000000", "6F\(second)\(second)")
        }
        recorder.finish(within: .seconds(5))
        #expect(counted == [6, 0, 0])
        #expect(try files().count == 3)
    }

    /// Files of a time to come are of a clock that was set back since: they are the oldest, and what is written now is not.
    @Test func filesOfATimeToComeAreTheOldest() throws {
        let folder = FlightFolder(path: folder.file("flights"), fileLimit: 3)
        func write(_ device: String, secondsAhead: Int) throws {
            let time = UInt64(Int(EventClock.now.wallNanoseconds) + secondsAhead * 1_000_000_000)
            let header = FlightHeader(
                kind: .card, device: device, message: "", time: RFC3339.text(wallNanoseconds: time), nanoseconds: 0,
                bench: [:], suppressed: 0)
            _ = try folder.write(FlightFile(header: header, events: [])).get()
        }
        func devices() throws -> [String] {
            try folder.names.map { try FlightFile(at: "\(folder.path)/\($0)").header.device }
        }
        for number in 1...3 { try write("ahead \(number)", secondsAhead: 3_600 + number) }
        #expect(try devices() == ["ahead 1", "ahead 2", "ahead 3"])
        for number in 1...2 { try write("now \(number)", secondsAhead: number - 3) }
        #expect(try devices() == ["ahead 3", "now 1", "now 2"])
        #expect(try FlightFile(at: try folder.path(of: nil)).header.device == "now 2")
    }

    /// 200 events before the fault at most, however long its session is.
    @Test func ringsAreBounded() throws {
        let recorder = recorder()
        let run = SummaryScenario(telling: recorder)
        run.open()
        run.send("00B0000000", "9000", times: 5_000)
        run.send("00B0000000", "6581")
        recorder.finish(within: .seconds(5))
        let events = try #require(try files().first).events
        #expect(events.count == 200)
        #expect(events.last?.stamp.endNanoseconds == (try files().first?.header.nanoseconds))
    }

    @Test func aFolderThatCannotBeMade() throws {
        try folder.write("", to: "flights")
        let failures = Mutex<[String]>([])
        let recorder = FlightRecorder(
            FlightFolder(path: folder.file("flights")), bench: { [:] },
            count: { [counts] result in counts.all.withLock { $0[result, default: 0] += 1 } },
            onWritten: { outcome in
                if case .failure(let failure) = outcome { failures.withLock { $0.append("\(failure)") } }
            })
        let run = SummaryScenario(telling: recorder)
        run.send("00B0000000", "6581")
        recorder.finish(within: .seconds(5))
        #expect(counted == [0, 0, 1])
        #expect(
            failures.withLock {
                $0.first?.contains("/flights/") == true && $0.first?.hasSuffix("Not a directory") == true
            })
    }

    @Test(arguments: ["", "{}", "{\"flight\":{},\"v\":1}\n", "{\"v\":1,\"event\":\"apdu\"}\n", "not JSON\n"])
    func whatIsNoFlight(text: String) throws {
        let path = try folder.write(text, to: "x.ndjson")
        #expect(throws: FlightReadError.content(path: path)) { try FlightFile(at: path) }
    }

    /// One that is cut short is read as far as it goes.
    @Test func aFileThatIsCutShort() throws {
        let recorder = recorder()
        let run = SummaryScenario(telling: recorder)
        run.open()
        run.send("00B0000000", "6581", times: 1)
        recorder.finish(within: .seconds(5))
        let place = FlightFolder(path: folder.file("flights"))
        let text = try String(contentsOfFile: "\(place.path)/\(place.names[0])", encoding: .utf8)
        let first = text.utf8.firstIndex(of: 0x0A)!
        for end in stride(from: text.utf8.distance(from: text.startIndex, to: first) + 1, to: text.utf8.count, by: 7) {
            let file = try #require(FlightFile(String(decoding: text.utf8.prefix(end), as: UTF8.self)))
            #expect(file.events.count + file.unreadLines <= 3 && !FlightExplanation(file).lines(columns: 80).isEmpty)
        }
    }
}

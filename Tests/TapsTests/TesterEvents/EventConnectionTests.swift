import Foundation
import ProbeEvents
import TestSupport
import Testing

@testable import Taps

@Suite struct EventConnectionTests {
    private let clock = EventClock(monotonicNanoseconds: 10_000, wallNanoseconds: 1_700_000_000_000_009_000)

    private func words(_ lines: [String], chunk: Int = .max) -> (words: [String], receipt: Receipt, end: [String]) {
        var connection = EventConnection()
        var words: [String] = []
        var bytes = lines.flatMap { Array($0.utf8) }[...]
        while !bytes.isEmpty {
            words += connection.received(bytes.prefix(chunk), clock: clock).told.map(word)
            bytes = bytes.dropFirst(chunk)
        }
        return (words, connection.receipt, connection.ended(clock: clock).told.map(word))
    }

    private func line(_ event: ProbeEvent) throws -> String { String(decoding: try Sample.line(event), as: UTF8.self) }

    @Test func tellsEventsAndEndsWhatIsLeftOpen() throws {
        let events = [Sample.attached(), Sample.opened(1), Sample.opened(2), Sample.apdu(1), Sample.closed(1)]
        let heard = words(try events.map(line))
        #expect(heard.words == ["attached 7", "opened 7/1", "opened 7/2", "apdu 1", "closed 7/1 completed"])
        #expect(heard.receipt == Receipt(received: 5, skipped: 0))
        #expect(heard.end == ["closed 7/2 failed client_gone", "ended 7 gone 1 open"])
    }

    @Test func endsHaveTheSourceAndTheWholeLength() throws {
        var connection = EventConnection()
        _ = connection.received(try Sample.line(Sample.opened(3)), clock: clock)
        let end = connection.ended(clock: clock).told
        var stamp = Sample.stamp
        stamp.durationNanoseconds = 9_000
        #expect(
            end == [
                .sessionClosed(
                    ReaderSessionClosed(
                        stamp: stamp, client: Sample.client(7), session: 3, reader: "Virtual PCD 00 00",
                        status: .failed, error: .clientGone))
            ])
    }

    @Test func aClientsEndEndsItsSessionsFirst() throws {
        let heard = words(try [Sample.attached(), Sample.opened(1), Sample.ended()].map(line))
        #expect(heard.words == ["attached 7", "opened 7/1", "closed 7/1 failed client_gone", "ended 7 orderly 0 open"])
        #expect(heard.end == [])
    }

    @Test(arguments: [
        [Sample.closed(1)], [Sample.ended()], [Sample.opened(1), Sample.opened(1)],
        [Sample.attached(), Sample.attached()], [Sample.opened(1), Sample.closed(2)],
        [Sample.opened(1), Sample.closed(1, client: 8)], [Sample.reader],
        [Sample.apdu(1, stamp: EventStamp(source: .readerMonitor, startNanoseconds: 0, wallNanoseconds: 0))],
    ])
    func whatContradictsOrIsNotTakenIsSkipped(_ events: [ProbeEvent]) throws {
        let heard = words(try events.map(line))
        #expect(heard.receipt == Receipt(received: UInt64(events.count - 1), skipped: 1))
        #expect(heard.words.last == "dropped tester_socket malformed 1")
    }

    /// What is no event, between two that are; the connection goes on.
    @Test(arguments: [
        "x", "{", "{}", "[]", "null", "\u{0}", "\u{0}\u{0}\u{0}\u{0}", "{\"v\":1}", "{\"v\":2,\"event\":\"apdu\"}",
        "{\"v\":1,\"event\":\"nothing\"}", "{\"v\":1,\"hello\":\"late\"}", "\u{FEFF}",
        String(repeating: "[", count: 100_000),
        String(repeating: "{\"a\":", count: 50_000), String(repeating: "9", count: 100_000),
        String(repeating: "x", count: EventLine.longestBytes + 1),
    ])
    func whatIsNoEventIsCountedAndSkipped(_ garbage: String) throws {
        let heard = words([try line(Sample.apdu(1)), garbage + "\n", try line(Sample.apdu(2))])
        #expect(heard.words == ["apdu 1", "apdu 2", "dropped tester_socket malformed 1"])
        #expect(heard.receipt == Receipt(received: 2, skipped: 1))
    }

    @Test func blankLinesAndCarriageReturnsAreNothing() throws {
        let event = try line(Sample.apdu(1)).dropLast()
        let heard = words(["\n", "\r\n", event + "\r\n", "\n"])
        #expect(heard.words == ["apdu 1"])
        #expect(heard.receipt == Receipt(received: 1, skipped: 0))
    }

    @Test(arguments: [1, 2, 3, 7, 64])
    func linesMayBeCutAnywhere(chunk: Int) throws {
        var event = Sample.client(7)
        event.program = "späße-读卡器-🪪"
        let attached = ProbeEvent.clientAttached(
            ClientAttached(stamp: Sample.stamp, client: event, library: "", isWaitExact: false))
        var connection = EventConnection()
        var told: [ProbeEvent] = []
        var bytes = try Sample.line(attached)[...]
        while !bytes.isEmpty {
            told += connection.received(bytes.prefix(chunk), clock: clock).told
            bytes = bytes.dropFirst(chunk)
        }
        #expect(told == [attached])
    }

    @Test func aLastLineNeedsNoLineFeed() throws {
        let whole = words([String(try line(Sample.apdu(1)).dropLast())])
        #expect(whole.end == ["apdu 1"])
        let half = words([String(try line(Sample.apdu(1)).dropLast(2))])
        #expect(half.end == ["dropped tester_socket malformed 1"])
    }

    @Test func halfALineIsNotReadWhenWeEndFirst() throws {
        var connection = EventConnection()
        _ = connection.received(try Sample.line(Sample.opened(1)) + Array("{\"v\"".utf8), clock: clock)
        #expect(connection.abandoned(clock: clock).map(word) == ["closed 7/1 failed client_gone"])
        #expect(connection.receipt == Receipt(received: 1, skipped: 0))
    }

    @Test func onlyWhoSaidHelloGetsReceipts() throws {
        var silent = EventConnection()
        var polite = EventConnection()
        #expect(!silent.received(try Sample.line(Sample.apdu(1)), clock: clock).wantsReceipt)
        #expect(!polite.received(Array("{\"hello\":\"pytest\",\"v\":1}\n".utf8), clock: clock).wantsReceipt)
        #expect(polite.received(try Sample.line(Sample.apdu(1)), clock: clock).wantsReceipt)
        #expect(!polite.received(Array("{".utf8), clock: clock).wantsReceipt)
        #expect(polite.receipt == Receipt(received: 1, skipped: 0))
    }

    @Test func whoAskedHearsWhatIsWrongWithWhichLine() throws {
        var connection = EventConnection()
        let lines = [
            #"{"hello":"pytest","v":1,"errors":true}"# + "\n", try line(Sample.apdu(1)), "\n", "x\n",
            try line(Sample.closed(1)), try line(Sample.reader), #"{"v":2,"event":"apdu"}"# + "\n",
            String(repeating: "x", count: EventLine.longestBytes + 1) + "\n", try line(Sample.apdu(2)), "\u{1B}]0;x",
        ]
        let faults = connection.received(Array(lines.joined().utf8), clock: clock).faults
        #expect(
            faults == [
                LineFault(line: 4, error: "not JSON, or a number in it is out of range"),
                LineFault(
                    line: 5,
                    error: "contradicts the lines before it: what ends or goes on must have begun here, and begins "
                        + "once; or too much is open at once"),
                LineFault(line: 6, error: "not taken from outside: each probe watches readers and modems for itself"),
                LineFault(line: 7, error: "event version 2; this program reads version 1"),
                LineFault(line: 8, error: "a line of more than 524288 bytes"),
            ])
        #expect(
            connection.ended(clock: clock).faults == [
                LineFault(line: 10, error: "not JSON, or a number in it is out of range")
            ])
        #expect(connection.receipt == Receipt(received: 2, skipped: 6))
    }

    @Test(arguments: ["", #","errors":false"#, #","errors":null"#])
    func whoDidNotAskHearsNothingOfIt(_ words: String) {
        var connection = EventConnection()
        let hello = #"{"hello":"pytest","v":1\#(words)}"#
        let actions = connection.received(Array("\(hello)\nx\n".utf8), clock: clock)
        #expect(actions.faults == [] && actions.wantsReceipt)
        #expect(connection.receipt == Receipt(received: 0, skipped: 1))
    }

    @Test func longTextsAndHugeNumbersAreSkipped() throws {
        var client = Sample.client(7)
        client.program = String(repeating: "p", count: 256)
        let late = EventStamp(source: .shim, startNanoseconds: .max, durationNanoseconds: .max, wallNanoseconds: .max)
        let refused: [ProbeEvent] = [
            .clientEnded(ClientEnded(stamp: Sample.stamp, client: client, isOrderly: true, openSessions: 0)),
            .clientAttached(ClientAttached(stamp: Sample.stamp, client: client, library: "", isWaitExact: false)),
            .clientEnded(ClientEnded(stamp: Sample.stamp, client: Sample.client(7), isOrderly: true, openSessions: -1)),
            .eventsDropped(EventsDropped(stamp: Sample.stamp, reason: .ringFull, count: .max)),
            .cardIdentified(
                CardIdentified(
                    stamp: Sample.stamp, client: Sample.client(7), reader: "",
                    atr: HexBytes([UInt8](repeating: 0, count: 34)))),
            .cardIdentified(
                CardIdentified(
                    stamp: Sample.stamp, client: Sample.client(7), reader: "", atr: [],
                    iccidHash: "89440000000000123450")),
            .clientAttached(
                ClientAttached(
                    stamp: Sample.stamp, client: Sample.client(7), library: "", isWaitExact: false,
                    testerVersion: String(repeating: "v", count: 65))),
            .clientAttached(
                ClientAttached(
                    stamp: Sample.stamp, client: Sample.client(7), library: "", isWaitExact: false,
                    testerCommit: "main branch")),
            .test(
                .suiteBegan(
                    TestSuiteBegan(
                        stamp: Sample.stamp, suite: TestSuiteRun(run: 1, suite: "s"), testerCommit: "3f2a9c"))),
            Sample.apdu(1, stamp: late),
            .sourceState(
                SourceState(stamp: Sample.stamp, isWorking: false, message: String(repeating: "m", count: 4_097))),
        ]
        let heard = words(try refused.map(line))
        #expect(heard.words == ["dropped tester_socket malformed 11"])
    }

    @Test func theLongestExchangeIsTaken() throws {
        guard case .apdu(var exchange) = Sample.apdu(1) else { return }
        exchange.command = HexBytes([UInt8](repeating: 0xFF, count: 65_544))
        exchange.response = HexBytes([UInt8](repeating: 0xFF, count: 65_538))
        #expect(words([try line(.apdu(exchange))]).words == ["apdu 1"])
    }

    @Test func whatIsRememberedIsBounded() throws {
        let opened = try (0..<UInt64(OpenWork.sessionLimit + 10)).map { try line(Sample.opened($0)) }
        let attached = try (100..<UInt64(OpenWork.clientLimit + 110)).map { try line(Sample.attached($0)) }
        let heard = words(opened + attached)
        #expect(heard.receipt.received == UInt64(OpenWork.sessionLimit + OpenWork.clientLimit - 1))
        #expect(heard.receipt.skipped == 10 + 11)
        #expect(heard.end.count == OpenWork.sessionLimit + OpenWork.clientLimit - 1)
    }

    @Test func anyBytesAreSurvivedAndCounted() throws {
        var generator = SeededGenerator(seed: 1)
        let valid = try [Sample.apdu(1), Sample.attached(), Sample.opened(1), Sample.dropped(3)].map(Sample.line)
        var connection = EventConnection()
        var told: UInt64 = 0
        var lines: UInt64 = 0
        for round in 0..<10_000 {
            var bytes: [UInt8]
            if round.isMultiple(of: 2) {
                bytes = (0..<Int.random(in: 0...200, using: &generator)).map { _ in
                    UInt8.random(in: 0...255, using: &generator)
                }
            } else {
                bytes = valid[Int.random(in: 0..<valid.count, using: &generator)]
                for _ in 0..<Int.random(in: 1...4, using: &generator) {
                    bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(
                        in: 0...255, using: &generator)
                }
            }
            bytes.append(0x0A)
            lines += UInt64(bytes.split(separator: 0x0A).filter { $0 != [0x0D] }.count)
            for event in connection.received(bytes, clock: clock).told {
                if case .eventsDropped(let dropped) = event, dropped.stamp.source == .testerSocket { continue }
                told += 1
            }
        }
        #expect(connection.receipt.lines == lines)
        #expect(told >= connection.receipt.received)
        #expect(connection.receipt.skipped > 5_000)
    }
}

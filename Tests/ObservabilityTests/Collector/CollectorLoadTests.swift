import Dispatch
import ProbeEvents
import PrometheusClient
import SmartCard
import Testing

@testable import Observability

@Suite struct CollectorLoadTests {
    typealias Scenario = CollectorScenario

    @Test func eightThreadsLoseNothing() {
        let collector = Collector()
        DispatchQueue.concurrentPerform(iterations: 8) { thread in
            for number in 0..<2_000 {
                collector.receive(Scenario.apdu("00B0000003", "0102039000", duration: 1_000))
                collector.receive(Scenario.opened(UInt64(number), of: UInt64(thread)))
                if !number.isMultiple(of: 4) { collector.receive(Scenario.closed(UInt64(number), of: UInt64(thread))) }
                if number.isMultiple(of: 500) { _ = TextExposition.text(collector.registry) }
            }
        }
        #expect(
            Scenario.samples(
                ["apdu_commands", "apdu_responses", "apdu_response_time", "apdu_data", "active", "sessions"],
                of: collector)
                == [
                    #"apdu_commands_total{command="READ BINARY",interface="pcsc"} 16000"#,
                    #"apdu_responses_total{status_word="9000",success="true"} 16000"#,
                    #"apdu_response_time_seconds_sum{command="READ BINARY"} 0.016"#,
                    #"apdu_response_time_seconds_count{command="READ BINARY"} 16000"#,
                    #"apdu_data_bytes_sum{direction="received"} 48000"#,
                    #"apdu_data_bytes_count{direction="received"} 16000"#,
                    #"active_sessions{session_type="pcsc"} 4000"#,
                    #"sessions_total{session_type="pcsc",protocol="T0"} 16000"#,
                ])
        #expect(collector.health.eventsReceived[.shim].value == 8 * (2_000 + 2_000 + 1_500))
    }

    /// Nothing that a source may tell ends the program, and no sample becomes negative.
    @Test func anyEventsAreCounted() {
        var random = Scrambler(state: 42)
        let collector = Collector(seriesLimit: 20)
        var losses = 0
        for _ in 0..<20_000 {
            let event = random.event()
            if case .eventsDropped = event { losses += 1 }
            collector.receive(event)
        }
        let text = TextExposition.text(collector.registry)
        #expect(!text.contains("NaN"))
        #expect(
            !text.split(separator: "\n").contains { !$0.hasPrefix("#") && $0.contains(" -") && !$0.contains("info{") })
        let received = SourceKind.allCases.reduce(UInt64(0)) { $0 + collector.health.eventsReceived[$1].value }
        #expect(received == 20_000 - UInt64(losses))
    }
}

/// Random events with values from the ends of their ranges; the same for the same seed.
private struct Scrambler: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return (state ^ (state >> 33)) &* 0xFF51_AFD7_ED55_8CCD ^ (state >> 29)
    }

    mutating func number() -> UInt64 {
        [0, 1, UInt64(Int64.max), UInt64.max, UInt64.max - 1, next() % 10, next()].randomElement(using: &self) ?? 0
    }

    mutating func code() -> UInt32 {
        Bool.random(using: &self)
            ? 0x8010_0000 + UInt32.random(in: 0...0x70, using: &self) : UInt32.random(in: 0...3, using: &self) &- 1
    }

    mutating func bytes() -> HexBytes {
        HexBytes((0..<Int.random(in: 0...12, using: &self)).map { _ in UInt8.random(in: 0...255, using: &self) })
    }

    mutating func any<Value: CaseIterable>(_ type: Value.Type) -> Value where Value.AllCases == [Value] {
        Value.allCases[Int.random(in: 0..<Value.allCases.count, using: &self)]
    }

    mutating func text() -> String {
        ["", "A", "\"\\\n", String(repeating: "é", count: 2_000), "R\(next() % 100)"].randomElement(using: &self) ?? ""
    }

    mutating func event() -> ProbeEvent {
        let stamp = EventStamp(
            source: any(SourceKind.self), startNanoseconds: number(), durationNanoseconds: number(),
            wallNanoseconds: number())
        let client = ClientProcess(id: number(), pid: .min, program: text())
        switch UInt8.random(in: 0..<10, using: &self) {
        case 0...2:
            return .apdu(
                APDUExchange(
                    stamp: stamp, client: client, thread: .max, session: number(), reader: text(),
                    interface: any(APDUInterface.self), sessionProtocol: any(SessionProtocol.self),
                    name: CommandName.all.randomElement(using: &self) ?? .other, command: bytes(), response: bytes(),
                    isCut: true, resultCode: Bool.random(using: &self) ? 0 : code(), waitNanoseconds: number(),
                    isWaitExact: false))
        case 3:
            return .sessionOpened(
                ReaderSessionOpened(
                    stamp: stamp, client: client, session: number(), reader: text(),
                    sessionProtocol: any(SessionProtocol.self), shareMode: .max))
        case 4:
            return .sessionClosed(
                ReaderSessionClosed(
                    stamp: stamp, client: client, session: number(), reader: text(), status: any(SessionStatus.self),
                    error: Bool.random(using: &self) ? nil : any(SessionErrorType.self)))
        case 5:
            return .operation(
                ReaderOperation(
                    stamp: stamp, client: client, thread: 0, session: number(), reader: text(),
                    operation: any(DeviceOperation.self), resultCode: code(), waitNanoseconds: number(),
                    isWaitExact: true))
        case 6: return .readerChanged(ReaderChange(stamp: stamp, reader: text(), change: any(ReaderChange.Change.self)))
        case 7: return .clientEnded(ClientEnded(stamp: stamp, client: client, isOrderly: true, openSessions: .min))
        case 8: return .eventsDropped(EventsDropped(stamp: stamp, reason: any(DropReason.self), count: number()))
        default: return .sourceState(SourceState(stamp: stamp, isWorking: false, message: text()))
        }
    }
}

import Foundation
import ProbeEvents
import PrometheusClient
import SmartCard

@testable import Observability

/// Events with the parts that a test is about, and what a collector shows of them.
enum CollectorScenario {
    static let client = ClientProcess(id: 7, pid: 4242, program: "opensc-tool")

    static func stamp(_ durationNanoseconds: UInt64 = 0, source: SourceKind = .shim) -> EventStamp {
        EventStamp(
            source: source, startNanoseconds: 1_000, durationNanoseconds: durationNanoseconds, wallNanoseconds: 0)
    }

    static func apdu(
        _ command: String, _ response: String, duration: UInt64 = 1_000_000, wait: UInt64 = 0, resultCode: UInt32 = 0,
        reader: String = "Virtual PCD 00 00", name: CommandName? = nil, interface: APDUInterface = .pcsc
    ) -> ProbeEvent {
        let sent = HexBytes(hex: command) ?? []
        return .apdu(
            APDUExchange(
                stamp: stamp(duration), client: client, thread: 1, session: 1, reader: reader, interface: interface,
                sessionProtocol: .t0, name: name ?? CommandAPDU(sent.bytes).name(), command: sent,
                response: HexBytes(hex: response) ?? [], isCut: false, resultCode: resultCode, waitNanoseconds: wait,
                isWaitExact: true))
    }

    static func opened(_ session: UInt64, of client: UInt64 = 7, _ sessionProtocol: SessionProtocol = .t0) -> ProbeEvent
    {
        .sessionOpened(
            ReaderSessionOpened(
                stamp: stamp(), client: ClientProcess(id: client, pid: 1, program: "p"), session: session, reader: "R",
                sessionProtocol: sessionProtocol, shareMode: 2))
    }

    static func closed(
        _ session: UInt64, of client: UInt64 = 7, lasted: UInt64 = 2_000_000_000, error: SessionErrorType? = nil
    ) -> ProbeEvent {
        .sessionClosed(
            ReaderSessionClosed(
                stamp: stamp(lasted), client: ClientProcess(id: client, pid: 1, program: "p"), session: session,
                reader: "R", status: error == nil ? .completed : .failed, error: error))
    }

    static func ended(_ client: UInt64) -> ProbeEvent {
        .clientEnded(
            ClientEnded(
                stamp: stamp(), client: ClientProcess(id: client, pid: 1, program: "p"), isOrderly: false,
                openSessions: 0))
    }

    static func operation(
        _ operation: DeviceOperation, resultCode: UInt32 = 0, wait: UInt64 = 0, reader: String = "R"
    ) -> ProbeEvent {
        .operation(
            ReaderOperation(
                stamp: stamp(wait), client: client, thread: 1, session: 0, reader: reader, operation: operation,
                resultCode: resultCode, waitNanoseconds: wait, isWaitExact: true))
    }

    static func reader(_ name: String, _ change: ReaderChange.Change) -> ProbeEvent {
        .readerChanged(ReaderChange(stamp: stamp(source: .readerMonitor), reader: name, change: change))
    }

    static func dropped(_ count: UInt64, _ reason: DropReason, source: SourceKind = .shim) -> ProbeEvent {
        .eventsDropped(EventsDropped(stamp: stamp(source: source), reason: reason, count: count))
    }

    static func state(_ source: SourceKind) -> ProbeEvent {
        .sourceState(SourceState(stamp: stamp(source: source), isWorking: false, message: "gone"))
    }

    /// The samples of some families after some events, buckets left out: what a scrape has, line by line.
    static func samples(_ families: String..., after events: [ProbeEvent]) -> [String] {
        let collector = Collector()
        for event in events { collector.receive(event) }
        return samples(families, of: collector)
    }

    static func samples(_ families: [String], of collector: Collector) -> [String] {
        TextExposition.text(collector.registry).split(separator: "\n").map(String.init).filter { line in
            !line.hasPrefix("#") && !line.contains("_bucket{")
                && families.contains { line.hasPrefix("cardlink_\($0)") }
        }.map { String($0.dropFirst("cardlink_".count)) }
    }
}

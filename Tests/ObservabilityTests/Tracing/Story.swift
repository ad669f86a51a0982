import ProbeEvents
import SmartCard

@testable import Observability

/// Events of one session, a millisecond apart.
struct Story {
    static let wall: UInt64 = 1_700_000_000_000_000_000
    private let client = ClientProcess(id: 7, pid: 1, program: "p")
    private var now: UInt64
    private let begin: UInt64

    private let session: UInt64

    init(now: UInt64 = 5_000, session: UInt64 = 1) {
        (self.now, begin, self.session) = (now, now, session)
    }

    private mutating func stamp(_ duration: UInt64) -> EventStamp {
        defer { now &+= 1_000_000 }
        return EventStamp(
            source: .shim, startNanoseconds: now, durationNanoseconds: duration,
            wallNanoseconds: Self.wall &+ (now &- begin))
    }

    mutating func opened() -> ProbeEvent {
        .sessionOpened(
            ReaderSessionOpened(
                stamp: stamp(100), client: client, session: session, reader: "R", sessionProtocol: .t0, shareMode: 2))
    }

    mutating func apdu(_ command: String, _ response: String, resultCode: UInt32 = 0, wait: UInt64 = 0) -> ProbeEvent {
        let sent = HexBytes(hex: command) ?? []
        return .apdu(
            APDUExchange(
                stamp: stamp(500_000), client: client, thread: 1, session: session, reader: "R", interface: .pcsc,
                sessionProtocol: .t0, name: CommandAPDU(sent.bytes).name(), command: sent,
                response: HexBytes(hex: response) ?? [], isCut: false, resultCode: resultCode, waitNanoseconds: wait,
                isWaitExact: true))
    }

    mutating func operation(_ operation: DeviceOperation, resultCode: UInt32 = 0, wait: UInt64 = 0) -> ProbeEvent {
        .operation(
            ReaderOperation(
                stamp: stamp(wait), client: client, thread: 1, session: session, reader: "R", operation: operation,
                resultCode: resultCode, waitNanoseconds: wait, isWaitExact: true))
    }

    mutating func closed(error: SessionErrorType? = nil) -> ProbeEvent {
        let stamp = EventStamp(
            source: .shim, startNanoseconds: begin, durationNanoseconds: now &- begin, wallNanoseconds: Self.wall)
        return .sessionClosed(
            ReaderSessionClosed(
                stamp: stamp, client: client, session: session, reader: "R",
                status: error == nil ? .completed : .failed, error: error))
    }

    mutating func attached(_ isTraced: Bool?) -> ProbeEvent {
        .clientAttached(
            ClientAttached(stamp: stamp(0), client: client, library: "", isWaitExact: true, isTraced: isTraced))
    }

    mutating func clientEnded() -> ProbeEvent {
        .clientEnded(ClientEnded(stamp: stamp(0), client: client, isOrderly: false, openSessions: 1))
    }
}

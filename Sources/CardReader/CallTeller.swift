internal import CPCSC
internal import Glibc
internal import ProbeEvents
internal import SmartCard
internal import Synchronization

/// Tells a sink what this process does with PC/SC; silent without one, and where a shim below tells the same.
struct CallTeller: Sendable {
    private let sink: (any EventSink)?
    private let whenWrapped: WhenWrapped
    private let remark = OneTimeRemark()

    init(_ sink: (any EventSink)?, whenWrapped: WhenWrapped) {
        self.sink = sink
        self.whenWrapped = whenWrapped
    }

    /// This process, as its events name it.
    static let client = ClientProcess(
        id: UInt64.random(in: 1...UInt64.max), pid: getpid(), program: ProcessPaths.programName)

    private static let lastNumber = Atomic<UInt64>(0)

    /// A number that this process gives to nothing else.
    static func newNumber() -> UInt64 { lastNumber.wrappingAdd(1, ordering: .relaxed).newValue }

    /// The kernel's id of the calling thread.
    static var thread: UInt32 { cpcsc_thread() }

    /// Who hears; asked after the first call of the library, since that may load the shim.
    private var listener: (any EventSink)? {
        guard let sink else { return nil }
        guard whenWrapped == .silent, WrappingShim.isHeard else { return sink }
        if remark.isFirst {
            let message =
                "the shim of cardlink-probe run tells what this program does; to hear it here too: whenWrapped: .told"
            sink.receive(
                .sourceState(SourceState(stamp: .now(source: .cardReader), isWorking: true, message: message)))
        }
        return nil
    }

    func tell(_ event: @autoclosure () -> ProbeEvent) {
        listener?.receive(event())
    }

    /// Tells a call other than SCardTransmit.
    func tell(
        _ operation: DeviceOperation, _ outcome: CallOutcome, session: UInt64 = 0, reader: String = "",
        isWaitExact: Bool = false, controlCode: UInt32 = 0
    ) {
        tell(
            .operation(
                ReaderOperation(
                    stamp: outcome.stamp, client: Self.client, thread: Self.thread, session: session, reader: reader,
                    operation: operation, resultCode: outcome.code, waitNanoseconds: 0, isWaitExact: isWaitExact,
                    controlCode: controlCode)))
    }

    /// Makes a call that throws, and tells it.
    func call<Value>(
        _ operation: DeviceOperation, reader: String = "", _ body: () throws(CardReaderError) -> Value
    ) throws(CardReaderError) -> Value {
        let clock = EventClock.now
        let result = Result { () throws(CardReaderError) in try body() }
        let code = if case .failure(let error) = result { error.code ?? 0 } else { ResultCode.success }
        let duration = EventClock.monotonicNow &- clock.monotonicNanoseconds
        tell(operation, CallOutcome(code: code, clock: clock, durationNanoseconds: duration), reader: reader)
        return try result.get()
    }
}

/// Something that is said once.
private final class OneTimeRemark: Sendable {
    private let wasMade = Atomic(false)

    var isFirst: Bool { !wasMade.exchange(true, ordering: .relaxed) }
}

/// What becomes of events when the program runs under `cardlink-probe run`, whose shim sees the same calls.
public enum WhenWrapped: Sendable, Hashable {
    /// The shim tells them, the sink hears nothing: each APDU is counted once on the bench.
    case silent
    /// The sink hears them as well; for what is not counted beside the probe.
    case told
}

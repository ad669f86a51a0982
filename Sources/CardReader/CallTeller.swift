internal import CPCSC
internal import Glibc
internal import ProbeEvents
internal import SmartCard
internal import Synchronization

/// Tells a sink what this process does with PC/SC; silent without one, and where a shim below tells the same.
struct CallTeller: Sendable {
    private let sink: (any EventSink)?
    private let whenWrapped: WhenWrapped

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

    /// Whether anybody hears; asked after the first call of the library, since that may load the shim.
    private var listener: (any EventSink)? {
        guard let sink else { return nil }
        return whenWrapped == .silent && WrappingShim.isHeard ? nil : sink
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
        let duration = EventClock.now.monotonicNanoseconds &- clock.monotonicNanoseconds
        tell(operation, CallOutcome(code: code, clock: clock, durationNanoseconds: duration), reader: reader)
        return try result.get()
    }
}

/// What becomes of events when the program runs under `cardlink-probe run`, whose shim sees the same calls.
public enum WhenWrapped: Sendable, Hashable {
    /// The shim tells them, the sink hears nothing: each APDU is counted once on the bench.
    case silent
    /// The sink hears them as well; for what is not counted beside the probe.
    case told
}

/// The shim of `cardlink-probe run` below this process's PC/SC library.
enum WrappingShim {
    /// Whether it is there and somebody hears it.
    static let isHeard = getenv("CARDLINK_RECEIVER") != nil && ProcessPaths.hasMapped(isShim)

    /// Whether a file is the shim: as installed, or as a build tree has it.
    static func isShim(_ path: String) -> Bool {
        path.hasSuffix("/cardlink-probe/libpcsclite.so.1") || path.hasSuffix("/libpcsclite-probe.so")
    }
}

/// What the kernel says of this process's files.
enum ProcessPaths {
    /// The name of its executable, without directory.
    static var programName: String {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Int(PATH_MAX)) { room in
            let count = room.withMemoryRebound(to: CChar.self) { room in
                room.baseAddress.map { readlink("/proc/self/exe", $0, room.count) } ?? 0
            }
            let path = String(decoding: room.prefix(max(count, 0)), as: UTF8.self)
            return String(path.split(separator: "/").last ?? "")
        }
    }

    /// Whether a file of this kind is mapped.
    static func hasMapped(_ isMeant: (String) -> Bool) -> Bool {
        guard let maps = fopen("/proc/self/maps", "re") else { return false }
        defer { fclose(maps) }
        var line: UnsafeMutablePointer<CChar>?
        var room = 0
        defer { free(line) }
        while case let count = getline(&line, &room, maps), count > 0, let line {
            let text = String(cString: line)
            guard let path = text.firstIndex(of: "/") else { continue }
            if isMeant(String(text[path...].dropLast(text.last == "\n" ? 1 : 0))) { return true }
        }
        return false
    }
}

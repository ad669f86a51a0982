internal import CProbe
internal import Capture
internal import Glibc
internal import Observability
internal import ProbeEvents
internal import SmartCard
internal import Synchronization

/// Writes each exchange into the file as soon as its place among those of other programs is known, a fraction of a
/// second later at most, so that a probe that is killed leaves all before.
final class CaptureSink: EventSink {
    private struct State {
        var file: CaptureFile
        var writer = CaptureWriter()
        var mask: IdentityMask?
        var order = TimeOrder()
        var droppedBefore: UInt64 = 0
        var lostInRing: UInt64 = 0
        var unwritten: UInt64 = 0
        var hasBegun = false
        var isEnded = false

        /// Appends blocks, behind the begin of the file where it has none yet.
        mutating func append(_ blocks: [UInt8]) -> Bool {
            let isWritten = file.append((hasBegun ? [] : CaptureSink.beginning) + blocks)
            hasBegun = hasBegun || isWritten
            return isWritten
        }
    }

    private let level: Redaction.Level
    private let state: Mutex<State>
    private let dropped = Atomic<UInt64>(0)

    init(_ file: CaptureFile, level: Redaction.Level, mask: IdentityMask?) {
        self.level = level
        var state = State(file: file, mask: mask)
        // One that cannot be written now is told at the end, or goes with the first exchange.
        _ = state.append([])
        self.state = Mutex(state)
    }

    /// Counts events that the queue in front had to drop.
    func noteDropped(_ count: UInt64) { dropped.wrappingAdd(count, ordering: .relaxed) }

    func receive(_ event: ProbeEvent) {
        state.withLock { state in
            guard !state.isEnded else { return }
            let dropped = dropped.load(ordering: .relaxed)
            if dropped != state.droppedBefore {
                state.droppedBefore = dropped
                state.order.reset().forEach { take($0, &state) }
                // A dropped event may have been the SELECT of a file.
                state.mask?.forget()
            }
            let failures = state.order.failures
            let events = state.order.receive(event)
            if state.order.failures != failures { state.mask?.forget() }
            events.forEach { take($0, &state) }
            if state.order.failures != failures { state.mask?.forget() }
        }
    }

    private func take(_ event: ProbeEvent, _ state: inout State) {
        switch event {
        case .apdu(let exchange): write(exchange, &state)
        case .eventsDropped(let loss):
            state.lostInRing &+= loss.count
            state.mask?.observe(event)
        default: state.mask?.observe(event)
        }
    }

    /// Ends the file; the line that says what is missing, nil when nothing is.
    func end() -> String? {
        state.withLock { state in
            guard !state.isEnded else { return nil }
            state.isEnded = true
            state.order.finish().forEach { take($0, &state) }
            let losses = [
                (dropped.load(ordering: .relaxed), "by a full queue"), (state.lostInRing, "before they were told"),
                (state.unwritten, "not written: \(String(cString: strerror(state.file.failure)))"),
            ].filter { $0.0 > 0 }
            let lost = losses.reduce(0) { $0 &+ $1.0 }
            let reason = losses.map { "\($0.0) \($0.1)" }.joined(separator: ", ")
            let now = EventClock.now.wallNanoseconds
            let isWritten = state.append(state.writer.end(nanoseconds: now, lost: lost, reason: reason))
            state.file.close()
            if lost > 0 { return "\(lost) events are not in \(state.file.path): \(reason)" }
            return isWritten ? nil : CaptureFileError(path: state.file.path, errno: state.file.failure).explanation
        }
    }

    private func write(_ exchange: APDUExchange, _ state: inout State) {
        var exchange = exchange
        let wasCut = exchange.isCut
        var cutBytes = exchange.cut(to: level)
        // Where the level keeps all of it, it was longer than a record of the ring.
        if cutBytes == 0, wasCut { cutBytes = Self.bytesBeyondRecord(exchange) }
        var remark = ""
        if let masked = state.mask?.masked(exchange) {
            exchange = masked.exchange
            cutBytes = max(cutBytes, masked.cutBytes)
            remark = masked.remark
        }
        var writer = state.writer
        let blocks = writer.blocks(of: exchange, cutBytes: cutBytes, remark: remark)
        guard state.append(blocks) else {
            state.unwritten &+= 1
            return
        }
        state.writer = writer
    }

    private static func bytesBeyondRecord(_ exchange: APDUExchange) -> Int {
        let most = Int(RING_KEPT_BYTES)
        return max(0, exchange.command.bytes.count - most) + max(0, exchange.response.bytes.count - 2 - most)
    }

    fileprivate static var beginning: [UInt8] {
        var system = utsname()
        uname(&system)
        func text(_ field: some Any) -> String {
            withUnsafeBytes(of: field) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        }
        return PCAPNG.section(
            hardware: text(system.machine), system: "\(text(system.sysname)) \(text(system.release))",
            application: "cardlink-probe \(ProbeVersion.current)")
    }
}

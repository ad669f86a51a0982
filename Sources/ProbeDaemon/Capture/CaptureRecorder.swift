internal import CProbe
internal import Capture
internal import Glibc
internal import Observability
internal import ProbeEvents
internal import SmartCard
internal import Synchronization

/// Writes what was seen into a file, and sends what cards are told as it happens.
///
/// A command through a tap in a program's process waits until its place among those of other programs is known, a
/// fraction of a second at most; a probe that is killed leaves all before.
final class CaptureRecorder: Sendable {
    /// What is not where it should be.
    struct Losses: Sendable, Hashable {
        /// A full queue dropped it.
        var dropped: UInt64 = 0
        /// It was lost before it was told.
        var lostInRing: UInt64 = 0
        /// It could not be written.
        var unwritten: UInt64 = 0
        /// There was no room for the datagram.
        var unsent: UInt64 = 0
        /// The datagram could not be sent.
        var failed: UInt64 = 0
    }

    private struct State {
        var series: CaptureSeries?
        var live: LiveGSMTAP?
        var writer = CaptureWriter()
        var streams = CapturedStreams()
        var tests = CapturedTests()
        var mask: IdentityMask?
        var order = TimeOrder()
        var droppedBefore: UInt64 = 0
        var losses = Losses()
        var hasBegun = false
        var isEnded = false
    }

    /// The trace of all that is captured, 32 hex digits; nil where each test has its own.
    private let trace: String?
    private let level: Redaction.Level
    private let state: Mutex<State>
    private let dropped = Atomic<UInt64>(0)

    /// A recorder into a file, to a listener, or both.
    init(
        _ series: CaptureSeries?, live: LiveGSMTAP?, level: Redaction.Level, mask: IdentityMask?, trace: String? = nil
    ) {
        (self.level, self.trace) = (level, trace)
        var state = State(series: series, live: live, mask: mask)
        // One that cannot be written now is told at the end, or goes with the first packet.
        _ = Self.append([], &state)
        self.state = Mutex(state)
    }

    /// Counts what the queue in front had to drop.
    func noteDropped() { dropped.wrappingAdd(1, ordering: .relaxed) }

    /// What is missing by now.
    var losses: Losses {
        state.withLock { state in
            var losses = state.losses
            losses.dropped = dropped.load(ordering: .relaxed)
            return losses
        }
    }

    /// Why the file cannot be written; nil when it can.
    var problem: String? {
        state.withLock { state in
            guard let series = state.series, state.losses.unwritten > 0, series.failure != 0 else { return nil }
            return CaptureFileError(path: series.path, errno: series.failure).explanation
        }
    }

    // MARK: What comes

    func take(_ item: CaptureIntake.Item) {
        state.withLock { state in
            guard !state.isEnded else { return }
            noteLosses(&state)
            switch item {
            case .event(let event) where event.stamp.source == .shim: order(event, &state)
            case .event(let event): take(event, &state)
            case .sight(let sight): take(sight, &state)
            }
        }
    }

    private func noteLosses(_ state: inout State) {
        let dropped = dropped.load(ordering: .relaxed)
        guard dropped != state.droppedBefore else { return }
        state.droppedBefore = dropped
        state.order.reset().forEach { take($0, &state) }
        // A dropped event may have been the SELECT of a file.
        state.mask?.forget()
    }

    private func order(_ event: ProbeEvent, _ state: inout State) {
        let failures = state.order.failures
        let events = state.order.receive(event)
        if state.order.failures != failures { state.mask?.forget() }
        events.forEach { take($0, &state) }
        if state.order.failures != failures { state.mask?.forget() }
    }

    /// Whether an event leaves anything in a capture, or says how others are to be read.
    static func needs(_ event: ProbeEvent) -> Bool {
        switch event {
        case .apdu, .sessionOpened, .sessionClosed, .operation, .readerChanged, .cardIdentified, .clientAttached,
            .clientEnded, .clientDrained, .eventsDropped, .test:
            true
        case .sourceState, .atCommand, .urc, .modemChanged, .modemIdentified, .simChanged, .registrationChanged,
            .signalMeasured:
            false
        case .bipOpened, .bipData, .bipLinkChanged, .bipDataWaiting, .bipClosed, .bipFailed, .triggerSeen: false
        case .tls, .ota, .esim, .phone, .database: false
        }
    }

    private func take(_ event: ProbeEvent, _ state: inout State) {
        switch event {
        case .apdu(let exchange): write(exchange, &state)
        case .eventsDropped(let loss):
            state.losses.lostInRing &+= loss.count
            state.mask?.observe(event)
        case .test(let test):
            state.tests.note(test)
            write(&state) { writer in (writer.blocks(of: test), []) }
        default: state.mask?.observe(event)
        }
    }

    private func take(_ sight: WireSight, _ state: inout State) {
        switch sight {
        case .line(let line): write(&state) { writer in (writer.blocks(of: line), []) }
        case .toolkit(let words): write(&state) { writer in writer.blocks(of: words) }
        case .stream(let deed):
            let packets = state.streams.packets(of: deed)
            guard !packets.isEmpty else { return }
            write(&state) { writer in
                (writer.blocks(of: packets, tap: deed.link.tap, nanoseconds: deed.wallNanoseconds), [])
            }
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
        let tests = state.tests.running(at: exchange.stamp.startNanoseconds)
        write(&state) { writer in
            writer.blocks(of: exchange, cutBytes: cutBytes, remark: remark, tests: tests, trace: trace)
        }
    }

    private static func bytesBeyondRecord(_ exchange: APDUExchange) -> Int {
        let most = Int(RING_KEPT_BYTES)
        return max(0, exchange.command.bytes.count - most) + max(0, exchange.response.bytes.count - 2 - most)
    }

    // MARK: Where it goes

    /// Writes one thing, and sends its payloads.
    private func write(
        _ state: inout State, _ make: (inout CaptureWriter) -> (blocks: [UInt8], payloads: [[UInt8]])
    ) {
        turnIfDue(&state)
        var writer = state.writer
        let made = make(&writer)
        if state.series != nil {
            if Self.append(made.blocks, &state) { state.writer = writer } else { state.losses.unwritten &+= 1 }
        } else {
            state.writer = writer
        }
        guard let live = state.live else { return }
        for payload in made.payloads {
            switch live.send(payload) {
            case .sent: break
            case .noRoom: state.losses.unsent &+= 1
            case .failed: state.losses.failed &+= 1
            }
        }
    }

    private func turnIfDue(_ state: inout State) {
        let now = EventClock.monotonicNow
        guard state.series?.isTurnDue(now: now) == true else { return }
        if state.hasBegun { _ = Self.append(ending(of: state, lost: 0, reason: ""), &state) }
        state.hasBegun = false
        state.writer = CaptureWriter()
        _ = state.series?.turn(now: now)
    }

    /// Appends blocks, behind the begin of the file where it has none yet.
    private static func append(_ blocks: [UInt8], _ state: inout State) -> Bool {
        let begin = state.hasBegun ? [] : beginning
        let isWritten = state.series?.append(begin + blocks) == true
        state.hasBegun = state.hasBegun || isWritten
        return isWritten
    }

    private func ending(of state: State, lost: UInt64, reason: String) -> [UInt8] {
        var writer = state.writer
        return writer.end(nanoseconds: EventClock.now.wallNanoseconds, lost: lost, reason: reason)
    }

    /// Ends the file; the line that says what is missing, nil when nothing is.
    func end() -> String? {
        state.withLock { state in
            guard !state.isEnded else { return nil }
            state.order.finish().forEach { take($0, &state) }
            state.isEnded = true
            state.live?.close()
            guard let series = state.series else { return unsent(state.losses) }
            let losses = [
                (dropped.load(ordering: .relaxed), "by a full queue"),
                (state.losses.lostInRing, "before they were told"),
                (state.losses.unwritten, "not written: \(String(cString: strerror(series.failure)))"),
            ].filter { $0.0 > 0 }
            let lost = losses.reduce(0) { $0 &+ $1.0 }
            let reason = losses.map { "\($0.0) \($0.1)" }.joined(separator: ", ")
            let isWritten = Self.append(ending(of: state, lost: lost, reason: reason), &state)
            let failure = state.series?.failure ?? 0
            state.series?.close()
            if lost > 0 { return "\(lost) events are not in \(series.path): \(reason)" }
            return isWritten ? unsent(state.losses) : CaptureFileError(path: series.path, errno: failure).explanation
        }
    }

    private func unsent(_ losses: Losses) -> String? {
        let lost = losses.unsent &+ losses.failed
        return lost > 0 ? "\(lost) packets were not sent as GSMTAP" : nil
    }

    private static var beginning: [UInt8] {
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

internal import Glibc
internal import Observability
internal import ProbeEvents
internal import Synchronization
internal import Taps

/// Writes each event as a line, some at a time.
///
/// A file that begins anew tells first what is open, so that it can be read alone.
final class RecordingWriter: EventSink {
    /// How large the file becomes.
    enum Limit: Sendable {
        /// Then no more is written; after a failure, too.
        case ending(atBytes: Int)
        /// Then it is called `PATH.1`, in the place of the one before, and a new one begins; after a failure it goes on
        /// when it can.
        case rotating(atBytes: Int)
    }

    private static let pieceBytes = 1 << 16
    /// After a failure it is tried again so much later.
    private static let pauseNanoseconds: UInt64 = 1_000_000_000

    private struct State: ~Copyable {
        var file: RecordingFile
        var open = OpenWork()
        /// What was open before the lines that wait.
        var openBefore = OpenWork()
        var waiting: [UInt8] = []
        var waitingLines: UInt64 = 0
        var lost: UInt64 = 0
        var failure: Int32 = 0
        var failedNanoseconds: UInt64 = 0
        var isEnded = false
        var onLoss: @Sendable (UInt64) -> Void = { _ in }

        mutating func lose(_ count: UInt64) {
            lost &+= count
            onLoss(count)
        }
    }

    private let path: String
    private let limit: Limit
    private let state: Mutex<State>
    /// Events that never came here. Not in the state: who tells them must not wait for a disk.
    private let lostBefore: Atomic<UInt64>

    /// Opens the file: a run's to begin it anew, a daemon's behind what is in it.
    init(_ path: String, _ limit: Limit) throws(EventRecordingError) {
        (self.path, self.limit) = (path, limit)
        var file = RecordingFile(path)
        let isOpen = if case .rotating = limit { file.append() } else { file.begin() }
        guard isOpen else { throw EventRecordingError(path: path, errno: errno) }
        state = Mutex(State(file: file))
        // Here: the compiler, optimizing, falls over one that is there before the error above is thrown.
        lostBefore = Atomic(0)
    }

    /// Counts what is not written; set before the first event.
    var onLoss: @Sendable (UInt64) -> Void {
        get { state.withLock { $0.onLoss } }
        set { state.withLock { $0.onLoss = newValue } }
    }

    /// Events that were lost before they came here.
    func noteLost(_ count: UInt64) { lostBefore.wrappingAdd(count, ordering: .relaxed) }

    /// Why it cannot write at this moment, in one line; nil when it can.
    var problem: String? {
        state.withLock { state in
            guard state.failure != 0 else { return nil }
            return "\(path): \(String(cString: strerror(state.failure))); free some space on its disk, or name another "
                + "file with events.recording"
        }
    }

    func receive(_ event: ProbeEvent) {
        state.withLock { state in
            if case .rotating = limit { _ = state.open.admit(event, clock: .now) }
            guard !state.isEnded, let line = try? EventLine.encode(event) else { return state.lose(1) }
            add(line, to: &state)
            if state.waiting.count >= Self.pieceBytes { write(&state) }
        }
    }

    /// Writes what waits.
    func write() { state.withLock { write(&$0) } }

    /// Closes the file; one line when something is not in it.
    func end() -> String? {
        state.withLock { state -> String? in
            guard !state.isEnded else { return nil }
            write(&state)
            state.isEnded = true
            if !state.file.close(), state.failure == 0 { state.failure = errno }
            if state.failure != 0 {
                return "events are missing in \(path): \(String(cString: strerror(state.failure)))"
            }
            let lost = state.lost &+ lostBefore.load(ordering: .relaxed)
            return lost > 0 ? "\(lost) events are not in \(path)" : nil
        }
    }

    /// Closes the file as it is: what was in a run's before stays when nothing was written.
    func giveUp() {
        state.withLock { state in
            guard !state.isEnded else { return }
            state.isEnded = true
            state.file.leave()
        }
    }

    private func add(_ line: some Collection<UInt8>, to state: inout State) {
        state.waiting.append(contentsOf: line)
        state.waiting.append(0x0A)
        state.waitingLines += 1
    }

    private func write(_ state: inout State) {
        guard state.waitingLines > 0 else { return }
        defer {
            state.waiting.removeAll(keepingCapacity: true)
            state.waitingLines = 0
            state.openBefore = state.open
        }
        switch limit {
        case .ending(let bytes):
            guard state.failure == 0, state.file.bytes + state.waiting.count <= bytes else {
                return state.lose(state.waitingLines)
            }
        case .rotating(let bytes):
            let now = EventClock.monotonicNow
            if state.failure != 0, now &- state.failedNanoseconds < Self.pauseNanoseconds {
                return state.lose(state.waitingLines)
            }
            state.failedNanoseconds = now
            if state.file.bytes > 0, state.file.bytes + state.waiting.count > bytes { rotate(&state) }
        }
        guard state.file.write(state.waiting) else {
            state.failure = errno
            return state.lose(state.waitingLines)
        }
        state.failure = 0
    }

    private func rotate(_ state: inout State) {
        guard state.file.setAside() else { return }
        var openings: [UInt8] = []
        for opening in state.openBefore.openings {
            guard let line = try? EventLine.encode(opening) else { continue }
            openings += line
            openings.append(0x0A)
        }
        state.waiting = openings + state.waiting
    }
}

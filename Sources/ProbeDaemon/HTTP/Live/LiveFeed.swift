internal import NIOCore
internal import Observability
internal import ProbeEvents
internal import Synchronization

/// Hands what is new to all viewers: each batch is written once, and shared by them.
///
/// Without viewers nothing is written.
final class LiveFeed: EventSink {
    /// Exchanges in one batch at most.
    static let batch = 256
    private static let statusPause = Duration.seconds(1)
    /// After so many pauses without a word viewers are told that there is none, which also finds those that are gone.
    private static let silentPauses = 15

    private struct State {
        var viewers: [ObjectIdentifier: LiveViewer] = [:]
        /// The id of the last exchange that viewers were handed.
        var publishedID: UInt64 = 0
        var isTicking = false
        var makeStatus: @Sendable () async -> ByteBuffer? = { nil }
    }

    private let live: LiveState
    private let state = Mutex(State())

    init(_ live: LiveState) { self.live = live }

    /// Makes a status for all viewers.
    var status: @Sendable () async -> ByteBuffer? {
        get { state.withLock { $0.makeStatus } }
        set { state.withLock { $0.makeStatus = newValue } }
    }

    /// Whether there are viewers.
    var isWatched: Bool { state.withLock { !$0.viewers.isEmpty } }

    /// Takes one event, on the queue's thread.
    func receive(_ event: ProbeEvent) {
        live.receive(event)
        // Under a flood the queue is never empty.
        if live.lastID &- state.withLock({ $0.publishedID }) >= UInt64(Self.batch) { publish() }
    }

    /// Hands on the exchanges that are new, on the queue's thread.
    func publish() {
        while true {
            let (id, isWatched) = state.withLock { ($0.publishedID, !$0.viewers.isEmpty) }
            guard isWatched else {
                if skip() { return }
                continue
            }
            let new = live.exchanges(after: id, atMost: Self.batch).items
            guard let last = new.last?.id, let frame = LiveFrame(new) else { return }
            state.withLock { state in
                state.publishedID = last
                for viewer in state.viewers.values { viewer.offer(frame) }
            }
        }
    }

    /// Lets a viewer watch; it is handed what comes behind the id that is returned.
    func join(_ viewer: LiveViewer) -> UInt64 {
        let (id, mustTick) = state.withLock { state in
            state.viewers[ObjectIdentifier(viewer)] = viewer
            defer { state.isTicking = true }
            return (state.publishedID, !state.isTicking)
        }
        if mustTick { Task { await tick() } }
        return id
    }

    func leave(_ viewer: LiveViewer) {
        _ = state.withLock { $0.viewers.removeValue(forKey: ObjectIdentifier(viewer)) }
    }

    /// Lets all viewers go.
    func close() {
        for viewer in state.withLock({ $0.viewers.values.map(\.self) }) { viewer.close() }
    }

    /// Nobody watches: what is new is passed over, unless somebody has come since.
    private func skip() -> Bool {
        let last = live.lastID
        return state.withLock { state in
            guard state.viewers.isEmpty else { return false }
            state.publishedID = last
            return true
        }
    }

    /// Tells the status once a second where it is news, as long as somebody watches.
    private func tick() async {
        var (told, silence) = (live.revision, 0)
        while true {
            try? await Task.sleep(for: Self.statusPause)
            let isWatched = state.withLock { state in
                state.isTicking = !state.viewers.isEmpty
                return state.isTicking
            }
            guard isWatched else { return }
            let revision = live.revision
            silence += 1
            if revision != told || !live.isSettled, let json = await status() {
                tell(LiveFrame(status: json))
                (told, silence) = (revision, 0)
            } else if silence >= Self.silentPauses {
                tell(.keepAlive)
                silence = 0
            }
        }
    }

    private func tell(_ frame: LiveFrame) {
        for viewer in state.withLock({ $0.viewers.values.map(\.self) }) { viewer.offer(frame) }
    }
}

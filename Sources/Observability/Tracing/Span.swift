internal import ProbeEvents
internal import Synchronization

/// A span that is open: safe from any thread, told to be exported when it ends.
package final class Span: Sendable {
    /// Its numbers, for its children and for other processes.
    package let context: SpanContext
    /// Whether anything that is noted in it is kept.
    package let isRecording: Bool

    private struct State {
        var data: SpanData
        var isEnded = false
    }

    private let state: Mutex<State>
    private let started: EventClock
    /// Who knows it as open until it has ended, so that the two do not keep each other for ever.
    private let manager: SpanManager?
    /// Its place among the open ones; nil when it is not kept.
    let place: Int?

    init(_ data: SpanData, started: EventClock, place: Int?, manager: SpanManager?) {
        context = data.context
        isRecording = place != nil
        state = Mutex(State(data: data))
        self.started = started
        self.place = place
        self.manager = manager
    }

    /// When it began, CLOCK_MONOTONIC, nanoseconds.
    var startedNanoseconds: UInt64 { started.monotonicNanoseconds }

    /// What is in it by now.
    package var data: SpanData { state.withLock { $0.data } }

    /// Changes what is in it; nothing when it is not kept or has ended.
    package func update(_ change: (inout SpanData) -> Void) {
        guard isRecording else { return }
        state.withLock { if !$0.isEnded { change(&$0.data) } }
    }

    /// Puts an attribute in, in the place of one with the same key.
    package func set(_ key: String, _ value: AttributeValue) { update { $0.set(key, value) } }

    /// Adds an event of this moment.
    package func addEvent(_ name: String, _ attributes: [Attribute] = []) {
        update { $0.addEvent(name, wallNanoseconds: now, attributes) }
    }

    /// Notes an error of this moment.
    package func record(_ error: any Error) {
        update { $0.record(error, wallNanoseconds: now) }
    }

    /// Ends it now, or at that wall time; a second time does nothing.
    package func end(wallNanoseconds: UInt64? = nil) {
        guard isRecording else { return }
        let ended = state.withLock { state -> SpanData? in
            guard !state.isEnded else { return nil }
            state.isEnded = true
            state.data.endNanoseconds = max(state.data.startNanoseconds, wallNanoseconds ?? now)
            return state.data
        }
        if let ended { manager?.end(self, ended) }
    }

    /// The wall time by the clock that does not jump.
    private var now: UInt64 {
        started.wall(atMonotonic: EventClock.monotonicNow)
    }
}

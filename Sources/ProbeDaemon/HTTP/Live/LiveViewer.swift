internal import NIOCore
internal import Synchronization

/// What waits for one viewer, bounded: the oldest exchanges make room, and are counted.
final class LiveViewer: Sendable {
    /// What waits at most; frames are shared, so that sleeping viewers cost little more than one.
    private static let mostBytes = 1 << 20

    fileprivate struct State {
        var frames: [LiveFrame] = []
        var bytes = 0
        var dropped: UInt64 = 0
        var isClosed = false
        var waiting: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    /// Puts a frame behind those that wait.
    func offer(_ frame: LiveFrame) {
        let waiting = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard !state.isClosed else { return nil }
            state.append(frame)
            while state.bytes > Self.mostBytes, state.frames.count > 1 { state.drop(at: 0) }
            return state.taken()
        }
        waiting?.resume()
    }

    /// Ends it: what waits is not sent any more.
    func close() {
        let waiting = state.withLock { state in
            (state.isClosed, state.frames) = (true, [])
            return state.taken()
        }
        waiting?.resume()
    }

    /// The next bytes; waits until there are any; nil when it has ended. One task alone may ask.
    func next() async -> ByteBuffer? {
        while true {
            let (bytes, isClosed) = state.withLock { ($0.take(), $0.isClosed) }
            if isClosed || bytes != nil { return isClosed ? nil : bytes }
            await withCheckedContinuation { continuation in
                let isReady = state.withLock { state in
                    let isReady = state.isClosed || !state.frames.isEmpty
                    if !isReady { state.waiting = continuation }
                    return isReady
                }
                if isReady { continuation.resume() }
            }
        }
    }
}

extension LiveViewer.State {
    fileprivate mutating func append(_ frame: LiveFrame) {
        if case .status = frame.kind, let older = frames.firstIndex(where: \.isStatus) { drop(at: older) }
        frames.append(frame)
        bytes += frame.bytes.readableBytes
    }

    fileprivate mutating func drop(at place: Int) {
        let frame = frames.remove(at: place)
        bytes -= frame.bytes.readableBytes
        if case .exchanges(let count) = frame.kind { dropped += UInt64(count) }
    }

    /// What was dropped is told where it would have been: first.
    fileprivate mutating func take() -> ByteBuffer? {
        guard dropped == 0 else {
            defer { dropped = 0 }
            return LiveFrame.gap(dropped)
        }
        guard !frames.isEmpty else { return nil }
        let frame = frames.removeFirst()
        bytes -= frame.bytes.readableBytes
        return frame.bytes
    }

    fileprivate mutating func taken() -> CheckedContinuation<Void, Never>? {
        defer { waiting = nil }
        return waiting
    }
}

extension LiveFrame {
    fileprivate var isStatus: Bool { if case .status = kind { true } else { false } }
}

internal import Glibc
internal import Observability
internal import ProbeEvents

/// Events in a file, an event a line: read from a ring, so that nobody waits for a disk.
struct EventRecording: Sendable {
    /// Events that wait for the file.
    private static let queueCapacity = 65_536
    /// A run's file ends here: a day of a fast card is less.
    private static let longestBytes = 4 << 30

    /// Reads the events.
    let reader: EventRing.Reader

    private let writing: RecordingWriter

    /// Makes the file of a run.
    init(_ path: String) throws(EventRecordingError) {
        self.init(try RecordingWriter(path, .ending(atBytes: Self.longestBytes))) { _, _ in }
    }

    /// Makes the file of a daemon, which begins anew when it and the one before, `PATH.1`, have so many bytes.
    ///
    /// - Parameter onLoss: counts what is not written, and why.
    init(
        _ path: String, rotatingAtBytes bytes: Int64, onLoss: @escaping @Sendable (ExportFailureReason, UInt64) -> Void
    ) throws(EventRecordingError) {
        self.init(try RecordingWriter(path, .rotating(atBytes: Int(clamping: bytes / 2))), onLoss: onLoss)
    }

    private init(_ writing: RecordingWriter, onLoss: @escaping @Sendable (ExportFailureReason, UInt64) -> Void) {
        self.writing = writing
        writing.onLoss = { onLoss(.write, $0) }
        reader = EventRing.Reader(
            writing, name: "events", capacity: Self.queueCapacity, gathering: .milliseconds(200),
            whenDrained: { writing.write() }
        ) { _, count in
            onLoss(.queueFull, count)
            writing.noteLost(count)
        }
    }

    /// Events that wait.
    var waitingCount: Int { reader.length }

    /// Why it cannot be written at this moment, in one line; nil when it can.
    var problem: String? { writing.problem }

    /// Nothing is to be recorded.
    func giveUp() { writing.giveUp() }

    /// Writes what waits, closes the file; one line on what is not in it, nil when all is.
    func finish() -> String? {
        reader.finish(within: .seconds(2))
        return writing.end()
    }
}

/// Why events cannot be recorded.
struct EventRecordingError: ExplainedError {
    let path: String
    let errno: Int32

    /// One line: what, where, what to do next.
    var explanation: String {
        "cannot write \(path): \(String(cString: strerror(errno))); name another file for events"
    }
}

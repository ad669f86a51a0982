package import Observability
package import ProbeEvents
internal import Synchronization

/// The history on this machine: takes events, and writes them into a file a second later at most.
///
/// Who tells an event never waits for a disk. What is dropped since too much waits, and what could not be written at
/// the end, is counted.
package final class HistoryStore: Sendable {
    /// Where it is, and how much of it is kept.
    package struct Settings: Sendable, Hashable {
        /// The file.
        package var path: String
        /// How long anything is kept.
        package var maxAge: Duration
        /// How large the file may become.
        package var maxBytes: Int64

        /// Settings from their parts.
        package init(path: String, maxAge: Duration, maxBytes: Int64) {
            (self.path, self.maxAge, self.maxBytes) = (path, maxAge, maxBytes)
        }

        /// The file in this process' state directory.
        package static var usualPath: String { StateDirectory.path + "/history.db" }
    }

    /// Events that wait for the file: more than a second of a fast card, or some minutes of a bench.
    package static let queueCapacity = 8_192
    /// How long the first event waits for others.
    private static let gathering = Duration.seconds(1)

    /// Reads the events that leave anything in the file.
    package let reader: EventRing.Reader
    private let writer: StoreWriter

    /// A history that is not opened before its first event.
    ///
    /// - Parameters:
    ///   - probe: the process of the probe, whose own run it becomes.
    ///   - senses: how the bench is asked when a run or the use of a device begins.
    ///   - tell: hears what the file was asked for, and whether it works.
    ///   - onLoss: counts what is not written, and why.
    package init(
        _ settings: Settings, diary: BenchDiary, probe: ClientProcess,
        senses: BenchSenses, tell: @escaping @Sendable (ProbeEvent) -> Void,
        onLoss: @escaping @Sendable (ExportFailureReason, Int) -> Void
    ) {
        let writer = StoreWriter(
            path: settings.path,
            recorder: HistoryRecorder(diary: diary, probe: probe, senses: senses),
            retention: StoreRetention(maxAge: settings.maxAge, maxBytes: settings.maxBytes), tell: tell
        ) { onLoss(.write, $0) }
        self.writer = writer
        reader = EventRing.Reader(
            writer, name: "store", capacity: Self.queueCapacity, gathering: Self.gathering,
            takes: HistoryRecorder.keeps, whenDrained: { writer.commit() }
        ) { _, count in onLoss(.queueFull, Int(clamping: count)) }
    }

    /// Events that wait.
    package var waitingCount: Int { reader.length }

    /// Why it cannot write at this moment, in one line; nil when it can.
    package var problem: String? { writer.presentFault?.explanation }

    /// Writes what has come so far.
    package func flush() async { await reader.flush() }

    /// Writes what waits and closes the file, within some seconds.
    package func finish() {
        reader.finish(within: .seconds(2))
        writer.close()
    }
}

internal import Foundation
internal import Glibc
internal import Logging
internal import ProbeEvents
internal import Synchronization

/// Writes records as lines on a thread of its own, from a bounded queue.
final class LogWriter: LogSink {
    private let queue: LogQueue
    private let shape: LineShape

    /// A writer that begins to write; what is wrong with a file it says as `speaker` on standard error.
    init(
        to output: LoggingConfig.Output, format: LoggingConfig.Format, text: LogText, speaker: String = "log",
        capacity: Int = 4_096, byteLimit: Int = 4 << 20
    ) {
        queue = LogQueue(capacity: capacity, byteLimit: byteLimit)
        shape = LineShape(format, text)
        let (queue, shape) = (queue, shape)
        Thread.detachNewThread { LogWork(queue, shape, output, speaker).run() }
    }

    deinit { _ = queue.finish(within: .zero) }

    /// How lines are written from now on.
    var format: LoggingConfig.Format {
        get { shape.format }
        set { shape.format = newValue }
    }

    /// How many lines wait.
    var waitingCount: Int { queue.count }

    func receive(_ record: LogRecord) { queue.append(record) }

    /// Writes what waits, and takes no more; whether all has been written.
    func finish(within limit: Duration) -> Bool { queue.finish(within: limit) }

    /// Calls this for lines that are lost, and at once for those that have been.
    func countLosses(_ count: @escaping @Sendable (LogLoss, Int) -> Void) { queue.countLosses(count) }
}

/// How records become lines; the format may change at any time.
private final class LineShape: Sendable {
    private let text: LogText
    private let isJSON: Atomic<Bool>

    init(_ format: LoggingConfig.Format, _ text: LogText) {
        self.text = text
        isJSON = Atomic(format == .json)
    }

    var format: LoggingConfig.Format {
        get { isJSON.load(ordering: .relaxed) ? .json : .text }
        set { isJSON.store(newValue == .json, ordering: .relaxed) }
    }

    func append(_ record: LogRecord, to lines: inout [UInt8]) {
        switch format {
        case .json: LogJSON.append(record, to: &lines)
        case .text: text.append(record, to: &lines)
        }
    }
}

/// The writer's thread.
private struct LogWork: ~Copyable {
    private static let batch = 256
    private static let lineEnd = UInt8(ascii: "\n")

    private let queue: LogQueue
    private let shape: LineShape
    private let output: LoggingConfig.Output
    private let speaker: String
    private var file: LogFile
    /// Lines that are being written, and how far that has come.
    private var lines: [UInt8] = []
    private var written = 0
    /// How many of them are what somebody said; notices of losses stand before.
    private var recordCount = 0
    /// Why they could not be written at the last try.
    private var failure: CInt?

    init(_ queue: LogQueue, _ shape: LineShape, _ output: LoggingConfig.Output, _ speaker: String) {
        self.speaker = speaker
        self.queue = queue
        self.shape = shape
        self.output = output
        file = LogFile(output)
    }

    consuming func run() {
        // A program's signals go to its own threads, and a FIFO without a reader is no signal.
        var all = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_SETMASK, &all, nil)
        while true {
            switch queue.next(Self.batch) {
            case .wait: queue.waitForWork()
            case .write(let records, let lost):
                render(records, lost)
                guard writeAll() else { return queue.tellEnd() }
            case .end: return queue.tellEnd()
            }
        }
    }

    private mutating func render(_ records: [LogRecord], _ lost: [LogLoss: Int]) {
        lines.removeAll(keepingCapacity: true)
        written = 0
        recordCount = records.count
        for loss in LogLoss.allCases {
            guard let count = lost[loss] else { continue }
            let time = records.first?.wallNanoseconds ?? EventClock.now.wallNanoseconds
            shape.append(notice(count, loss, wallNanoseconds: time), to: &lines)
        }
        for record in records { shape.append(record, to: &lines) }
    }

    private func notice(_ count: Int, _ loss: LogLoss, wallNanoseconds: UInt64) -> LogRecord {
        let reason =
            switch loss {
            case .queueFull: "they came faster than they could be written"
            case .write: "\(name) could not be written"
            case .end: "the log was ending"
            }
        return LogRecord(
            wallNanoseconds: wallNanoseconds, level: .warning, logger: LogComponent.log.label, component: .log,
            message: "\(count) \(count == 1 ? "line was" : "lines were") lost here: \(reason)",
            fields: [LogField("lost", .integer(Int64(count)))])
    }

    /// Tries until all is written; false when there is no more time for that.
    private mutating func writeAll() -> Bool {
        while let code = attempt() {
            let isSlow = code == EAGAIN
            noteFailure(code)
            queue.setTaken(min(recordCount, lines[written...].count { $0 == Self.lineEnd }))
            if let lost = queue.giveUp(isSlow: isSlow) {
                sayBesides("\(lost) \(lost == 1 ? "line" : "lines") of the log were lost at its end")
                return false
            }
            if isSlow { usleep(20_000) } else { queue.pause(.seconds(1)) }
        }
        noteSuccess()
        return true
    }

    /// Writes what is left; why that was not all.
    private mutating func attempt() -> CInt? {
        switch file.prepare() {
        case .failed(let code): return code
        case .same: break
        case .anew(let isInLine):
            // The half of a line that is elsewhere is of no use here.
            written = lines[..<written].lastIndex(of: Self.lineEnd).map { $0 + 1 } ?? 0
            if isInLine { lines.insert(Self.lineEnd, at: written) }
        }
        let (count, code) = file.write(lines[written...])
        written += count
        return code
    }

    // MARK: What a person is told besides

    private var name: String {
        switch output {
        case .standardError: "standard error"
        case .file(let path): path
        }
    }

    private mutating func noteFailure(_ code: CInt) {
        defer { failure = code }
        guard failure == nil else { return }
        queue.setFailing(true)
        let reason = code == EAGAIN ? "nobody reads it" : String(cString: strerror(code))
        sayBesides("the log cannot be written to \(name): \(reason); the newest lines are kept until it can")
    }

    private mutating func noteSuccess() {
        guard failure != nil else { return }
        failure = nil
        queue.setFailing(false)
        sayBesides("the log is written to \(name) again")
    }

    /// Says it on standard error, if that is another output and takes it at once.
    private func sayBesides(_ text: String) {
        guard output != .standardError else { return }
        var poll = pollfd(fd: STDERR_FILENO, events: Int16(POLLOUT), revents: 0)
        guard Glibc.poll(&poll, 1, 0) == 1, poll.revents & Int16(POLLOUT) != 0 else { return }
        var line: [UInt8] = []
        LogEscapes.append("\(speaker): \(text)", quotes: false, to: &line)
        line.append(Self.lineEnd)
        _ = Glibc.write(STDERR_FILENO, line, line.count)
    }
}

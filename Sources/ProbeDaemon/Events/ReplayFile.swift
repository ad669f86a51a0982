internal import Dispatch
internal import Glibc
internal import Gzip
internal import Observability
internal import ProbeEvents
internal import SmartCard
package import Taps

/// A file that is told again: events, a test report, or another program's log; compressed with gzip or not.
struct ReplayFile {
    private static let pieceBytes = LogFormat.recognisedBytes
    /// All but secrets and the contents of files.
    private static let level = Redaction.Level.capture

    let path: String
    /// What it is; nil where that is to be seen by itself.
    var format: LogFormat?
    /// Counted from 1.
    let number: Int

    /// Its name without directories.
    var name: String { path.split(separator: "/").last.map(String.init) ?? path }

    /// Says why a file cannot be read, as far as that can be told without reading: a pipe can be read once.
    static func checkReadable(_ path: String) throws(EventFileError) {
        var status = stat()
        if path == "-" { return }
        guard stat(path, &status) == 0, access(path, R_OK) == 0 else {
            throw EventFileError(path: path, reason: String(cString: strerror(errno)))
        }
        if status.st_mode & S_IFMT == S_IFDIR { throw EventFileError(path: path, reason: "it is a directory") }
    }

    /// Reads it; recordings go on in `events` from one file to the next. Returns what came of a log.
    func read(
        events: inout EventReader, into redacted: RedactedFile?, tell: (ProbeEvent) -> Void,
        complain: (LineFault) -> Void
    ) throws -> ReplayedLog? {
        guard let file = InflatedFile(path) else {
            throw EventFileError(path: path, reason: String(cString: strerror(errno)))
        }
        var piece = [UInt8](repeating: 0, count: Self.pieceBytes)
        guard let count = file.read(into: &piece) else {
            throw EventFileError(path: path, reason: String(cString: strerror(errno)))
        }
        let recognised =
            format ?? piece.withUnsafeBytes { LogFormat(recognising: UnsafeRawBufferPointer(rebasing: $0[..<count])) }
        guard let format = recognised ?? (count == 0 ? .events : nil) else {
            throw ReplayError.unknownFormat(path)
        }
        let client = ClientProcess(id: UInt64(number) << 32, pid: 0, program: name)
        guard let reader = format.reader(client: client, redacting: redacted == nil ? nil : Self.level) else {
            return try readEvents(file, format, &piece, count, &events, redacted, tell, complain)
        }
        let ahead = LogAhead(file, behind: piece, count, reader)
        while let news = ahead.next() { try take(news, redacted, tell, complain) }
        if file.isBroken { throw EventFileError(path: path, reason: "it is cut off or damaged") }
        return ReplayedLog(file: path, format: format, account: reader.account, cuts: reader.cuts)
    }

    private func take(
        _ news: LogNews, _ redacted: RedactedFile?, _ tell: (ProbeEvent) -> Void, _ complain: (LineFault) -> Void
    ) throws {
        news.faults.forEach(complain)
        news.events.forEach(tell)
        try redacted?.append(news.redacted)
    }

    /// Recordings and reports.
    private func readEvents(
        _ file: InflatedFile, _ format: LogFormat, _ piece: inout [UInt8], _ count: Int, _ events: inout EventReader,
        _ redacted: RedactedFile?, _ tell: (ProbeEvent) -> Void, _ complain: (LineFault) -> Void
    ) throws -> ReplayedLog? {
        if redacted != nil, format == .junit { throw ReplayError.notRedacted(path) }
        let begin = Array(piece[..<count])
        guard let redacted else {
            try EventFile(path).read(file, behind: begin, with: &events, tell: tell, complain: complain)
            return nil
        }
        var redactor = EventRedactor(level: Self.level)
        events.beginFile()
        try Self.readPieces(file, &piece, count) { bytes in
            let result = bytes.isEmpty ? events.ended() : events.received(bytes)
            result.faults.forEach(complain)
            result.events.forEach(tell)
            try redacted.append(bytes.isEmpty ? redactor.ended() : redactor.received(bytes))
        }
        if file.isBroken { throw EventFileError(path: path, reason: "it is cut off or damaged") }
        return ReplayedLog(file: path, format: format, account: nil, cuts: redactor.cuts)
    }

    /// Tells piece after piece, and at the end one without bytes.
    private static func readPieces(
        _ file: InflatedFile, _ piece: inout [UInt8], _ first: Int, _ take: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        var count = first
        while count > 0 {
            try piece.withUnsafeBytes { try take(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
            count = file.read(into: &piece) ?? 0
        }
        try take(UnsafeRawBufferPointer(start: nil, count: 0))
    }
}

/// Reads a log a piece ahead, on a thread of its own, while what was read before is told: nearly twice as fast.
///
/// `@unchecked Sendable`: that thread alone touches what is in it until it signals, and nobody but the caller from then
/// until the next piece is begun.
private final class LogAhead: @unchecked Sendable {
    private let file: InflatedFile
    private let reader: any LogReader
    private var piece: [UInt8]
    private var count: Int
    private var isEnded = false
    private var news: LogNews?
    private let queue = DispatchQueue(label: "cardlink-probe.log")
    private let isRead = DispatchSemaphore(value: 0)

    /// Begins with the piece that was read already.
    init(_ file: InflatedFile, behind piece: [UInt8], _ count: Int, _ reader: any LogReader) {
        (self.file, self.piece, self.count, self.reader) = (file, piece, count, reader)
        begin()
    }

    /// What the next piece told; nil behind the last one.
    func next() -> LogNews? {
        isRead.wait()
        guard let news else { return nil }
        begin()
        return news
    }

    private func begin() {
        queue.async { [self] in
            news = read()
            isRead.signal()
        }
    }

    private func read() -> LogNews? {
        guard !isEnded else { return nil }
        guard count > 0 else {
            isEnded = true
            return reader.ended()
        }
        let news = piece.withUnsafeBytes { reader.received(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
        count = file.read(into: &piece) ?? 0
        return news
    }
}

/// What came of a log by another program.
package struct ReplayedLog: Sendable {
    /// Its path.
    package var file: String
    /// What it was.
    package var format: LogFormat
    /// What was read; nil for events, which are counted where they are told.
    package var account: LogAccount?
    /// What was cut out of it.
    package var cuts: LogCuts

    /// One line on what was read, and what it does not say; nil for events.
    package var words: String? {
        guard let account else { return nil }
        var parts = [SummaryFormat.plural(account.commands, "command")]
        if account.unanswered > 0 { parts.append("\(account.unanswered) without an answer") }
        if account.untimed == account.commands, account.commands > 0 {
            parts.append("it does not say how long they took")
        } else if account.untimed > account.unanswered {
            parts.append("of \(account.untimed) it does not say how long they took")
        }
        if account.unread > 0 { parts.append("\(SummaryFormat.plural(account.unread, unit)) could not be read") }
        if !format.hasTimeOfDay, account.commands > 0 {
            parts.append("it has no date, so that they are told as of now")
        }
        return "\(file): \(format.title), \(parts.joined(separator: "; "))"
    }

    /// One line on what was cut.
    package var cutWords: String {
        guard !cuts.isNothing else { return "\(file): nothing was cut" }
        let commands = cuts.commands.sorted { ($1.value, $0.key.name) < ($0.value, $1.key.name) }
        let names = commands.map { "\($0.key.name) ×\($0.value)" }.joined(separator: ", ")
        var parts: [String] = []
        if !commands.isEmpty {
            parts.append("\(SummaryFormat.plural(cuts.bytes, "byte")) of commands and answers (\(names))")
        }
        if cuts.otherLines > 0 { parts.append("hex in \(SummaryFormat.plural(cuts.otherLines, "other line"))") }
        return "\(file): cut \(parts.joined(separator: "; "))"
    }

    private var unit: String { format == .capture ? "packet" : "line" }
}

/// A log as it is written again: beside its place until it is whole, or on standard output.
final class RedactedFile {
    private let path: String
    private let part: String
    private var descriptor: Int32

    init(_ path: String) throws(ReplayError) {
        self.path = path
        part = path == "-" ? path : "\(path).\(getpid()).part"
        descriptor = path == "-" ? dup(STDOUT_FILENO) : open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .cannotWrite(path, errno) }
    }

    deinit {
        guard descriptor >= 0 else { return }
        close(descriptor)
        if path != "-" { unlink(part) }
    }

    func append(_ bytes: [UInt8]) throws(ReplayError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 || errno == EINTR else { throw .cannotWrite(path, errno) }
            rest = rest.dropFirst(max(0, count))
        }
    }

    /// All of it is there.
    func commit() throws(ReplayError) {
        close(descriptor)
        descriptor = -1
        guard path != "-" else { return }
        guard rename(part, path) == 0 else {
            let number = errno
            unlink(part)
            throw .cannotWrite(path, number)
        }
    }
}

/// Why something is not told again.
enum ReplayError: ExplainedError {
    case unknownFormat(String)
    case notRedacted(String)
    case cannotWrite(String, Int32)
    case history(String)
    case incomplete(String)

    /// One line: what, where, what to do next.
    var explanation: String {
        switch self {
        case .unknownFormat(let path):
            "cannot tell what \(path) is; say it with --format: "
                + LogFormat.allCases.map(\.name).joined(separator: ", ")
        case .notRedacted(let path):
            "\(path) is a test report, which may have anything in it; --redact is for logs of commands"
        case .cannotWrite(let path, let number):
            "cannot write \(path): \(String(cString: strerror(number))); name another file"
        case .history(let problem), .incomplete(let problem): problem
        }
    }
}

import Foundation
import Logging
import Synchronization
import TestSupport

@testable import Observability

/// A sink that keeps what it hears.
final class KeptRecords: LogSink {
    private let kept = Mutex<[LogRecord]>([])

    func receive(_ record: LogRecord) { kept.withLock { $0.append(record) } }

    var all: [LogRecord] { kept.withLock { $0 } }
}

extension LogRecord {
    /// A record with what a test does not care about.
    static func saying(_ message: String, level: Logger.Level = .info, fields: [LogField] = []) -> LogRecord {
        LogRecord(
            wallNanoseconds: 1_738_367_999_123_456_789, level: level, logger: "cardlink-probe.serve", component: .serve,
            message: message, fields: fields)
    }
}

/// Counts of lost lines.
final class LostLines: Sendable {
    private let counts = Mutex<[LogLoss: Int]>([:])

    func add(_ loss: LogLoss, _ count: Int) { counts.withLock { $0[loss, default: 0] += count } }

    subscript(loss: LogLoss) -> Int { counts.withLock { $0[loss] ?? 0 } }
    var total: Int { counts.withLock { $0.values.reduce(0, +) } }
}

extension LogWriter {
    /// A writer of JSON lines to a file, that says numbers.
    convenience init(file: String, capacity: Int = 4_096, byteLimit: Int = 4 << 20, lost: LostLines) {
        self.init(to: .file(file), format: .json, text: LogText(), capacity: capacity, byteLimit: byteLimit)
        countLosses { lost.add($0, $1) }
    }

    func say(_ number: Int) { receive(.saying("line \(number)")) }

    /// Whether nothing waits any more.
    func isIdle(within seconds: Double = 5) -> Bool { eventually(within: seconds) { waitingCount == 0 } }
}

/// What a log of JSON lines says, by the library's own reader; throws where a line is torn.
struct LogLines {
    private struct Line: Decodable {
        var level: String
        var component: String
        var message: String
        var fields: Fields?
    }

    private struct Fields: Decodable {
        var lost: Int?
    }

    /// The numbers of `line N`, in order.
    private(set) var numbers: [Int] = []
    /// Sum over the notices of lost lines.
    private(set) var lost = 0
    private(set) var messages: [String] = []

    init(_ text: String) throws {
        guard text.isEmpty || text.hasSuffix("\n") else { throw TestFailure("torn at its end: \(text.suffix(80))") }
        for line in text.split(separator: "\n") {
            let line = try JSONDecoder().decode(Line.self, from: Data(line.utf8))
            messages.append(line.message)
            if let number = Int(line.message.dropFirst("line ".count)) { numbers.append(number) }
            if line.component == "log" { lost += line.fields?.lost ?? 0 }
        }
    }
}

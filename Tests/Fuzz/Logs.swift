import ProbeEvents
import SmartCard

@testable import Taps

/// libFuzzer: whatever another program's log says, it is read to its end, and the same however it is cut. Written again it
/// is as long, and differs in digits and letters that were cut only. One without a fault tells of each command what
/// redaction keeps, and once more nothing is cut of it.
///
/// An input: a byte for the format and the level, one for how long the pieces are, then the log.
@_cdecl("LLVMFuzzerTestOneInput")
public func takeLog(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    let bytes = UnsafeBufferPointer(start: start, count: count)
    guard let kind = bytes.first, let piece = bytes.dropFirst().first else { return 0 }
    let formats = LogFormat.allCases.filter { $0 != .events && $0 != .junit }
    let format = formats[Int(kind & 0x0F) % formats.count]
    let level = Redaction.Level.allCases[Int(kind >> 4) % Redaction.Level.allCases.count]
    let log = Array(bytes.dropFirst(2))
    _ = log.withUnsafeBytes { LogFormat(recognising: $0) }
    let whole = ReadLog(log, as: format, redacting: level)
    let torn = ReadLog(log, as: format, redacting: level, piece: 1 + Int(piece))
    precondition(whole.told == torn.told && whole.faults == torn.faults && whole.redacted == torn.redacted)
    precondition(whole.account == torn.account && whole.cuts == torn.cuts)
    precondition(whole.told == ReadLog(log, as: format, redacting: nil).told)
    if format != .capture { holdRedaction(of: log, whole, as: format, level) }
    return 0
}

private func holdRedaction(of log: [UInt8], _ whole: ReadLog, as format: LogFormat, _ level: Redaction.Level) {
    precondition(whole.redacted.count == log.count)
    for (before, after) in zip(log, whole.redacted) where before != after {
        precondition(after == UInt8(ascii: "0") && HexDigit.value(before) != nil || after == UInt8(ascii: "."))
    }
    // Of a line that cannot be read every digit is cut, and it may be another one then.
    guard whole.faults.isEmpty else { return }
    let again = ReadLog(whole.redacted, as: format, redacting: level)
    precondition(again.redacted == whole.redacted && again.cuts.isNothing)
    let kept = whole.told.map { exchange in
        let kept = Redaction.kept(command: exchange.command, response: exchange.response, level: level)
        return Told(place: exchange.place, command: kept.command, response: kept.response)
    }
    // Where a command may be shown twice in a row, two that differ in what is cut become one.
    precondition(again.told == kept || format == .hex)
}

/// What an exchange says that does not depend on when the log was read.
private struct Told: Equatable {
    var place: String
    var command: [UInt8]
    var response: [UInt8]
}

/// What came of a log.
private struct ReadLog {
    var told: [Told] = []
    var faults: [LineFault] = []
    var redacted: [UInt8] = []
    var account: LogAccount
    var cuts: LogCuts

    init(_ log: [UInt8], as format: LogFormat, redacting level: Redaction.Level?, piece: Int = .max) {
        let client = ClientProcess(id: 1, pid: 1, program: "fuzz")
        guard let reader = format.reader(client: client, redacting: level) else { preconditionFailure("no reader") }
        (account, cuts) = (reader.account, reader.cuts)
        log.withUnsafeBytes { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let part = rest.prefix(piece)
                take(reader.received(UnsafeRawBufferPointer(rebasing: part)))
                rest = rest.dropFirst(part.count)
            }
        }
        take(reader.ended())
        (account, cuts) = (reader.account, reader.cuts)
    }

    private mutating func take(_ news: LogNews) {
        redacted += news.redacted
        for event in news.events {
            guard let line = try? EventLine.encode(event) else { preconditionFailure("no line of an event") }
            precondition(event.isWithinBounds && !line.contains(0x0A))
            guard case .apdu(let exchange) = event else { continue }
            told.append(
                Told(
                    place: "\(exchange.session) \(exchange.reader)", command: exchange.command.bytes,
                    response: exchange.response.bytes))
        }
        faults += news.faults
    }
}

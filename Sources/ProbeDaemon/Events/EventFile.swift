internal import Glibc
internal import Gzip
internal import ProbeEvents
package import Taps

/// A file of events, a JSON object a line, or a test report in JUnit's form; compressed with gzip or not. It is read
/// piece by piece, and events may be of any length.
package struct EventFile {
    private static let pieceBytes = 1 << 16

    private let path: String

    /// A file by its path; `-` is standard input.
    package init(_ path: String) { self.path = path }

    /// Reads it as the event socket would; returns how many lines are events.
    package func check(complain: (LineFault) -> Void) throws(EventFileError) -> UInt64 {
        var reader = EventReader()
        return try read(with: &reader, tell: { _ in }, complain: complain)
    }

    /// Reads it behind what a reader has read before; returns how many of its lines, or of a report's tests and suites,
    /// are events.
    @discardableResult
    func read(
        with reader: inout EventReader, tell: (ProbeEvent) -> Void, complain: (LineFault) -> Void
    ) throws(EventFileError) -> UInt64 {
        guard let file = InflatedFile(path) else {
            throw EventFileError(path: path, reason: String(cString: strerror(errno)))
        }
        var piece = [UInt8](repeating: 0, count: Self.pieceBytes)
        guard let count = file.read(into: &piece) else {
            throw EventFileError(path: path, reason: String(cString: strerror(errno)))
        }
        return try read(file, behind: Array(piece[..<count]), with: &reader, tell: tell, complain: complain)
    }

    /// The same of one that is open and has been read so far.
    @discardableResult
    func read(
        _ file: InflatedFile, behind begin: [UInt8], with reader: inout EventReader, tell: (ProbeEvent) -> Void,
        complain: (LineFault) -> Void
    ) throws(EventFileError) -> UInt64 {
        reader.beginFile()
        let before = reader.eventCount
        func take(_ result: EventReader.Result) {
            result.faults.forEach(complain)
            result.events.forEach(tell)
        }
        let report = JUnitReader.isReport(begin) ? JUnitReader() : nil
        var piece = begin
        var count = begin.count
        while count > 0 {
            take(report?.received(piece[..<count]) ?? reader.received(piece[..<count]))
            if piece.count < Self.pieceBytes { piece = [UInt8](repeating: 0, count: Self.pieceBytes) }
            count = file.read(into: &piece) ?? 0
        }
        take(report?.ended() ?? reader.ended())
        if file.isBroken { throw EventFileError(path: path, reason: "it is cut off or damaged") }
        return report?.eventCount ?? (reader.eventCount - before)
    }
}

/// Why a file of events cannot be read.
package struct EventFileError: ExplainedError {
    let path: String
    let reason: String

    /// One line: what, where, what to do next.
    package var explanation: String {
        "cannot read \(path): \(reason); name a file with an event a line, or - for standard input"
    }
}

internal import FoundationEssentials
internal import Glibc
package import ProbeEvents

/// What the first line of a flight's file says: the fault, and what was known beside the events that follow it.
package struct FlightHeader: Sendable, Hashable, Codable {
    /// How a command usually went on that card, as far as the probe has seen it.
    package struct Usual: Sendable, Hashable, Codable {
        package var command: String
        /// How often it was sent before.
        package var calls: UInt64
        /// How often it failed.
        package var errors: UInt64
        package var p50Seconds: Double
        package var p95Seconds: Double

        package init(command: String, calls: UInt64, errors: UInt64, p50Seconds: Double, p95Seconds: Double) {
            (self.command, self.calls, self.errors) = (command, calls, errors)
            (self.p50Seconds, self.p95Seconds) = (p50Seconds, p95Seconds)
        }

        enum CodingKeys: String, CodingKey {
            case command, calls, errors
            case p50Seconds = "p50_seconds"
            case p95Seconds = "p95_seconds"
        }
    }

    package var kind: Fault.Kind
    /// The reader, modem, relay or suite.
    package var device: String
    package var message: String
    /// When, as people read it.
    package var time: String
    /// When, on CLOCK_MONOTONIC: the end of the event that tells of it.
    package var nanoseconds: UInt64
    /// The trace that it is part of, in hex; nil for none.
    package var traceID: String?
    /// The bench as it was: versions and names.
    package var bench: [String: String]
    package var usual: Usual?
    /// Faults since the last file of which there is none, since there were too many.
    package var suppressed: UInt64

    enum CodingKeys: String, CodingKey {
        case kind, device, message, time, nanoseconds, bench, usual, suppressed
        case traceID = "trace_id"
    }
}

/// The file of a flight: a line on the fault, then the events around it, a line each as ``EventLine`` writes them.
package struct FlightFile: Sendable, Hashable {
    /// The first line.
    package var header: FlightHeader
    /// What was seen before the fault, and a moment after it.
    package var events: [ProbeEvent]
    /// Lines that could not be read.
    package var unreadLines = 0

    /// A file of more bytes is none of ours.
    private static let longestBytes = 64 << 20

    private struct FirstLine: Codable {
        var flight: FlightHeader
        var v: Int
    }

    package init(header: FlightHeader, events: [ProbeEvent]) { (self.header, self.events) = (header, events) }

    /// Reads a file.
    package init(at path: String) throws(FlightReadError) {
        let text: String
        do throws(BoundedFile.Failure) {
            text = try BoundedFile.text(path, mostBytes: Self.longestBytes)
        } catch {
            throw .file(path: path, error)
        }
        guard let file = Self(text) else { throw .content(path: path) }
        self = file
    }

    /// Reads a file's text; nil when its first line is none of a flight. Other lines that cannot be read are counted.
    package init?(_ text: String) {
        let lines = text.utf8.split(separator: UInt8(ascii: "\n")).map { Data($0) }
        guard let first = lines.first, let read = try? JSONDecoder().decode(FirstLine.self, from: first),
            read.v == EventLine.version
        else { return nil }
        header = read.flight
        events = []
        for line in lines.dropFirst() {
            if let event = try? EventLine.decode(line) { events.append(event) } else { unreadLines += 1 }
        }
        events.sort { $0.stamp.startNanoseconds < $1.stamp.startNanoseconds }
    }

    /// The bytes of the file.
    package func bytes() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var bytes = Array(try encoder.encode(FirstLine(flight: header, v: EventLine.version)))
        bytes.append(UInt8(ascii: "\n"))
        for event in events {
            bytes += try EventLine.encode(event)
            bytes.append(UInt8(ascii: "\n"))
        }
        return bytes
    }
}

/// The folder of flights: so many files of so many bytes at most, the oldest going first.
package struct FlightFolder: Sendable, Hashable {
    /// Where it is where nobody says otherwise.
    package static var usualPath: String { "\(StateDirectory.path)/flights" }

    /// Bytes of all files together.
    private static let longestBytes = 64 << 20
    private static let suffix = ".ndjson"

    package let path: String
    private let fileLimit: Int

    /// A folder of at most that many files.
    package init(path: String, fileLimit: Int = 100) { (self.path, self.fileLimit) = (path, max(1, fileLimit)) }

    /// The names of the files, the oldest first. Those of a time to come are from before the clock was set back.
    package var names: [String] {
        let names = (directoryNames(path) ?? []).filter { $0.hasSuffix(Self.suffix) && $0.first?.isNumber == true }
        let now = Self.text(of: RFC3339.text(wallNanoseconds: EventClock.now.wallNanoseconds))
        func isToCome(_ name: String) -> Bool { name.prefix(now.count) > now }
        return names.filter(isToCome).sorted() + names.filter { !isToCome($0) }.sorted()
    }

    /// The path of a file that is given by path or by its name here; without one of the file that was written last.
    package func path(of file: String?) throws(FlightReadError) -> String {
        if let file { return file.contains("/") || access(file, F_OK) == 0 ? file : "\(path)/\(file)" }
        guard let last = names.last else { throw .none(folder: path) }
        return "\(path)/\(last)"
    }

    /// The name of a flight's file: when, and with what it was. With its label it has room in a line of 80.
    private static func name(of header: FlightHeader) -> String {
        let time = text(of: header.time)
        let device = String(
            header.device.lowercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" }.prefix(28))
        return "\(time)-\(header.kind.rawValue)" + (device.isEmpty ? "" : "-\(device)")
    }

    /// A time as names have it.
    private static func text(of time: String) -> String { time.replacing(":", with: "-") }

    /// The name, and a number for one of several in a millisecond; it sorts behind the one without.
    private func freeName(_ header: FlightHeader) -> String {
        let name = Self.name(of: header)
        let numbered = [name + Self.suffix] + (2...99).map { "\(name)_\($0 < 10 ? "0" : "")\($0)\(Self.suffix)" }
        return numbered.first { access("\(path)/\($0)", F_OK) != 0 } ?? numbered[0]
    }

    /// Why a file is not there.
    package struct Failure: Error, CustomStringConvertible {
        /// One line.
        package let description: String
    }

    /// Puts a file into the folder, in full or not at all, for this user alone; its name, or why it is not there.
    func write(_ file: FlightFile) -> Result<String, Failure> {
        let name = freeName(file.header)
        do {
            try StateFile.create("\(path)/\(name)", try file.bytes(), mode: 0o600)
        } catch {
            let reason = (error as? StateFile.Failure).map { String(cString: strerror($0.errno)) } ?? "\(error)"
            return .failure(Failure(description: "the file of a fault cannot be written to \(path)/\(name): \(reason)"))
        }
        prune()
        return .success(name)
    }

    private func prune() {
        var files = names.map { (path: "\(path)/\($0)", bytes: Self.size("\(path)/\($0)")) }
        var bytes = files.reduce(0) { $0 + $1.bytes }
        while files.count > 1, files.count > fileLimit || bytes > Self.longestBytes {
            let oldest = files.removeFirst()
            bytes -= oldest.bytes
            unlink(oldest.path)
        }
    }

    private static func size(_ path: String) -> Int {
        var status = stat()
        return stat(path, &status) == 0 ? Int(status.st_size) : 0
    }
}

/// Why a flight cannot be read.
package enum FlightReadError: ExplainedError, Hashable {
    /// No fault has left one.
    case none(folder: String)
    /// It cannot be read at all.
    case file(path: String, BoundedFile.Failure)
    /// It is something else.
    case content(path: String)

    /// Whether the file is there and is wrong.
    package var isContent: Bool { if case .content = self { true } else { false } }

    /// One line: what, where, what to do next.
    package var explanation: String {
        switch self {
        case .none(let folder):
            "no fault has left a file in \(folder); they come with cardlink-probe serve, or name a folder with --folder"
        case .file(let path, let failure):
            "\(path) \(failure.reason); the files that there are: cardlink-probe explain --list"
        case .content(let path):
            "\(path) is no file of a fault; for recorded events: cardlink-probe replay \(path)"
        }
    }
}

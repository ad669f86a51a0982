internal import Glibc

/// The card's own record of what it was asked and what it answered: one line an APDU.
///
/// `START TOOK READER COMMAND -> RESPONSE`: CLOCK_MONOTONIC nanoseconds when the command was complete, nanoseconds until
/// the answer was ready, vpcd slot, then hexadecimal. In place of a response that never left stands
/// `removed` (the card was pulled) or `lost` (pcscd went away).
///
/// Tests hold what the probe tells against this file, so nothing in it comes from the probe's decoder. Each line is one
/// write to a descriptor opened for appending: several cards may share a file, and a killed card leaves no half line.
package struct OracleLog: Sendable {
    /// How an exchange ended.
    enum Outcome {
        case answered([UInt8])
        case removed
        case lost
    }

    private let descriptor: Int32
    private let reader: Int

    /// Opens the file for appending; it stays open as long as the process.
    ///
    /// - Parameter reader: the vpcd slot that each line names.
    package init(path: String, reader: Int) throws(SimulatorError) {
        descriptor = try openToAppend(path, doing: "opening the card's log")
        self.reader = reader
    }

    /// Nanoseconds of the clock that the lines are in.
    static func now() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    func record(_ command: [UInt8], startedAt start: UInt64, _ outcome: Outcome) {
        var line = Array("\(start) \(Self.now() &- start) \(reader) ".utf8)
        line += Array(hexadecimal(command).utf8)
        line += Array(" -> ".utf8)
        switch outcome {
        case .answered(let response): line += Array(hexadecimal(response).utf8)
        case .removed: line += Array("removed".utf8)
        case .lost: line += Array("lost".utf8)
        }
        line.append(UInt8(ascii: "\n"))
        // a full disk must not stop the card; the line is then missing, which a comparison shows
        _ = line.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    }
}

internal import Glibc

/// The modem's own record of what went over its port, a line each: CLOCK_MONOTONIC nanoseconds, a word, and what it was.
///
/// `< HEX` came and `> HEX` went, as they were; `command TEXT` and `result TEXT` are what the modem took them for,
/// `unsolicited TEXT` is what it said by itself, `plugged PATH` and `unplugged` are its port.
///
/// Tests hold what the probe tells against this file, so nothing in it comes from the probe's own channel.
package struct ModemLog: Sendable {
    private let descriptor: Int32

    /// Opens the file for appending; it stays open as long as the process.
    package init(path: String) throws(SimulatorError) {
        descriptor = try openToAppend(path, doing: "opening the modem's log")
    }

    func received(_ bytes: some Sequence<UInt8>) { write("< \(hexadecimal(bytes))") }
    func sent(_ bytes: [UInt8]) { write("> \(hexadecimal(bytes))") }

    func note(_ word: String, _ text: String = "") {
        let printable = text.unicodeScalars.map {
            $0.value < 0x20 ? "\\x" + hexadecimal([UInt8($0.value)]) : String($0)
        }
        write(text.isEmpty ? word : "\(word) \(printable.joined())")
    }

    private func write(_ text: String) {
        let line = Array("\(OracleLog.now()) \(text)\n".utf8)
        // A full disk must not stop the modem; the line is then missing, which a comparison shows.
        _ = line.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
    }
}

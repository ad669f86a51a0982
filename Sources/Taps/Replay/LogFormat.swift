/// What is read by `replay`: the probe's own recordings, and the logs that other programs write of commands to cards.
package enum LogFormat: String, CaseIterable, Sendable {
    /// Events, a JSON object a line.
    case events
    /// A test report.
    case junit
    /// What pcscd writes with `--apdu`, alone or with `--debug`, as it is or out of a system log.
    case pcscd
    /// What libpcscspy writes into its pipe, which is what pcsc-spy reads.
    case spy = "pcsc-spy"
    /// What OpenSC writes with `OPENSC_DEBUG=9`.
    case openSC = "opensc"
    /// What apdu4j and GlobalPlatformPro write with `-d`.
    case apdu4j
    /// Commands in hex, a line each, with answers or without, as pySim and scriptor write them.
    case hex
    /// GSMTAP with SIM data, in pcap or pcapng.
    case capture = "pcap"

    /// A line for people: what it is a log of.
    package var title: String {
        switch self {
        case .events: "events"
        case .junit: "a test report"
        case .pcscd: "a log of pcscd"
        case .spy: "a dump of libpcscspy"
        case .openSC: "a debug log of OpenSC"
        case .apdu4j: "a log of apdu4j"
        case .hex: "commands in hex"
        case .capture: "GSMTAP"
        }
    }

    /// Its name, as `--format` takes it.
    package var name: String { rawValue }

    /// How much of a file is looked at, bytes.
    package static let recognisedBytes = 1 << 20

    /// The format of a file that begins so; nil when it looks like none. Other lines may stand before.
    package init?(recognising begin: UnsafeRawBufferPointer) {
        if CaptureMagic.begins(begin) {
            self = .capture
            return
        }
        if JUnitReader.isReport(begin.prefix(64)) {
            self = .junit
            return
        }
        var lines = LogLines()
        var found: LogFormat?
        var hasHex = false
        func look(_ line: LogLine) {
            guard found == nil else { return }
            found = Self.of(line)
            if found == nil, !hasHex { hasHex = HexLog.isStatement(line) }
        }
        lines.received(begin, look)
        lines.ended(look)
        guard let format = found ?? (hasHex ? .hex : nil) else { return nil }
        self = format
    }

    /// The format that has such lines, and no other has.
    private static func of(_ line: LogLine) -> LogFormat? {
        switch line[0] {
        case UInt8(ascii: "{") where line[1] == UInt8(ascii: "\""): return .events
        case UInt8(ascii: "A"), UInt8(ascii: "B"), UInt8(ascii: "S"), UInt8(ascii: "#"):
            if APDU4JLog.isStatement(line) { return .apdu4j }
        case UInt8(ascii: "O"), UInt8(ascii: "I"), UInt8(ascii: "P"):
            if OpenSCLog.isStatement(line) { return .openSC }
        default: break
        }
        if SpyLog.isStatement(line) { return .spy }
        return PCSCDLog.isStatement(line) ? .pcscd : nil
    }
}

/// The first bytes of capture files.
private enum CaptureMagic {
    static func begins(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard bytes.count >= 4 else { return false }
        let magics: [[UInt8]] = [
            [0x0A, 0x0D, 0x0D, 0x0A], [0xA1, 0xB2, 0xC3, 0xD4], [0xD4, 0xC3, 0xB2, 0xA1], [0xA1, 0xB2, 0x3C, 0x4D],
            [0x4D, 0x3C, 0xB2, 0xA1],
        ]
        return magics.contains { bytes.starts(with: $0) }
    }
}

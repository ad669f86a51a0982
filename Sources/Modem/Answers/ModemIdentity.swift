package import ProbeEvents

/// Reads what modems and cards call themselves.
package enum ModemIdentity {
    /// The only line of an answer without its prefix and quotes, `AT+CGMM`; nil for an empty one.
    package static func word(_ lines: [String]) -> String? {
        guard let line = lines.first(where: { !$0.isEmpty }) else { return nil }
        var text = line[...]
        if let mark = text.first, "+#^%$".contains(mark), let colon = text.firstIndex(of: ":") {
            text = text[text.index(after: colon)...]
        }
        let word = text.split { $0 == "\"" || $0 == "\t" }.joined().trimmingBlanks
        return word.isEmpty ? nil : clipped(word, bytes: 64)
    }

    /// The number that an answer to `AT+CGSN`, `AT+CIMI` or `AT+CCID` and its relatives holds; nil for none.
    ///
    /// - Parameter kind: what is looked for; its length tells it from other numbers.
    package static func number(_ lines: [String], _ kind: IdentityKind) -> [UInt8]? {
        let lengths: ClosedRange<Int> =
            switch kind {
            case .imei: 14...16
            case .imsi: 6...15
            case .iccid: 18...20
            }
        for line in lines {
            let runs = line.utf8.split { !(0x30...0x39).contains($0) }
            if let run = runs.first(where: { lengths.contains($0.count) }) { return Array(run) }
        }
        return nil
    }

    /// Text cut to a number of bytes, between characters.
    static func clipped(_ text: String, bytes: Int) -> String {
        // A character has a byte at least, so that little is left to cut.
        var text = String(text.prefix(bytes))
        while text.utf8.count > bytes { text.removeLast() }
        return text
    }
}

extension String {
    fileprivate var trimmingBlanks: String {
        let rest = drop { $0 == " " }
        return String(rest.reversed().drop { $0 == " " }.reversed())
    }
}

/// Data that went through a modem's own connections, bytes.
public struct DataCounters: Sendable, Equatable {
    /// From the modem to the network.
    public var sentBytes: UInt64
    /// From the network.
    public var receivedBytes: UInt64

    /// Counters from their parts.
    public init(sentBytes: UInt64, receivedBytes: UInt64) {
        self.sentBytes = sentBytes
        self.receivedBytes = receivedBytes
    }
}

/// The ways in which modems tell their data counters.
package enum CounterDialect: Sendable, CaseIterable {
    /// Quectel's `AT+QGDCNT?`: sent, received.
    case qgdcnt
    /// Telit's `AT#GDATAVOL=2`: per context its number, total, sent, received.
    case gdatavol
    /// u-blox's `AT+UGCNTRD`: per context its number, sent and received of this session, then in total.
    case ugcntrd

    /// The command that asks.
    package var command: String {
        switch self {
        case .qgdcnt: "AT+QGDCNT?"
        case .gdatavol: "AT#GDATAVOL=2"
        case .ugcntrd: "AT+UGCNTRD"
        }
    }

    /// The counters of an answer, of all contexts together; nil when it has none.
    package func counters(_ lines: [String]) -> DataCounters? {
        let (prefix, sent, received): (String, Int, Int) =
            switch self {
            case .qgdcnt: ("+QGDCNT", 0, 1)
            case .gdatavol: ("#GDATAVOL", 2, 3)
            case .ugcntrd: ("+UGCNTRD", 3, 4)
            }
        var sum: DataCounters?
        for fields in lines.compactMap({ ATFields($0, prefix: prefix) }) {
            guard let up = fields.text(sent).flatMap({ UInt64($0) }),
                let down = fields.text(received).flatMap({ UInt64($0) })
            else { continue }
            let before = sum ?? DataCounters(sentBytes: 0, receivedBytes: 0)
            sum = DataCounters(
                sentBytes: before.sentBytes.addingSaturating(up),
                receivedBytes: before.receivedBytes.addingSaturating(down))
        }
        return sum
    }
}

/// The ways in which modems tell how warm they are.
package enum TemperatureDialect: Sendable, CaseIterable {
    /// Quectel's `AT+QTEMP`: numbers on a line, or a name and a number on each.
    case qtemp
    /// SIMCom's `AT+CPMUTEMP`.
    case cpmutemp
    /// Telit's `AT#TEMPMON=1`: level, degrees.
    case tempmon

    /// The command that asks.
    package var command: String {
        switch self {
        case .qtemp: "AT+QTEMP"
        case .cpmutemp: "AT+CPMUTEMP"
        case .tempmon: "AT#TEMPMON=1"
        }
    }

    /// The highest temperature of an answer, degrees Celsius; nil when it has none.
    package func celsius(_ lines: [String]) -> Double? {
        let (prefix, first): (String, Int) =
            switch self {
            case .qtemp: ("+QTEMP", 0)
            case .cpmutemp: ("+CPMUTEMP", 0)
            case .tempmon: ("#TEMPMEAS", 1)
            }
        return lines.compactMap { ATFields($0, prefix: prefix) }
            .flatMap { fields in (first..<max(first, fields.count)).compactMap { fields.number($0) } }
            // Sensors that are not there tell -273 or less, and some 0.
            .filter { (-60...150).contains($0) && $0 != 0 }.max()
    }
}

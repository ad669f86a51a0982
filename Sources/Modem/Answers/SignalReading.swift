public import ProbeEvents

/// What a modem measured of a radio access: strengths in dBm, qualities in dB, as far as it tells them.
public struct SignalReading: Sendable, Equatable {
    /// Which access.
    public var technology: RadioTechnology
    /// Strength of the whole channel.
    public var rssi: Double?
    /// Power of the reference signal.
    public var rsrp: Double?
    /// Power of the code.
    public var rscp: Double?
    /// Quality of the reference signal.
    public var rsrq: Double?
    /// Signal to interference and noise.
    public var sinr: Double?
    /// Energy of a chip over noise.
    public var ecio: Double?

    /// A reading from its parts.
    public init(
        _ technology: RadioTechnology, rssi: Double? = nil, rsrp: Double? = nil, rscp: Double? = nil,
        rsrq: Double? = nil, sinr: Double? = nil, ecio: Double? = nil
    ) {
        self.technology = technology
        self.rssi = rssi
        self.rsrp = rsrp
        self.rscp = rscp
        self.rsrq = rsrq
        self.sinr = sinr
        self.ecio = ecio
    }

    /// Whether nothing was measured.
    public var isEmpty: Bool { [rssi, rsrp, rscp, rsrq, sinr, ecio].allSatisfy { $0 == nil } }
}

/// The ways in which modems tell their signal; each reads the lines of one command's answer.
package enum SignalDialect: Sendable, CaseIterable {
    /// `AT+CSQ` (TS 27.007, 8.5).
    case csq
    /// `AT+CESQ` (TS 27.007, 8.69).
    case cesq
    /// Quectel's `AT+QCSQ`.
    case qcsq
    /// SIMCom's `AT+CPSI?`.
    case cpsi
    /// Cinterion's `AT^SMONI`.
    case smoni
    /// Telit's `AT#RFSTS`.
    case rfsts
    /// Sierra's `AT!GSTATUS?`.
    case gstatus

    /// The command that asks.
    package var command: String {
        switch self {
        case .csq: "AT+CSQ"
        case .cesq: "AT+CESQ"
        case .qcsq: "AT+QCSQ"
        case .cpsi: "AT+CPSI?"
        case .smoni: "AT^SMONI"
        case .rfsts: "AT#RFSTS"
        case .gstatus: "AT!GSTATUS?"
        }
    }

    /// The readings of an answer, those with something in them.
    ///
    /// - Parameters:
    ///   - technology: the access that is in use, for dialects that do not name it.
    ///   - model: the modem's model, for what differs between models of a maker.
    package func readings(_ lines: [String], technology: RadioTechnology, model: String = "") -> [SignalReading] {
        let readings: [SignalReading] =
            switch self {
            case .csq: Self.csq(lines, technology)
            case .cesq: Self.cesq(lines)
            case .qcsq: Self.qcsq(lines, isSINRScaled: !model.hasPrefix("RM") && !model.hasPrefix("RG"))
            case .cpsi: Self.cpsi(lines)
            case .smoni: Self.smoni(lines)
            case .rfsts: Self.rfsts(lines)
            case .gstatus: Self.gstatus(lines)
            }
        return readings.filter { !$0.isEmpty }
    }

    // MARK: TS 27.007

    private static func csq(_ lines: [String], _ technology: RadioTechnology) -> [SignalReading] {
        guard let rssi = ATFields.first(lines, "+CSQ")?.integer(0), (0...31).contains(rssi) else { return [] }
        return [SignalReading(technology, rssi: Double(-113 + 2 * rssi))]
    }

    private static func cesq(_ lines: [String]) -> [SignalReading] {
        guard let fields = ATFields.first(lines, "+CESQ") else { return [] }
        func value(_ place: Int, most: Int, _ scale: (Double) -> Double) -> Double? {
            guard let number = fields.integer(place), (0...most).contains(number) else { return nil }
            return scale(Double(number))
        }
        return [
            SignalReading(.gsm, rssi: value(0, most: 63) { -111 + $0 }),
            SignalReading(
                .utran, rscp: value(2, most: 96) { -121 + $0 }, ecio: value(3, most: 49) { -24.5 + $0 / 2 }),
            SignalReading(.eutran, rsrp: value(5, most: 97) { -141 + $0 }, rsrq: value(4, most: 34) { -20 + $0 / 2 }),
            SignalReading(
                .ngran, rsrp: value(7, most: 126) { -157 + $0 }, rsrq: value(6, most: 126) { -43.5 + $0 / 2 },
                sinr: value(8, most: 127) { -23.5 + $0 / 2 }),
        ]
    }

    // MARK: Vendors

    /// `"LTE",rssi,rsrp,sinr,rsrq`; `"NR5G",rsrp,sinr,rsrq`; `"WCDMA",rssi,rscp,ecio`; `"GSM",rssi`.
    private static func qcsq(_ lines: [String], isSINRScaled: Bool) -> [SignalReading] {
        guard let fields = ATFields.first(lines, "+QCSQ"), let mode = fields.text(0) else { return [] }
        switch mode.uppercased() {
        case "GSM": return [SignalReading(.gsm, rssi: fields.dBm(1))]
        case "WCDMA", "TDSCDMA":
            return [SignalReading(.utran, rssi: fields.dBm(1), rscp: fields.dBm(2), ecio: fields.dB(3))]
        case "LTE", "CAT-M1", "EMTC", "CAT-NB1", "NBIOT":
            let access: RadioTechnology = mode.uppercased().contains("NB") ? .nbiot : .eutran
            // LTE-only models count in fifths of a dB from -20, up to 250; their 5G relatives in dB.
            let sinr = fields.number(3).flatMap { isSINRScaled ? ((0...250).contains($0) ? $0 / 5 - 20 : nil) : $0 }
            return [SignalReading(access, rssi: fields.dBm(1), rsrp: fields.dBm(2), rsrq: fields.dB(4), sinr: sinr)]
        case "NR5G", "NR5G-SA", "NR5G-NSA":
            // Some put the strength in front, and have a field more.
            let first = fields.count > 4 ? 2 : 1
            return [
                SignalReading(.ngran, rsrp: fields.dBm(first), rsrq: fields.dB(first + 2), sinr: fields.dB(first + 1))
            ]
        default: return []
        }
    }

    /// `LTE,Online,…,rsrq,rsrp,rssi,rssnr` in tenths, the last in dB; `GSM,Online,…,level`.
    private static func cpsi(_ lines: [String]) -> [SignalReading] {
        guard let fields = ATFields.first(lines, "+CPSI"), fields.text(1) == "Online" else { return [] }
        func tenths(_ place: Int) -> Double? { fields.number(place).flatMap { $0 < 0 ? $0 / 10 : nil } }
        switch fields.text(0) {
        // A second layout, of the A76xx, has indices there that are not negative.
        case "LTE":
            let rsrp = tenths(11)
            return [
                SignalReading(
                    .eutran, rssi: tenths(12), rsrp: rsrp, rsrq: tenths(10), sinr: rsrp == nil ? nil : fields.dB(13))
            ]
        case "GSM": return [SignalReading(.gsm, rssi: fields.dBm(6))]
        default: return []
        }
    }

    /// `4G,…,rsrp,rsrq,state`; `3G,arfcn,psc,ecio,rscp,…`; `2G,arfcn,level,…`.
    private static func smoni(_ lines: [String]) -> [SignalReading] {
        guard let fields = ATFields.first(lines, "^SMONI") else { return [] }
        switch fields.text(0) {
        case "4G": return [SignalReading(.eutran, rsrp: fields.dBm(12), rsrq: fields.dB(13))]
        case "3G": return [SignalReading(.utran, rscp: fields.dBm(4), ecio: fields.dB(3))]
        case "2G": return [SignalReading(.gsm, rssi: fields.dBm(2))]
        default: return []
        }
    }

    /// LTE: `plmn,earfcn,rsrp,rssi,rsrq,…`; UMTS: `plmn,uarfcn,psc,ecio,rscp,rssi,…`; GSM: `plmn,arfcn,level,area,…`.
    private static func rfsts(_ lines: [String]) -> [SignalReading] {
        guard let fields = ATFields.first(lines, "#RFSTS"), let third = fields.number(2) else { return [] }
        if third >= 0 {
            return [SignalReading(.utran, rssi: fields.dBm(5), rscp: fields.dBm(4), ecio: fields.dB(3))]
        }
        guard let rssi = fields.dBm(3), rssi < 0 else { return [SignalReading(.gsm, rssi: fields.dBm(2))] }
        return [SignalReading(.eutran, rssi: rssi, rsrp: fields.dBm(2), rsrq: fields.dB(4))]
    }

    /// Words and numbers side by side over many lines; of several receivers the first is meant.
    private static func gstatus(_ lines: [String]) -> [SignalReading] {
        func value(_ label: String) -> Double? {
            for line in lines {
                guard let range = line.firstRange(of: label) else { continue }
                let word = line[range.upperBound...].drop { $0 == " " || $0 == "\t" }.prefix {
                    $0.isNumber || $0 == "-" || $0 == "."
                }
                return Double(word)
            }
            return nil
        }
        if let rsrp = value("RSRP (dBm):") {
            return [
                SignalReading(
                    .eutran, rssi: value("PCC RxM RSSI:") ?? value("RSSI (dBm):"), rsrp: rsrp,
                    rsrq: value("RSRQ (dB):"), sinr: value("SINR (dB):"))
            ]
        }
        return [SignalReading(.unknown, rssi: value("RSSI (dBm):"))]
    }
}

extension ATFields {
    /// A strength: no receiver tells one of 0 or above, or below -200.
    fileprivate func dBm(_ place: Int) -> Double? {
        number(place).flatMap { $0 < 0 && $0 >= -200 ? $0 : nil }
    }

    /// A quality: what lies outside of ±60 is a mark for none.
    fileprivate func dB(_ place: Int) -> Double? {
        number(place).flatMap { (-60...60).contains($0) ? $0 : nil }
    }
}

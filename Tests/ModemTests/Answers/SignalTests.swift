import ProbeEvents
import TestSupport
import Testing

@testable import Modem

@Suite struct SignalTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var dialect: SignalDialect
        var line: String
        var readings: [SignalReading]
        var model = ""
        var testDescription: String { line }

        init(_ dialect: SignalDialect, _ line: String, _ readings: SignalReading..., model: String = "") {
            (self.dialect, self.line, self.readings, self.model) = (dialect, line, readings, model)
        }
    }

    static let rows = [
        // TS 27.007: the ends of each scale, and the marks for unknown
        Row(.csq, "+CSQ: 0,99", SignalReading(.eutran, rssi: -113)),
        Row(.csq, "+CSQ: 31,0", SignalReading(.eutran, rssi: -51)),
        Row(.csq, "+CSQ:20,99", SignalReading(.eutran, rssi: -73)), Row(.csq, "+CSQ: 99,99"), Row(.csq, "+CSQ: 32,0"),
        Row(.csq, "+CSQ: -1,0"), Row(.csq, "+CSQ:"), Row(.csq, "+CSQX: 5,5"), Row(.csq, ""),
        Row(.cesq, "+CESQ: 99,99,255,255,20,80", SignalReading(.eutran, rsrp: -61, rsrq: -10)),
        Row(.cesq, "+CESQ: 99,99,255,255,0,0", SignalReading(.eutran, rsrp: -141, rsrq: -20)),
        Row(.cesq, "+CESQ: 99,99,255,255,34,97", SignalReading(.eutran, rsrp: -44, rsrq: -3)),
        Row(.cesq, "+CESQ: 99,99,96,49,255,255", SignalReading(.utran, rscp: -25, ecio: 0)),
        Row(.cesq, "+CESQ: 63,0,255,255,255,255", SignalReading(.gsm, rssi: -48)),
        Row(.cesq, "+CESQ: 99,99,255,255,255,255,65,98,67", SignalReading(.ngran, rsrp: -59, rsrq: -11, sinr: 10)),
        Row(.cesq, "+CESQ: 99,99,255,255,255,255"), Row(.cesq, "+CESQ: x"), Row(.cesq, "+CESQ: 99,99,97,50,35,98"),
        // Vendors
        Row(
            .qcsq, #"+QCSQ: "LTE",-69,-102,150,-12"#,
            SignalReading(.eutran, rssi: -69, rsrp: -102, rsrq: -12, sinr: 10), model: "EC25"),
        Row(
            .qcsq, #"+QCSQ: "LTE",-48,-74,250,-7"#, SignalReading(.eutran, rssi: -48, rsrp: -74, rsrq: -7, sinr: 30),
            model: "BG96"),
        Row(
            .qcsq, #"+QCSQ: "LTE",-51,-79,20,-8"#, SignalReading(.eutran, rssi: -51, rsrp: -79, rsrq: -8, sinr: 20),
            model: "RM520N-GL"),
        Row(
            .qcsq, #"+QCSQ: "NR5G",-75,4,-11"#, SignalReading(.ngran, rsrp: -75, rsrq: -11, sinr: 4), model: "RM520N-GL"
        ),
        Row(.qcsq, #"+QCSQ: "NR5G-SA",-51,-80,2,-11"#, SignalReading(.ngran, rsrp: -80, rsrq: -11, sinr: 2)),
        Row(.qcsq, #"+QCSQ: "WCDMA",-60,-70,-5"#, SignalReading(.utran, rssi: -60, rscp: -70, ecio: -5)),
        Row(.qcsq, #"+QCSQ: "GSM",-63"#, SignalReading(.gsm, rssi: -63)), Row(.qcsq, #"+QCSQ: "NOSERVICE""#),
        Row(
            .cpsi, "+CPSI: LTE,Online,460-11,0x333C,27613442,64,EUTRAN-BAND3,1650,5,5,-94,-850,-545,15",
            SignalReading(.eutran, rssi: -54.5, rsrp: -85, rsrq: -9.4, sinr: 15)),
        // A76xx: indices, no dB
        Row(.cpsi, "+CPSI: LTE,Online,460-11,0x774B,126375687,303,EUTRAN-BAND1,100,5,0,12,36,42,5"),
        Row(.cpsi, "+CPSI: NO SERVICE,Online"),
        Row(
            .smoni, "^SMONI: 4G,6300,20,10,10,FDD,262,02,BF75,0345103,350,33,-94,-7,NOCONN",
            SignalReading(.eutran, rsrp: -94, rsrq: -7)),
        Row(
            .smoni, "^SMONI: 3G,10564,296,-7.5,-79,262,02,0143,00228FF,-92,-78,NOCONN",
            SignalReading(.utran, rscp: -79, ecio: -7.5)),
        Row(.smoni, "^SMONI: 2G,71,-61,262,02,0143,83BA,33,33,3,6,G,NOCONN", SignalReading(.gsm, rssi: -61)),
        Row(.smoni, "^SMONI: 4G,SEARCH,SEARCH"),
        Row(
            .rfsts, #"#RFSTS: "286 01",1795,-101,-67,-15,2242,,128,3,1,0B5D121,"286016339612498","T",3,3"#,
            SignalReading(.eutran, rssi: -67, rsrp: -101, rsrq: -15)),
        Row(
            .rfsts, #"#RFSTS: "204 08",14,-83,0CBC,00,5,19,10,,BEE9,"204007930002270","K",0,2"#,
            SignalReading(.gsm, rssi: -83)),
        Row(
            .rfsts, #"#RFSTS: "222 88",10737,6,-7.0,-74,-67,550A,,-10,19,,,"2","w",3,3"#,
            SignalReading(.utran, rssi: -67, rscp: -74, ecio: -7)),
        Row(.gstatus, "PCC RxM RSSI:  -45\t\tRSRP (dBm):  -81", SignalReading(.eutran, rssi: -45, rsrp: -81)),
        Row(
            .gstatus, "RSRP (dBm):    -75              SINR (dB):   22.5", SignalReading(.eutran, rsrp: -75, sinr: 22.5)
        ),
        Row(.gstatus, "WCDMA band: x RSSI (dBm): -70", SignalReading(.unknown, rssi: -70)),
        Row(.gstatus, "RSRP (dBm): ---"),
    ]

    @Test(arguments: rows)
    func readings(_ row: Row) {
        #expect(row.dialect.readings([row.line], technology: .eutran, model: row.model) == row.readings)
    }

    @Test func linesOfSierraAreReadTogether() {
        let lines = [
            "!GSTATUS:", "PCC RxM RSSI:  -45\t\tRSRP (dBm):  -81", "PCC RxD RSSI:  -44\t\tRSRP (dBm):  -79",
            "RSRQ (dB):     -14.0\t\tCell ID:     0A14666A (169106666)", "SINR (dB):     23.8",
        ]
        #expect(
            SignalDialect.gstatus.readings(lines, technology: .unknown) == [
                SignalReading(.eutran, rssi: -45, rsrp: -81, rsrq: -14, sinr: 23.8)
            ])
    }

    /// Each beginning of each line, and any bytes: a value or none.
    @Test func anythingIsRead() {
        var random = SeededGenerator(seed: 3)
        for row in Self.rows {
            for count in 0...row.line.utf8.count {
                _ = row.dialect.readings(
                    [String(decoding: row.line.utf8.prefix(count), as: UTF8.self)], technology: .gsm)
            }
        }
        for _ in 0..<randomRounds / 10 {
            let line = "+CESQ: " + String(decoding: random.bytes(0...60), as: UTF8.self)
            for dialect in SignalDialect.allCases { _ = dialect.readings([line], technology: .gsm) }
        }
    }
}

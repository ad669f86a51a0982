package import ProbeEvents

/// What an interface of a modem is for.
public enum PortRole: String, Sendable, Hashable {
    /// AT commands; the first such port, which connection managers take.
    case at
    /// AT commands; a second port.
    case at2
    /// AT commands; a third port.
    case at3
    /// The vendor's diagnosis.
    case diag
    /// Positions.
    case gps
    /// A data connection.
    case ppp
    /// Something else, which commands may harm.
    case ignore

    /// Whether AT commands may be sent there.
    public var takesCommands: Bool { self == .at || self == .at2 || self == .at3 }
}

/// A modem, by its USB product numbers, and what its interfaces are for.
package struct USBModule: Sendable {
    /// What it is called.
    package var name: String
    /// `idProduct`.
    package var products: [UInt16]
    /// Roles by `bInterfaceNumber`.
    package var roles: [UInt8: PortRole]

    init(_ name: String, _ products: [UInt16], _ roles: [UInt8: PortRole]) {
        self.name = name
        self.products = products
        self.roles = roles
    }
}

/// How a family of modems is talked to.
package struct VendorRow: Sendable {
    /// Which.
    package var vendor: ModemVendor
    /// `idVendor` numbers.
    package var usb: [UInt16] = []
    /// Words in the answer to `AT+CGMI`, in lower case.
    package var makers: [String] = []
    /// Modems by product number.
    package var modules: [USBModule] = []
    /// Commands for the card's number; the first one that is answered is kept.
    package var iccid = ["AT+CCID", "AT+ICCID"]
    /// Signal besides `AT+CESQ` and `AT+CSQ`; the first one that is answered is kept.
    package var signal: [SignalDialect] = []
    /// Data counters.
    package var counters: CounterDialect?
    /// Temperature.
    package var temperature: TemperatureDialect?
    /// Codes of the toolkit that mean another thing than elsewhere.
    package var toolkit: [URCName: ToolkitForm] = [:]
    /// How long it takes from its port's coming until it answers, seconds.
    package var readySeconds = 5
}

/// All that differs between makers of modems: a row each. Sources: `ToolkitLine` and `SignalDialect` name the commands.
package enum VendorTable {
    /// The rows; the last one is for a modem that is none of the others'.
    package static let rows: [VendorRow] = [
        VendorRow(
            vendor: .quectel, usb: [0x2C7C], makers: ["quectel"],
            modules: [
                USBModule(
                    "EC21, EC25, EG25, EG91, EG95, EG06, EG12, BG96, RM500, RM520N",
                    [0x0121, 0x0125, 0x0191, 0x0195, 0x0306, 0x0512, 0x0296, 0x0800, 0x0801],
                    [0x00: .diag, 0x01: .gps, 0x02: .at, 0x03: .at2]),
                USBModule("EM060K-GL", [0x0128], [0x03: .diag, 0x04: .gps, 0x05: .at]),
            ],
            iccid: ["AT+QCCID", "AT+CCID", "AT+ICCID"], signal: [.qcsq], counters: .qgdcnt, temperature: .qtemp),
        VendorRow(
            vendor: .cinterion, usb: [0x1E2D], makers: ["cinterion", "gemalto", "thales", "siemens"],
            modules: [
                USBModule("PLS8", [0x0061], [0x00: .ppp, 0x02: .at, 0x04: .gps]),
                USBModule(
                    "PLS62, PLS63, PLS83", [0x005B, 0x005D, 0x0069, 0x006F], [0x00: .at, 0x02: .at2, 0x04: .gps]),
                USBModule("MV31, MV32", [0x00B3, 0x00F1], [0x02: .at, 0x04: .gps]),
            ],
            iccid: ["AT+CCID", "AT^SCID"], signal: [.smoni]),
        VendorRow(
            vendor: .telit, usb: [0x1BC7], makers: ["telit"],
            modules: [
                USBModule("LE910C1", [0x1201], [0x00: .diag, 0x03: .gps, 0x04: .at, 0x05: .at2, 0x06: .ignore]),
                USBModule("LE910C1 with MBIM", [0x1204], [0x05: .at, 0x06: .at2]),
                USBModule("LE910C1-EUX", [0x1031, 0x1033], [0x00: .diag, 0x01: .at, 0x02: .at2]),
                USBModule(
                    "LE922, LM940, LM960", [0x1040], [0x00: .diag, 0x03: .ignore, 0x04: .at, 0x05: .at2, 0x06: .ignore]),
                USBModule("LE922, LM940, LM960 with MBIM", [0x1041], [0x05: .at, 0x06: .at2]),
                USBModule("ME910C1", [0x1101], [0x00: .diag, 0x01: .at, 0x02: .at2]),
                USBModule("FN990", [0x1070], [0x04: .at, 0x05: .at2]),
                USBModule("FN990 with MBIM", [0x1071], [0x05: .at, 0x06: .at2]),
                USBModule("LE910S1", [0x7010, 0x7011], [0x03: .at2, 0x04: .at]),
            ],
            iccid: ["AT#CCID", "AT+ICCID", "AT+CCID"], signal: [.rfsts], counters: .gdatavol, temperature: .tempmon,
            readySeconds: 15),
        VendorRow(
            vendor: .sierra, usb: [0x1199], makers: ["sierra"],
            modules: [
                USBModule(
                    "MC74xx, EM7455, EM7565, RC7611", [0x9071, 0x9079, 0x9091, 0x68C0],
                    [0x00: .diag, 0x02: .gps, 0x03: .at]),
                USBModule("HL7812", [0xC001], [0x00: .at, 0x02: .ppp, 0x04: .gps]),
            ],
            iccid: ["AT+ICCID", "AT!ICCID?", "AT+CCID"], signal: [.gstatus], toolkit: [.stin: .ownNumbers]),
        VendorRow(
            vendor: .simcom, usb: [0x1E0E], makers: ["simcom"],
            modules: [
                USBModule(
                    "SIM7000, SIM7100, SIM7600", [0x9001],
                    [0x00: .diag, 0x01: .gps, 0x02: .at, 0x03: .at2, 0x04: .ignore]),
                USBModule("SIM7070, SIM7080, SIM7090", [0x9205], [0x00: .diag, 0x01: .gps, 0x02: .at, 0x03: .ppp]),
                USBModule("SIM7070, second layout", [0x9206], [0x02: .at, 0x03: .ignore, 0x04: .ignore, 0x05: .ppp]),
                USBModule("A7600, A7602", [0x9011], [0x02: .ignore, 0x04: .at, 0x05: .ppp]),
            ],
            iccid: ["AT+CICCID", "AT+CCID", "AT+ICCID"], signal: [.cpsi], temperature: .cpmutemp,
            toolkit: [.stin: .hexType]),
        VendorRow(
            vendor: .ublox, usb: [0x1546], makers: ["u-blox", "ublox"],
            modules: [
                USBModule(
                    "SARA-U2, LISA-U2", [0x1102],
                    [0x00: .at, 0x02: .at2, 0x04: .at3, 0x06: .gps, 0x08: .ignore, 0x0A: .ignore, 0x0C: .ignore]),
                USBModule(
                    "SARA-U2, second layout", [0x1104], [0x00: .at, 0x02: .ignore, 0x04: .ignore, 0x06: .ignore]),
                USBModule(
                    "TOBY-R2, LARA-R2", [0x1107, 0x110A],
                    [0x00: .at, 0x02: .at2, 0x04: .at3, 0x06: .ignore, 0x08: .ignore, 0x0A: .ignore]),
                USBModule("TOBY-L4", [0x1010], [0x02: .ignore, 0x04: .ignore, 0x06: .at, 0x08: .ignore]),
            ],
            counters: .ugcntrd, readySeconds: 20),
        // Which of its ports is for what differs from build to build.
        VendorRow(vendor: .mediatek, usb: [0x0E8D], makers: ["mediatek", "mtk"]),
        VendorRow(vendor: .unisoc, usb: [0x1782], makers: ["unisoc", "spreadtrum"]),
        // Its interfaces tell by their class what they are for: see `role`.
        VendorRow(
            vendor: .huawei, usb: [0x12D1], makers: ["huawei"], iccid: ["AT^ICCID?", "AT+CCID"],
            toolkit: [.stin: .ownNumbers]),
        VendorRow(
            vendor: .qualcomm, usb: [0x05C6], makers: ["qualcomm"],
            modules: [USBModule("LARA-R6", [0x908B], [0x01: .at, 0x02: .at2])]),
        VendorRow(vendor: .unknown, iccid: ["AT+CCID", "AT+ICCID", "AT+QCCID"]),
    ]

    /// Codes of the toolkit and how their lines are read, whoever sends them.
    package static let toolkit: [URCName: ToolkitForm] = [
        .cusatp: .command, .cusatend: .end, .cusats: .ownNumbers, .sati: .command, .satn: .notice, .satf: .end,
        .stkpro: .commandOrDecimalType, .stkcnf: .ownNumbers, .stkcc: .ownNumbers, .stkend: .end,
        .ericssonStki: .command, .ericssonStkn: .notice, .ericssonStkend: .end,
        .calypsoSati: .command, .calypsoSatn: .notice, .calypsoSata: .ownNumbers,
        .iusatp: .command, .iusatc: .ownNumbers, .tstud: .command, .tstc: .ownNumbers,
        .huaweiStin: .numbered(command: 0, notice: 1, end: 99), .sstn: .decimalType, .sstk: .bothWays,
        .stn: .decimalType, .qstkurc: .decimalType, .qstk: .commandOrOther, .stin: .ownNumbers, .stkc: .hexType,
        .stkn: .hexType,
        .psstk: .ownNumbers, .kstc: .ownNumbers, .kste: .end, .stkpci: .numbered(command: 0, notice: 1, end: 2),
        .spusatprocmdind: .command, .spusatendsessionind: .end,
    ]

    /// The row of a vendor.
    package static func row(_ vendor: ModemVendor) -> VendorRow {
        rows.first { $0.vendor == vendor } ?? VendorRow(vendor: vendor)
    }

    /// The vendor with this `idVendor`; nil for none of them.
    package static func vendor(usb number: UInt16) -> ModemVendor? { rows.first { $0.usb.contains(number) }?.vendor }

    /// The vendor that a modem names in its answer to `AT+CGMI` or `ATI`.
    package static func vendor(maker text: String) -> ModemVendor? {
        let text = text.lowercased()
        return rows.first { $0.makers.contains { text.contains($0) } }?.vendor
    }

    /// What an interface is for; nil where no table tells it.
    package static func role(vendor: UInt16, product: UInt16, interface: USBDevices.Interface) -> PortRole? {
        guard let row = rows.first(where: { $0.usb.contains(vendor) }) else { return nil }
        if row.vendor == .huawei { return huaweiRole(interface) }
        guard let number = interface.number else { return nil }
        return row.modules.first { $0.products.contains(product) }?.roles[number]
    }

    /// Huawei: vendor class, subclass 01 or 02; the protocol tells.
    private static func huaweiRole(_ interface: USBDevices.Interface) -> PortRole? {
        guard interface.interfaceClass == "ff", ["01", "02"].contains(interface.subclass) else { return nil }
        switch interface.interfaceProtocol {
        case "01": return .ppp
        case "02": return .at
        case "05", "14": return .gps
        default: return nil
        }
    }
}

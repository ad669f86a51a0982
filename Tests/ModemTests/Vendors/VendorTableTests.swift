import Foundation
import ProbeEvents
import TestSupport
import Testing

@testable import Modem

@Suite struct VendorTableTests {
    @Test func eachVendorHasARow() {
        #expect(Set(VendorTable.rows.map(\.vendor)) == Set(ModemVendor.allCases))
        #expect(VendorTable.rows.last?.vendor == .unknown)
    }

    @Test func noNumberStandsTwice() {
        let vendors = VendorTable.rows.flatMap(\.usb)
        #expect(Set(vendors).count == vendors.count)
        for row in VendorTable.rows {
            let products = row.modules.flatMap(\.products)
            #expect(Set(products).count == products.count, "\(row.vendor)")
        }
    }

    @Test(
        arguments: [
            ("Quectel", ModemVendor.quectel), ("QUALCOMM INCORPORATED", .qualcomm), ("Cinterion", .cinterion),
            ("Telit", .telit), ("Sierra Wireless, Incorporated", .sierra), ("SIMCOM INCORPORATED", .simcom),
            ("u-blox", .ublox), ("MTK", .mediatek), ("Huawei Technologies Co., Ltd.", .huawei), ("CardLink", nil),
            ("", nil),
        ] as [(String, ModemVendor?)])
    func makers(text: String, vendor: ModemVendor?) {
        #expect(VendorTable.vendor(maker: text) == vendor)
    }

    private static func interface(_ number: UInt8?, classes: [String] = ["ff", "ff", "ff"]) -> USBDevices.Interface {
        USBDevices.Interface(
            number: number, interfaceClass: classes[0], subclass: classes[1], interfaceProtocol: classes[2],
            driver: "option", tty: nil, controlDevice: nil)
    }

    @Test(
        arguments: [
            (0x2C7C, 0x0125, 2, PortRole.at), (0x2C7C, 0x0125, 3, .at2), (0x2C7C, 0x0125, 0, .diag),
            (0x2C7C, 0x0128, 5, .at),
            (0x1BC7, 0x1201, 4, .at), (0x1BC7, 0x1204, 5, .at), (0x1BC7, 0x7010, 3, .at2), (0x1199, 0x9091, 3, .at),
            (0x1E0E, 0x9011, 4, .at), (0x1E2D, 0x0061, 2, .at), (0x1546, 0x1102, 4, .at3), (0x05C6, 0x908B, 1, .at),
            (0x2C7C, 0xFFFF, 2, nil), (0x9999, 0x0125, 2, nil), (0x0E8D, 0x00A5, 0, nil),
        ] as [(UInt16, UInt16, UInt8, PortRole?)])
    func roles(vendor: UInt16, product: UInt16, number: UInt8, role: PortRole?) {
        #expect(VendorTable.role(vendor: vendor, product: product, interface: Self.interface(number)) == role)
    }

    @Test(
        arguments: [
            (["ff", "01", "02"], PortRole.at), (["ff", "02", "02"], .at), (["ff", "02", "01"], .ppp),
            (["ff", "01", "05"], .gps),
            (["02", "01", "02"], nil),
        ] as [([String], PortRole?)])
    func huaweiTellsByClass(classes: [String], role: PortRole?) {
        let interface = Self.interface(7, classes: classes)
        #expect(VendorTable.role(vendor: 0x12D1, product: 0x1573, interface: interface) == role)
    }

    /// The udev rules give the same roles to the same interfaces: each line's numbers, looked up here.
    @Test func rolesAreThoseOfTheUdevRules() throws {
        let rules = try String(contentsOfFile: "\(Files.package)/udev/70-cardlink-probe.rules", encoding: .utf8)
        var compared = 0
        for line in rules.split(separator: "\n") where line.hasPrefix("ENV{.CARDLINK_ID}==") {
            let parts = line.split(separator: "\"")
            guard parts.count == 4, parts[2].contains("ENV{CARDLINK_PORT}") else { continue }
            for pattern in parts[1].split(separator: "|") {
                for (vendor, product, number) in Self.numbers(String(pattern)) {
                    let role = VendorTable.role(vendor: vendor, product: product, interface: Self.interface(number))
                    #expect(role?.rawValue == String(parts[3]), "\(pattern)")
                    compared += 1
                }
            }
        }
        #expect(compared > 100)
    }

    /// `2c7c:012[15]:00` as the numbers that it stands for.
    private static func numbers(_ pattern: String) -> [(UInt16, UInt16, UInt8)] {
        var texts = [""]
        var rest = pattern[...]
        while let first = rest.popFirst() {
            guard first == "[" else {
                texts = texts.map { $0 + String(first) }
                continue
            }
            let choices = rest.prefix { $0 != "]" }
            rest = rest.dropFirst(choices.count + 1)
            texts = texts.flatMap { text in choices.map { text + String($0) } }
        }
        return texts.compactMap { text in
            let parts = text.split(separator: ":")
            guard parts.count == 3, let vendor = UInt16(parts[0], radix: 16), let product = UInt16(parts[1], radix: 16),
                let number = UInt8(parts[2], radix: 16)
            else { return nil }
            return (vendor, product, number)
        }
    }
}

/// The lines of `modem-at.md` 6, as their makers' modems send them.
@Suite struct ToolkitLineTests {
    private static let eventList: [UInt8] = [
        0xD0, 0x0D, 0x81, 0x03, 0x01, 0x05, 0x00, 0x82, 0x02, 0x81, 0x82, 0x99, 0x02, 0x09, 0x0A,
    ]

    @Test(
        arguments: [
            (#"+CUSATP: "D00D8103010500820281829902090A""#, ModemVendor.huawei, ToolkitNews.command(eventList)),
            ("+CUSATP: D00D8103010500820281829902090A", .unknown, .command(eventList)),
            ("+CUSATP: \"D0 0D 8103010500820281829902090a\"", .unknown, .command(eventList)),
            ("+CUSATEND", .unknown, .end),
            ("+CUSATP: \"D00D8\"", .unknown, .malformed), ("+CUSATP: \"xx\"", .unknown, .malformed),
            ("+CUSATP:", .unknown, .malformed),
            (
                "+SATI: \"D009810301410082028121\"", .unknown,
                .command([0xD0, 0x09, 0x81, 0x03, 0x01, 0x41, 0x00, 0x82, 0x02, 0x81, 0x21])
            ),
            (
                "+SATN: \"D009810301410082028121\"", .unknown,
                .notice([0xD0, 0x09, 0x81, 0x03, 0x01, 0x41, 0x00, 0x82, 0x02, 0x81, 0x21])
            ),
            ("+SATF: 144,0", .unknown, .end),
            (#"*STKI: "D000""#, .unknown, .command([0xD0, 0x00])),
            (#"*STKN: "D000""#, .unknown, .notice([0xD0, 0x00])), ("*STKEND", .unknown, .end),
            ("%SATI: D000", .unknown, .command([0xD0, 0x00])), ("%SATN: D000", .unknown, .notice([0xD0, 0x00])),
            // Cinterion: both directions
            (
                #"^SSTK: "D013810301430182028121B6083132333435363738",21,"00""#, .cinterion,
                .command([
                    0xD0, 0x13, 0x81, 0x03, 0x01, 0x43, 0x01, 0x82, 0x02, 0x81, 0x21, 0xB6, 0x08, 0x31, 0x32, 0x33,
                    0x34, 0x35, 0x36, 0x37, 0x38,
                ])
            ),
            (
                #"^SSTK: "810301430182028281830100B701FF",15,"01""#, .cinterion,
                .response([0x81, 0x03, 0x01, 0x43, 0x01, 0x82, 0x02, 0x82, 0x81, 0x83, 0x01, 0x00, 0xB7, 0x01, 0xFF])
            ),
            (
                #"^SSTK: "D60E99010982028281B8028100B70108",16,"03""#, .cinterion,
                .envelope([
                    0xD6, 0x0E, 0x99, 0x01, 0x09, 0x82, 0x02, 0x82, 0x81, 0xB8, 0x02, 0x81, 0x00, 0xB7, 0x01, 0x08,
                ])
            ),
            ("^SSTN: 33", .cinterion, .type(0x21)), ("^SSTN: 64", .cinterion, .type(0x40)),
            ("^SSTN: 254", .cinterion, .end),
            // Types: decimal, hex, and the makers' own
            ("#STN: 37", .telit, .type(0x25)), ("#STN: 64,\"text\"", .telit, .type(0x40)), ("#STN: 254", .telit, .end),
            ("+QSTKURC: 37", .quectel, .type(0x25)), ("+STIN: 25", .simcom, .type(0x25)), ("+STIN: 81", .simcom, .end),
            ("+STIN: 1", .sierra, .unread), ("+STIN: 1", .unknown, .unread), ("!STKC: 40", .sierra, .type(0x40)),
            ("!STKC: 81", .sierra, .end),
            ("^STIN: 0,D000", .huawei, .command([0xD0, 0x00])), ("^STIN: 1,D000", .huawei, .notice([0xD0, 0x00])),
            ("^STIN: 99", .huawei, .end),
            // A hex form that tools expect of Quectel's and MediaTek's, beside the settings of AT+QSTK
            ("+QSTK: \"D000\"", .quectel, .command([0xD0, 0x00])), ("+QSTK: 1,0", .quectel, .unread),
            ("+STKPCI: \"D000\"", .mediatek, .command([0xD0, 0x00])), ("+STKPCI: \"80FF\"", .mediatek, .malformed),
            // One name, two makers
            ("+STKPRO: 5", .ublox, .type(0x05)), ("+STKPRO: D000", .unknown, .command([0xD0, 0x00])),
            ("+STKEND", .unknown, .end),
            (#"+STKPCI: 0,"D000""#, .mediatek, .command([0xD0, 0x00])),
            (#"+STKPCI: 1,"D000""#, .mediatek, .notice([0xD0, 0x00])),
            ("+STKPCI: 2", .mediatek, .end),
            (
                #"+STKPCI: 0,"D081B6810301250082028182850B""#, .mediatek,
                .command([0xD0, 0x81, 0xB6, 0x81, 0x03, 0x01, 0x25, 0x00, 0x82, 0x02, 0x81, 0x82, 0x85, 0x0B])
            ),
            ("+SPUSATPROCMDIND:\"D000\"", .unisoc, .command([0xD0, 0x00])), ("+SPUSATENDSESSIONIND", .unisoc, .end),
            ("^SSTN: x", .cinterion, .malformed), ("^SSTN: 300", .cinterion, .malformed),
            ("+CREG: 1", .unknown, nil), ("", .unknown, nil), ("D00D81", .unknown, nil),
        ] as [(String, ModemVendor, ToolkitNews?)])
    func lines(line: String, vendor: ModemVendor, news: ToolkitNews?) {
        #expect(ToolkitLine.news(Array(line.utf8), vendor: vendor) == news)
    }

    @Test func eachCodeOfTheToolkitIsRead() {
        for code in URCName.allCases { #expect((VendorTable.toolkit[code] != nil) == code.isToolkit, "\(code.name)") }
    }

    @Test func anythingIsRead() {
        var random = SeededGenerator(seed: 5)
        for code in URCName.allCases where code.isToolkit {
            for _ in 0..<randomRounds / 100 {
                let line = Array(code.name.utf8) + [0x3A, 0x20] + random.bytes(0...80)
                for vendor in ModemVendor.allCases { _ = ToolkitLine.news(line, vendor: vendor) }
            }
        }
    }
}

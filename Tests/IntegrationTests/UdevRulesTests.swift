import Foundation
import TestSupport
import Testing

/// The rules in `udev/`, as the system's udev reads them for devices in a sysfs of their own.
@Suite struct UdevRulesTests {
    static let probe = "70-cardlink-probe.rules"
    static let bench = "65-cardlink-bench.rules"

    struct Row: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var device: USBDevice
        /// The object, below the host controller.
        var object = "1-2"
        /// Links in `/dev/cardlink`.
        var links: Set<String>
        /// What is said to ModemManager.
        var ignored: Set<String> = []

        init(_ name: String, _ device: USBDevice, port: UInt8? = nil, links: Set<String>, ignored: Set<String> = []) {
            (testDescription, self.device, self.links, self.ignored) = (name, device, links, ignored)
            if let port { object = "1-2/1-2:1.\(port)/ttyUSB\(port)/tty/ttyUSB\(port)" }
        }
    }

    static let usb = "pci-0000:00:14.0-usb-0:2"
    static let rows: [Row] = [
        Row(
            "a CCID reader with a serial number", .reader(0x072F, 0xB100, serial: "S1"),
            links: ["readers/by-path/\(usb)", "readers/by-serial/Maker_Model_S1"]),
        Row("a CCID reader without", .reader(0x04E6, 0x5814), links: ["readers/by-path/\(usb)"]),
        Row(
            "ACR38, of its maker's own class", .reader(0x072F, 0x9000, classes: [0xFF, 0, 0]),
            links: ["readers/by-path/\(usb)"]),
        Row(
            "cyberJack, of its maker's own class", .reader(0x0C4B, 0x0400, classes: [0xFF, 0xFF, 0xFF]),
            links: ["readers/by-path/\(usb)"]),
        Row("another device of ACS", .reader(0x072F, 0x0001, classes: [0xFF, 0, 0]), links: []),
        Row("a keyboard of Cherry", .reader(0x046A, 0x0011, classes: [3, 1, 1]), links: []),
        Row(
            "EC25, first AT port", .modem(0x2C7C, 0x0125, interfaces: [2]), port: 2,
            links: ["modems/by-path/\(usb):1.2-at"]),
        Row(
            "EC25, second AT port", .modem(0x2C7C, 0x0125, serial: "Q1", interfaces: [3]), port: 3,
            links: ["modems/by-path/\(usb):1.3-at2", "modems/by-serial/Maker_Model_Q1-at2"],
            ignored: ["ID_MM_PORT_IGNORE"]),
        Row(
            "EC25, diagnosis", .modem(0x2C7C, 0x0125, interfaces: [0]), port: 0,
            links: ["modems/by-path/\(usb):1.0-diag"]),
        Row(
            "LE910C1 with MBIM", .modem(0x1BC7, 0x1204, interfaces: [5]), port: 5,
            links: ["modems/by-path/\(usb):1.5-at"]),
        Row(
            "an unlisted interface", .modem(0x1BC7, 0x1201, interfaces: [6]), port: 6,
            links: ["modems/by-path/\(usb):1.6-if06"]),
        Row(
            "Huawei's AT port by its class",
            .modem(0x12D1, 0x15C1, interfaces: [4], classes: [0xFF, 0x02, 0x02]), port: 4,
            links: ["modems/by-path/\(usb):1.4-at"]),
        Row("a GNSS receiver of u-blox", .modem(0x1546, 0x01A8, interfaces: [0]), port: 0, links: []),
        Row("a USB serial cable", .modem(0x0403, 0x6001, interfaces: [0]), port: 0, links: []),
    ]

    @Test(arguments: rows) func deviceGetsLinksAccessAndItsPorts(_ row: Row) throws {
        let tree = try DeviceTree(row.device, rules: [Self.probe: try Self.text(Self.probe)])
        try Self.expect(row.links, ignored: row.ignored, in: tree.properties(of: row.object))
    }

    /// The example lines of the bench's own file, without the sign that makes them comments.
    static let listed: [Row] = [
        Row(
            "reader-a", .reader(0x072F, 0xB100, serial: "RR464-000123"),
            links: [
                "reader-a", "readers/by-path/\(usb)", "readers/by-serial/Maker_Model_RR464-000123",
            ]),
        Row(
            "modem-a", .modem(0x2C7C, 0x0125, serial: "0123456789", interfaces: [2]), port: 2,
            links: ["modem-a-at", "modems/by-path/\(usb):1.2-at", "modems/by-serial/Maker_Model_0123456789-at"],
            ignored: ["ID_MM_DEVICE_IGNORE"]),
        Row(
            "modem-a as a whole", .modem(0x2C7C, 0x0125, serial: "0123456789", interfaces: [2]), links: [],
            ignored: ["ID_MM_DEVICE_IGNORE"]),
    ]

    @Test(arguments: listed) func theBenchsOwnListIsFollowed(_ row: Row) throws {
        let example = try Self.text(Self.bench)
        let lines = example.split(separator: "\n").map { $0.hasPrefix("#SUB") ? $0.dropFirst() : $0 }
        #expect(lines.count { $0.hasPrefix("SUB") } == 3)
        let rules = [Self.probe: try Self.text(Self.probe), Self.bench: lines.joined(separator: "\n") + "\n"]
        try Self.expect(
            row.links, ignored: row.ignored, in: DeviceTree(row.device, rules: rules).properties(of: row.object))
        // As it comes, it says nothing of anybody's devices.
        #expect(example.split(separator: "\n").allSatisfy { $0.hasPrefix("#") })
    }

    @Test func aModemOfAnUnknownMakerIsOneWhenItIsListed() throws {
        let list = #"SUBSYSTEMS=="usb", KERNELS=="1-2", ENV{CARDLINK_NAME}="odd", ENV{CARDLINK_BENCH}="1""# + "\n"
        let rules = [Self.probe: try Self.text(Self.probe), Self.bench: list]
        let tree = try DeviceTree(.modem(0xABCD, 0x0001, interfaces: [1]), rules: rules)
        try Self.expect(
            ["odd-if01", "modems/by-path/\(Self.usb):1.1-if01"], ignored: ["ID_MM_DEVICE_IGNORE"],
            in: tree.properties(of: "1-2/1-2:1.1/ttyUSB1/tty/ttyUSB1"))
    }

    /// udev says more of a rule than where it fails to read it, from version 254 on.
    @Test(arguments: [probe, bench]) func udevHasNothingToRemark(name: String) throws {
        let version = Int(try Command.run(["udevadm", "--version"]).output.prefix { $0.isNumber }) ?? 0
        guard version >= 254 else { return }
        let end = try Command.run(["udevadm", "verify", "--resolve-names=never", "\(Files.package)/udev/\(name)"])
        #expect(end.ending == .exited(0), "\(end.output)\(end.errors)")
    }

    private static func text(_ name: String) throws -> String {
        try String(contentsOfFile: "\(Files.package)/udev/\(name)", encoding: .utf8)
    }

    /// Access comes with the links: who has one name of ours has all of them.
    private static func expect(
        _ links: Set<String>, ignored: Set<String>, in properties: [String: String],
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let given = (properties["DEVLINKS"] ?? "").split(separator: " ").map(String.init)
        let ours = given.filter { $0.hasPrefix("/dev/cardlink/") }.map { String($0.dropFirst(14)) }
        #expect(Set(ours) == links, sourceLocation: sourceLocation)
        let marks = properties.filter { $0.key.hasPrefix("ID_MM_") && $0.value == "1" }
        #expect(Set(marks.keys) == ignored, sourceLocation: sourceLocation)
        let isForSeat = (properties["TAGS"] ?? "").contains(":uaccess:")
        #expect(isForSeat == !links.isEmpty, sourceLocation: sourceLocation)
        let node = properties["DEVNAME"] ?? ""
        let grant = "/usr/bin/setfacl --modify=group:cardlink:rw \(node)"
        #expect((properties["RUN"] ?? "").contains(grant) == !links.isEmpty, sourceLocation: sourceLocation)
        // Others' groups stay.
        #expect(properties["GROUP"] == nil, sourceLocation: sourceLocation)
    }
}

import Foundation
import TestSupport

/// A USB device as the kernel shows it in sysfs.
struct USBDevice: Sendable {
    struct Interface: Sendable {
        var number: UInt8
        var classes: [UInt8]
        /// The serial port that the kernel's driver makes of it.
        var port: String?
    }

    var vendor: UInt16
    var product: UInt16
    var serial: String?
    /// The place it is plugged into, behind the machine's only host controller.
    var place = "1-2"
    var interfaces: [Interface]

    static func reader(
        _ vendor: UInt16, _ product: UInt16, serial: String? = nil, classes: [UInt8] = [0x0B, 0, 0]
    ) -> USBDevice {
        USBDevice(
            vendor: vendor, product: product, serial: serial, interfaces: [Interface(number: 0, classes: classes)])
    }

    /// A modem with a serial port on each of these interfaces.
    static func modem(
        _ vendor: UInt16, _ product: UInt16, serial: String? = nil, interfaces: [UInt8],
        classes: [UInt8] = [0xFF, 0xFF, 0xFF]
    ) -> USBDevice {
        let ports = interfaces.map { Interface(number: $0, classes: classes, port: "ttyUSB\($0)") }
        return USBDevice(vendor: vendor, product: product, serial: serial, interfaces: ports)
    }
}

/// A sysfs of one's own with one device, and what the system's udev says of it under our rules.
///
/// The tree takes the place of `/sys` in a mount namespace, where udev's data base and rules are its own, too.
struct DeviceTree {
    private let folder: TemporaryFolder
    private let rules: [String: String]

    private static let host = "devices/pci0000:00/0000:00:14.0"

    /// A tree with this device, and the rule files by their names.
    init(_ device: USBDevice, rules: [String: String]) throws {
        folder = try TemporaryFolder()
        self.rules = rules
        try object(Self.host, subsystem: "bus/pci", uevent: ["DRIVER=xhci_hcd", "PCI_SLOT_NAME=0000:00:14.0"])
        try object("\(Self.host)/usb1", subsystem: "bus/usb", uevent: ["DEVTYPE=usb_device"])
        try add(device)
        for (name, text) in rules { try folder.write(text, to: name) }
    }

    /// What udev knows of an object after it came: its properties, and `RUN` with the programs that would run.
    func properties(of path: String) throws -> [String: String] {
        let script = """
            mount --bind "$1/sys" /sys && mount -t tmpfs none /run && mkdir -p /run/udev/rules.d || exit 99
            cp "$1"/*.rules /run/udev/rules.d/
            SYSTEMD_DEVICE_VERIFY_SYSFS=0 exec udevadm test --action=add "/sys/$2" 2>&1
            """
        let end = try Command.run(
            ["unshare", "-Urm", "sh", "-c", script, "sh", folder.path, "\(Self.host)/usb1/\(path)"],
            environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"])
        guard end.ending == .exited(0), end.output.contains("DEVPATH=") else {
            throw TestFailure("udevadm test: \(end.output)\(end.errors)")
        }
        let lines = end.output.split(separator: "\n").map(String.init)
        // It says where a rule is not understood, and goes on without.
        let complaints = lines.filter { line in
            rules.keys.contains(where: line.contains)
                && ["nvalid", "nknown", "rror", "gnoring", "ailed"].contains(where: line.contains)
        }
        guard complaints.isEmpty else { throw TestFailure(complaints.joined(separator: "\n")) }
        var properties: [String: String] = [:]
        for line in lines {
            if let equals = line.firstIndex(of: "="), !line[..<equals].contains(" ") {
                properties[String(line[..<equals])] = String(line[line.index(after: equals)...])
            } else if line.hasPrefix("run: '") {
                properties["RUN", default: ""] += line.dropFirst(6).dropLast() + "\n"
            }
        }
        return properties
    }

    private func add(_ device: USBDevice) throws {
        let path = "\(Self.host)/usb1/\(device.place)"
        let product = "PRODUCT=\(hexadecimal(device.vendor))/\(hexadecimal(device.product))/100"
        try object(
            path, subsystem: "bus/usb",
            uevent: ["MAJOR=189", "MINOR=1", "DEVNAME=bus/usb/001/002", "DEVTYPE=usb_device", product])
        try folder.write("189:1\n", to: "sys/\(path)/dev")
        var attributes = [
            "idVendor": hexadecimal(device.vendor, 4), "idProduct": hexadecimal(device.product, 4),
            "bcdDevice": "0100", "manufacturer": "Maker", "product": "Model",
        ]
        attributes["serial"] = device.serial
        for (name, value) in attributes { try folder.write(value + "\n", to: "sys/\(path)/\(name)") }
        // The device, its configuration, then each interface and an endpoint.
        let descriptors: [UInt8] = device.interfaces.reduce([18, 1] + zeros(16) + [9, 2] + zeros(7)) {
            $0 + [9, 4, $1.number, 0, 1] + $1.classes + [0] + [7, 5] + zeros(5)
        }
        try Data(descriptors).write(to: URL(filePath: folder.file("sys/\(path)/descriptors")))
        for interface in device.interfaces { try add(interface, of: device, at: path) }
    }

    private func add(_ interface: USBDevice.Interface, of device: USBDevice, at parent: String) throws {
        let path = "\(parent)/\(device.place):1.\(interface.number)"
        try object(path, subsystem: "bus/usb", uevent: ["DEVTYPE=usb_interface"])
        let names = ["bInterfaceClass", "bInterfaceSubClass", "bInterfaceProtocol"]
        for (name, value) in zip(names, interface.classes) {
            try folder.write(hexadecimal(value, 2) + "\n", to: "sys/\(path)/\(name)")
        }
        try folder.write(hexadecimal(interface.number, 2) + "\n", to: "sys/\(path)/bInterfaceNumber")
        guard let port = interface.port else { return }
        try object("\(path)/\(port)", subsystem: "bus/usb-serial", uevent: [])
        try folder.write("0\n", to: "sys/\(path)/\(port)/port_number")
        let minor = Int(interface.number)
        try object(
            "\(path)/\(port)/tty/\(port)", subsystem: "class/tty",
            uevent: ["MAJOR=188", "MINOR=\(minor)", "DEVNAME=\(port)"])
        try folder.write("188:\(minor)\n", to: "sys/\(path)/\(port)/tty/\(port)/dev")
    }

    /// A kernel object: a directory with its subsystem and its uevent file.
    private func object(_ path: String, subsystem: String, uevent: [String]) throws {
        let files = FileManager.default
        for directory in [path, subsystem] {
            try files.createDirectory(atPath: folder.file("sys/\(directory)"), withIntermediateDirectories: true)
        }
        try files.createSymbolicLink(
            atPath: folder.file("sys/\(path)/subsystem"), withDestinationPath: "/sys/\(subsystem)")
        try folder.write(uevent.map { $0 + "\n" }.joined(), to: "sys/\(path)/uevent")
    }

    private func zeros(_ count: Int) -> [UInt8] { [UInt8](repeating: 0, count: count) }

    private func hexadecimal(_ number: some FixedWidthInteger, _ digits: Int = 0) -> String {
        let text = String(number, radix: 16)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }
}

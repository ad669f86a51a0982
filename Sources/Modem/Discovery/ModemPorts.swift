public import ProbeEvents

/// The modems of a machine with their ports, by sysfs and `/dev`.
public struct ModemPorts: Sendable {
    /// A serial port of a modem.
    public struct Port: Sendable, Hashable {
        /// `/dev/ttyUSB2`: another number the next time that it is plugged in.
        public var device: String
        /// Names that stay, the best one first; none where udev made none.
        public var links: [String]
        /// What it is for; nil where no table tells it.
        public var role: PortRole?

        /// The name that it is opened by.
        public var path: String { links.first ?? device }
    }

    /// A modem.
    public struct Modem: Sendable, Hashable {
        /// What it is by its USB descriptors.
        package var device: USBDevices.Device
        /// Its maker's commands, by its vendor number; nil for a number that no table has.
        public var vendor: ModemVendor?
        /// Its name on this bench, for labels: that of the port's lasting link, without directory.
        public var name: String
        /// Its serial ports.
        public var ports: [Port]
        /// Its path in sysfs, which is what ModemManager calls it.
        public var uid: String
        /// Control devices of protocols that have no AT commands, `/dev/cdc-wdm0`.
        public var controlDevices: [String]
        /// `MBIM` or `QMI`; nil for a modem that speaks neither.
        public var controlProtocol: String?

        /// Ports that AT commands may be sent to, the best one for a probe first: the second AT port is nobody's, the
        /// first one a connection manager's; what no table knows comes last.
        public var commandPorts: [Port] {
            [PortRole.at2, .at3, .at].flatMap { role in ports.filter { $0.role == role } }
                + ports.filter { $0.role == nil }
        }
    }

    /// All of them, by their place.
    public let modems: [Modem]

    /// The modems of a machine.
    package init(_ machine: Machine, usb: USBDevices) {
        let links = DeviceLinks(machine)
        modems = usb.modems.map { Modem($0, machine, links) }
    }

    /// The modems of this machine; it reads files, and opens no port.
    public init() {
        let machine = Machine()
        self.init(machine, usb: USBDevices(machine))
    }

    /// The maker of the modem that a port belongs to, by its USB number; nil for a port of no modem that a table has.
    public func vendor(ofPort path: String) -> ModemVendor? {
        let device = Machine.resolved(path)
        return modems.first { $0.ports.contains { $0.device == device } }?.vendor
    }
}

extension ModemPorts.Modem {
    fileprivate init(_ device: USBDevices.Device, _ machine: Machine, _ links: DeviceLinks) {
        self.device = device
        let numbers = device.numbers
        vendor = numbers.flatMap { VendorTable.vendor(usb: $0.vendor) }
        ports = device.interfaces.compactMap { interface in
            interface.tty.map { tty in
                ModemPorts.Port(
                    device: "/dev/\(tty)", links: links.names(of: tty),
                    role: numbers.flatMap {
                        VendorTable.role(vendor: $0.vendor, product: $0.product, interface: interface)
                    })
            }
        }
        let path = Machine.resolved("\(machine.root)/sys/bus/usb/devices/\(device.name)")
        let root = Machine.resolved(machine.root.isEmpty ? "/" : machine.root)
        uid = path.hasPrefix(root) && root != "/" ? String(path.dropFirst(root.count)) : path
        controlDevices = device.interfaces.compactMap(\.controlDevice).map { "/dev/\($0)" }
        controlProtocol =
            controlDevices.isEmpty
            ? nil : device.interfaces.contains { $0.driver == "cdc_mbim" } ? "MBIM" : "QMI"
        name = ""
        name = commandPorts.first.map { Self.lastPart(of: $0.path) } ?? device.name
    }

    private static func lastPart(of path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }
}

/// The lasting names of serial ports: links that udev makes.
private struct DeviceLinks {
    /// By what is known of the modem, then by where it is plugged in; the system's names before ours.
    private static let folders = [
        "/dev/serial/by-id", "/dev/cardlink/modems/by-serial", "/dev/serial/by-path", "/dev/cardlink/modems/by-path",
    ]

    private var links: [String: [String]] = [:]

    init(_ machine: Machine) {
        for folder in Self.folders {
            for name in machine.names(in: folder) {
                guard let target = machine.link("\(folder)/\(name)")?.split(separator: "/").last,
                    !Self.tellsIdentity(name)
                else { continue }
                links[String(target), default: []].append("\(folder)/\(name)")
            }
        }
    }

    func names(of tty: String) -> [String] { links[tty] ?? [] }

    /// Some modems have their IMEI for a serial number, and the name of a port goes into labels: 15 digits with the
    /// right check digit (TS 23.003, B), or 14 and 16 that may be one.
    private static func tellsIdentity(_ name: String) -> Bool {
        name.utf8.split { !(0x30...0x39).contains($0) }.contains { run in
            switch run.count {
            case 14, 16: true
            case 15: luhnSum(run).isMultiple(of: 10)
            default: false
            }
        }
    }

    private static func luhnSum(_ digits: Substring.UTF8View.SubSequence) -> Int {
        digits.reversed().enumerated().reduce(0) { sum, item in
            let digit = Int(item.element) - 0x30
            let doubled = item.offset.isMultiple(of: 2) ? digit : digit * 2
            return sum + (doubled > 9 ? doubled - 9 : doubled)
        }
    }
}

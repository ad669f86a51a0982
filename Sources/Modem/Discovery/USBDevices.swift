/// The USB devices that concern a bench, by what sysfs says of them.
package struct USBDevices: Sendable {
    /// A device with its interfaces.
    package struct Device: Sendable, Hashable {
        /// Its name in sysfs, `1-1.2`.
        package var name: String
        /// `072f:b100`.
        package var id: String
        /// What it calls itself; empty when it does not.
        package var product: String
        /// Who made it, as it says; empty when it does not.
        package var manufacturer: String
        /// Its serial number as it says it; empty when it does not.
        package var serial: String
        /// `bcdDevice`, the release of the device: `5.18`; nil when it is not told.
        package var release: String?
        /// Its interfaces.
        package var interfaces: [Interface]

        /// `ACR39U (072f:b100)`.
        package var title: String { product.isEmpty ? id : "\(product) (\(id))" }

        /// `idVendor` and `idProduct`; nil when they are no numbers.
        package var numbers: (vendor: UInt16, product: UInt16)? {
            let parts = id.split(separator: ":").map { UInt16($0, radix: 16) }
            guard parts.count == 2, let vendor = parts[0], let product = parts[1] else { return nil }
            return (vendor, product)
        }
    }

    /// An interface of a device.
    package struct Interface: Sendable, Hashable {
        /// `bInterfaceNumber`; nil when it is not told.
        package var number: UInt8?
        /// `bInterfaceClass`, two hex digits.
        package var interfaceClass: String
        /// `bInterfaceSubClass`, two hex digits.
        package var subclass: String
        /// `bInterfaceProtocol`, two hex digits.
        package var interfaceProtocol: String
        /// The kernel's driver that has it; empty for none.
        package var driver: String
        /// Its serial port, `ttyUSB2`; nil for none.
        package var tty: String?
        /// Its control device for MBIM or QMI, `cdc-wdm0`; nil for none.
        package var controlDevice: String?
    }

    /// All of them.
    package let devices: [Device]

    /// The devices of a machine.
    package init(_ machine: Machine) {
        let folder = "/sys/bus/usb/devices"
        let names = machine.names(in: folder)
        devices = names.filter { !$0.contains(":") }.compactMap { name in
            func attribute(_ file: String) -> String { machine.text("\(folder)/\(name)/\(file)") ?? "" }
            guard !attribute("idVendor").isEmpty else { return nil }
            let own = names.filter { $0.hasPrefix(name + ":") }
            return Device(
                name: name, id: "\(attribute("idVendor")):\(attribute("idProduct"))", product: attribute("product"),
                manufacturer: attribute("manufacturer"), serial: attribute("serial"),
                release: Self.release(attribute("bcdDevice")),
                interfaces: own.map { Interface(machine, "\(folder)/\($0)") })
        }
    }

    /// Four digits, of which two are behind the point, as lsusb writes it.
    private static func release(_ digits: String) -> String? {
        guard digits.utf8.count == 4, digits.allSatisfy({ $0.isASCII && $0.isNumber }) else { return nil }
        return "\(digits.hasPrefix("0") ? digits.dropFirst().prefix(1) : digits.prefix(2)).\(digits.suffix(2))"
    }

    /// Smart-card readers: devices with an interface of class 0B (USB CCID), or by the vendors that have their own.
    package var readers: [Device] { devices.filter { $0.interfaces.contains { $0.interfaceClass == "0b" } } }

    /// Modems: devices with a serial port or a control device of the kinds that modems have.
    package var modems: [Device] {
        devices.filter { device in
            device.interfaces.contains {
                $0.controlDevice != nil || Self.modemDrivers.contains($0.driver)
                    || ($0.tty != nil && Self.serialModemDrivers.contains($0.driver))
            }
        }
    }

    private static let modemDrivers: Set = ["cdc_mbim", "qmi_wwan", "cdc_wdm", "option", "qcserial", "sierra"]
    private static let serialModemDrivers: Set = ["cdc_acm", "usbserial_generic"]
}

extension USBDevices.Interface {
    fileprivate init(_ machine: Machine, _ folder: String) {
        func attribute(_ file: String) -> String { machine.text("\(folder)/\(file)") ?? "" }
        number = UInt8(attribute("bInterfaceNumber"), radix: 16)
        interfaceClass = attribute("bInterfaceClass")
        subclass = attribute("bInterfaceSubClass")
        interfaceProtocol = attribute("bInterfaceProtocol")
        driver = machine.link("\(folder)/driver")?.split(separator: "/").last.map(String.init) ?? ""
        // usb-serial: INTERFACE/ttyUSB0; cdc_acm: INTERFACE/tty/ttyACM0; cdc_mbim, qmi_wwan: INTERFACE/usbmisc/cdc-wdm0.
        tty =
            machine.names(in: folder).first { $0.hasPrefix("ttyUSB") }
            ?? machine.names(in: "\(folder)/tty").first { $0.hasPrefix("tty") }
        controlDevice = machine.names(in: "\(folder)/usbmisc").first { $0.hasPrefix("cdc-wdm") }
    }
}

/// The USB devices that concern a bench, by what sysfs says of them.
struct USBDevices: Sendable {
    /// A device with its interfaces.
    struct Device: Sendable, Hashable {
        /// Its name in sysfs, `1-1.2`.
        var name: String
        /// `072f:b100`.
        var id: String
        /// What it calls itself; empty when it does not.
        var product: String
        var interfaces: [Interface]

        /// `ACR39U (072f:b100)`.
        var title: String { product.isEmpty ? id : "\(product) (\(id))" }
    }

    /// An interface of a device.
    struct Interface: Sendable, Hashable {
        /// `bInterfaceClass`, two hex digits.
        var interfaceClass: String
        /// The kernel's driver that has it; empty for none.
        var driver: String
        /// Its serial port, `ttyUSB2`; nil for none.
        var tty: String?
        /// Its control device for MBIM or QMI, `cdc-wdm0`; nil for none.
        var controlDevice: String?
    }

    let devices: [Device]

    init(_ machine: Machine) {
        let folder = "/sys/bus/usb/devices"
        let names = machine.names(in: folder)
        devices = names.filter { !$0.contains(":") }.compactMap { name in
            func attribute(_ file: String) -> String { machine.text("\(folder)/\(name)/\(file)") ?? "" }
            guard !attribute("idVendor").isEmpty else { return nil }
            let own = names.filter { $0.hasPrefix(name + ":") }
            return Device(
                name: name, id: "\(attribute("idVendor")):\(attribute("idProduct"))", product: attribute("product"),
                interfaces: own.map { Interface(machine, "\(folder)/\($0)") })
        }
    }

    /// Smart-card readers: devices with an interface of class 0B (USB CCID), or by the vendors that have their own.
    var readers: [Device] { devices.filter { $0.interfaces.contains { $0.interfaceClass == "0b" } } }

    /// Modems: devices with a serial port or a control device of the kinds that modems have.
    var modems: [Device] {
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
        interfaceClass = machine.text("\(folder)/bInterfaceClass") ?? ""
        driver = machine.link("\(folder)/driver")?.split(separator: "/").last.map(String.init) ?? ""
        // usb-serial: INTERFACE/ttyUSB0; cdc_acm: INTERFACE/tty/ttyACM0; cdc_mbim, qmi_wwan: INTERFACE/usbmisc/cdc-wdm0.
        tty =
            machine.names(in: folder).first { $0.hasPrefix("ttyUSB") }
            ?? machine.names(in: "\(folder)/tty").first { $0.hasPrefix("tty") }
        controlDevice = machine.names(in: "\(folder)/usbmisc").first { $0.hasPrefix("cdc-wdm") }
    }
}

extension Doctor {
    /// Can the AT ports of the modems be used, and who has them?
    func modems(_ usb: USBDevices) -> [Finding] { usb.modems.flatMap(findings) }

    private func findings(on modem: USBDevices.Device) -> [Finding] {
        let ports = modem.interfaces.compactMap(\.tty)
        guard !ports.isEmpty else { return [withoutPort(modem)] }
        return ports.map { finding(on: "/dev/\($0)", of: modem) }
    }

    private func finding(on port: String, of modem: USBDevices.Device) -> Finding {
        let holders = machine.holders(of: port)
        if let manager = holders.first(where: { $0.name == "ModemManager" }) {
            return .fault(
                "modems", port, "\(manager) has this port of \(modem.title) open",
                "mmcli --inhibit-device=\(uid(of: modem)) (as long as it runs)",
                "or for good: a udev rule that sets ENV{ID_MM_PORT_IGNORE}=\"1\" for it, "
                    + "then: sudo udevadm control --reload && sudo udevadm trigger")
        }
        if let holder = holders.first {
            return .fault("modems", port, "\(holder) has this port of \(modem.title) open", "end that program")
        }
        guard machine.isUsable(port) else {
            return .fault(
                "modems", port, "no permission for this port of \(modem.title)",
                "sudo usermod -aG dialout $(id -un), then log in anew")
        }
        return .ok("modems", port, "a port of \(modem.title), free")
    }

    /// A modem that speaks MBIM or QMI only has nothing that AT commands can go through.
    private func withoutPort(_ modem: USBDevices.Device) -> Finding {
        let isMBIM = modem.interfaces.contains { $0.driver == "cdc_mbim" }
        let device = modem.interfaces.compactMap(\.controlDevice).first.map { "/dev/\($0)" } ?? modem.name
        return .fault(
            "modems", device, "\(modem.title) speaks \(isMBIM ? "MBIM" : "QMI") and has no AT port to tap",
            "switch it to a composition with serial ports, as its vendor's manual has it "
                + "(Quectel: AT+QCFG=\"usbnet\"; Sierra: AT!USBCOMP; Telit: AT#USBCFG)")
    }

    /// ModemManager's name of a device: its path in sysfs.
    private func uid(of modem: USBDevices.Device) -> String {
        let path = Machine.resolved("\(machine.root)/sys/bus/usb/devices/\(modem.name)")
        return path.hasPrefix(machine.root) ? String(path.dropFirst(machine.root.count)) : path
    }
}

internal import Modem

extension Doctor {
    /// Can the AT ports of the modems be used, and who has them?
    func modems(_ usb: USBDevices) -> [Finding] { ModemPorts(machine, usb: usb).modems.flatMap(findings) }

    private func findings(on modem: ModemPorts.Modem) -> [Finding] {
        modem.ports.isEmpty ? [withoutPort(modem)] : modem.ports.map { finding(on: $0.device, of: modem) }
    }

    private func finding(on port: String, of modem: ModemPorts.Modem) -> Finding {
        let title = modem.device.title
        let holders = machine.holders(of: port)
        if let manager = holders.first(where: { $0.name == ModemRemedy.managerName }) {
            return .fault(
                "modems", port, "\(manager) has this port of \(title) open", ModemRemedy.manager(uid: modem.uid))
        }
        if let holder = holders.first {
            return .fault("modems", port, "\(holder) has this port of \(title) open", [ModemRemedy.otherProgram])
        }
        guard machine.isUsable(port) else {
            return .fault("modems", port, "no permission for this port of \(title)", [ModemRemedy.permission])
        }
        return .ok("modems", port, "a port of \(title), free")
    }

    /// A modem that speaks MBIM or QMI only has nothing that AT commands can go through.
    private func withoutPort(_ modem: ModemPorts.Modem) -> Finding {
        .fault(
            "modems", modem.controlDevices.first ?? modem.device.name,
            "\(modem.device.title) speaks \(modem.controlProtocol ?? "QMI") and has no AT port to tap",
            [ModemRemedy.withoutPort])
    }
}

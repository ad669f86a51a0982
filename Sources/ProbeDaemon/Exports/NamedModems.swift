internal import Modem
internal import Observability
internal import ProbeStore

/// The ports of modems that the settings name.
struct NamedModems: Sendable {
    private let paths: [String: String]

    /// Those of the settings.
    init(_ settings: Settings) {
        let named = settings[\.modemPorts].filter { $0 != .auto } + settings[\.modemTaps]
        paths = Dictionary(named.map { ($0.modem, $0.port) }) { first, _ in first }
    }

    /// Where the modem with a name is; its firmware it says itself.
    func hardware(of modem: String, _ machine: Machine) -> DeviceHardware {
        let found = ModemPorts(machine, usb: USBDevices(machine)).modems
        guard let path = paths[modem] else {
            return DeviceHardware(port: found.first { $0.name == modem }?.device.name)
        }
        let port = Machine.resolved(path)
        return DeviceHardware(port: found.first { $0.ports.contains { $0.device == port } }?.device.name)
    }
}

internal import Observability
internal import ProbeEvents
internal import Synchronization

/// The readers and phones that belong to the bench, by the configuration: one that is not there is missed by name.
final class ExpectedDevices: Sendable {
    private struct Device: Hashable {
        var type: DeviceType
        var name: String
    }

    private let collector: Collector
    private let devices = Mutex<Set<Device>>([])

    /// Those of these settings.
    init(_ settings: Settings, in collector: Collector) {
        self.collector = collector
        adopt(settings)
    }

    /// Takes over those of other settings.
    func adopt(_ settings: Settings) {
        let wanted = Set(
            settings[\.readersExpected].map { Device(type: .reader, name: $0) }
                + settings[\.phonesExpected].map { Device(type: .phone, name: $0) })
        devices.withLock { devices in
            for device in wanted.subtracting(devices) { collector.expectDevice(device.type, named: device.name) }
            for device in devices.subtracting(wanted) {
                collector.forgetExpectedDevice(device.type, named: device.name)
            }
            devices = wanted
        }
    }
}

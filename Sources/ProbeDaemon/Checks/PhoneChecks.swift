internal import Observability
internal import ProbeEvents
internal import Taps

extension HealthCheck {
    /// The adb server tells its phones, they can be used, and the relays before it listen and reached it.
    static func phones(_ sources: PhoneSources) -> HealthCheck {
        HealthCheck("phones") {
            let relays = sources.relayStandings
            if relays.contains(where: { $0.listening == nil }) {
                return HealthResult(.unhealthy, "the relay before the adb server does not listen; restart the probe")
            }
            let standing = sources.standing
            if let refusal = standing?.refusal { return HealthResult(.degraded, refusal) }
            if let refusal = relays.compactMap(\.refusal).first { return HealthResult(.degraded, refusal) }
            guard let faults = standing?.unusable.sorted(by: { $0.key < $1.key }), let first = faults.first else {
                return HealthResult(.healthy)
            }
            let others = faults.count > 1 ? " (and \(faults.count - 1) more)" : ""
            return HealthResult(.degraded, "\(first.key): \(first.value.words); \(first.value.remedy)\(others)")
        }
    }
}

extension PhoneState {
    /// What to do about a phone in this state.
    var remedy: String {
        switch self {
        case .unauthorized, .authorizing: "allow USB debugging on its screen"
        case .noPermissions: "install android-sdk-platform-tools-common, or put this user into the group plugdev"
        case .offline, .connecting: "plug it in anew, or run: adb reconnect"
        case .bootloader, .recovery, .rescue, .sideload: "run: adb reboot, or fastboot reboot"
        case .device, .host, .gone, .other: "see: adb devices -l"
        }
    }
}

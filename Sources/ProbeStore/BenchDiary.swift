package import ProbeEvents

/// The bench as it is while the probe runs: what is kept with each run.
package struct BenchDiary: Sendable, Hashable {
    /// The probe's version.
    package var probe: String
    /// The bench's name.
    package var bench: String
    /// The site that it stands at.
    package var site: String
    /// The kernel's release.
    package var kernel: String
    /// The version of pcscd's package; nil when it is not installed.
    package var pcscLite: String?
    /// The version of the CCID driver's package; nil when it is not installed.
    package var ccid: String?

    /// A diary from its parts.
    package init(probe: String, bench: String, site: String, kernel: String, pcscLite: String?, ccid: String?) {
        (self.probe, self.bench, self.site) = (probe, bench, site)
        (self.kernel, self.pcscLite, self.ccid) = (kernel, pcscLite, ccid)
    }
}

/// What the machine says of a device: where it is plugged in, and which release of it that is.
package struct DeviceHardware: Sendable, Hashable {
    /// Bus, then port by port, `1-2.3`; nil when it is not certain.
    package var port: String?
    /// The device's release as USB has it, `5.18`; nil when it is not certain.
    package var firmware: String?

    /// Hardware from its parts.
    package init(port: String? = nil, firmware: String? = nil) { (self.port, self.firmware) = (port, firmware) }
}

/// How the bench is asked while it is in use.
package struct BenchSenses: Sendable {
    /// The machine's load average over a minute.
    package var load: @Sendable () -> Double?
    /// What the machine knows of a reader or modem by its name; it reads files, and asks no device.
    package var hardware: @Sendable (DeviceType, String) -> DeviceHardware

    /// Senses from their parts.
    package init(
        load: @escaping @Sendable () -> Double?, hardware: @escaping @Sendable (DeviceType, String) -> DeviceHardware
    ) {
        (self.load, self.hardware) = (load, hardware)
    }
}

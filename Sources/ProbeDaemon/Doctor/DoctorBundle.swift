internal import CardReader
package import FoundationEssentials
internal import Glibc
internal import Modem
internal import Observability
internal import ProbeEvents

/// What a bug report needs: the findings, the versions of what takes part, and the names in the environment.
///
/// Of variables only those are shown that lead programs to PC/SC or the probe: they hold paths. Nothing of a card but its
/// ATR is in it.
package struct DoctorBundle: Sendable, Encodable {
    private var version = 1
    private var probe = ProbeVersion.current
    private var writtenAt: String
    private var kernel: String
    private var system: String
    private var packages: [String: String]
    private var environment: [String: String]
    private var usb: [String]
    private var processes: [String]
    private var findings: [Finding]

    /// JSON as all commands print it.
    package static var encoder: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return encoder
    }

    /// A bundle of this machine as it is now.
    package init(_ findings: [Finding]) {
        let machine = Machine()
        self.findings = findings
        writtenAt = RFC3339.text(wallNanoseconds: EventClock.now.wallNanoseconds)
        kernel = machine.text("/proc/version") ?? ""
        let lines = machine.text("/etc/os-release")?.split(separator: "\n") ?? []
        system = lines.first { $0.hasPrefix("PRETTY_NAME=") }.map { String($0.dropFirst(12)) } ?? ""
        packages = Self.packages(machine)
        environment = Self.environment()
        usb = USBDevices(machine).devices.map(\.title)
        let concerned: Set = ["pcscd", "scdaemon", "gpg-agent", "ModemManager", "cardlink-probe", "adb", "polkitd"]
        processes = machine.processes.filter { concerned.contains($0.name) }.map(\.description)
    }

    /// Writes it, whole or not at all.
    package func write(to path: String) throws {
        let file = try ReportFile(path)
        try file.write(Array(try Self.encoder.encode(self)) + [UInt8(ascii: "\n")])
    }

    /// Versions of the packages that take part, as dpkg has them.
    static func packages(_ machine: Machine) -> [String: String] {
        let concerned: Set = [
            "pcscd", "libpcsclite1", "libccid", "opensc", "scdaemon", "modemmanager", "vsmartcard-vpcd", "polkitd",
            "libc6",
        ]
        var versions: [String: String] = [:]
        var name = ""
        for line in machine.text("/var/lib/dpkg/status", most: 1 << 26)?.split(separator: "\n") ?? [] {
            if line.hasPrefix("Package: ") { name = String(line.dropFirst(9)) }
            if line.hasPrefix("Version: "), concerned.contains(name) { versions[name] = String(line.dropFirst(9)) }
        }
        return versions
    }

    private static func environment() -> [String: String] {
        let prefixes = [
            "PCSCLITE_", "LIBPCSCLITE_", "CARDLINK_RECEIVER", "CARDLINK_PCSC_LIBRARY", "LD_", "XDG_RUNTIME_DIR",
        ]
        var shown: [String: String] = [:]
        for entry in EnvironmentVariables.current.entries {
            let parts = String(decoding: entry, as: UTF8.self).split(separator: "=", maxSplits: 1)
            guard parts.count == 2, prefixes.contains(where: { parts[0].hasPrefix($0) }) else { continue }
            shown[String(parts[0])] = String(parts[1])
        }
        return shown
    }
}

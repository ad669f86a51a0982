internal import FoundationEssentials
internal import Glibc
internal import Observability
internal import ProbeEvents

/// What OpenTelemetry calls the resource: which program on which machine speaks.
enum ProbeResource {
    /// What is known by itself, and what was named, which goes before.
    static func attributes(_ named: [Attribute]) -> [Attribute] {
        let known = [
            Attribute("service.name", "cardlink-probe"), Attribute("service.version", .text(ProbeVersion.current)),
            Attribute("host.name", .text(hostName)), Attribute("process.pid", .integer(Int64(getpid()))),
            Attribute("process.executable.name", "cardlink-probe"),
            Attribute("telemetry.sdk.name", "cardlink-probe"), Attribute("telemetry.sdk.language", "swift"),
            Attribute("telemetry.sdk.version", .text(ProbeVersion.current)),
        ]
        return known.filter { own in !named.contains { $0.key == own.key } } + named
    }

    private static var hostName: String {
        var system = utsname()
        uname(&system)
        return withUnsafeBytes(of: system.nodename) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}

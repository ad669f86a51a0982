package import Observability
internal import ProbeEvents

/// Where a running probe answers.
package struct ProbeAddress: Sendable, Hashable {
    /// The address up to the probe's own paths, without an ending slash.
    package let base: String
    /// The path of the metrics.
    package let metricsPath: String

    /// The probe of this machine at its usual place.
    package static let local = ProbeAddress(base: "http://127.0.0.1:7816")

    /// An address from its parts.
    package init(base: String, metricsPath: String = "/metrics") {
        self.base = base
        self.metricsPath = metricsPath
    }

    /// Reads `http://HOST:PORT`, or `https`; a path is that under which a proxy has the probe.
    package init(parsing text: String, metricsPath: String = "/metrics") throws(ProbeAddressError) {
        guard let scheme = ["http://", "https://"].first(where: text.lowercased().hasPrefix) else {
            throw .noScheme(text)
        }
        let rest = text.dropFirst(scheme.count)
        let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        guard !authority.contains("@") else { throw .hasPassword }
        guard !rest.contains("?"), !rest.contains("#") else { throw .hasQuery(text) }
        guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else { throw .badCharacter(text) }
        guard Self.isHostAndPort(authority) else { throw .badHost(text) }
        var path = rest.dropFirst(authority.count)
        // Who copies the address of the metrics means the probe.
        if path.hasSuffix(metricsPath) { path = path.dropLast(metricsPath.count) }
        while path.hasSuffix("/") { path = path.dropLast() }
        self.init(base: scheme + authority + path, metricsPath: metricsPath)
    }

    /// Where the daemon with these settings answers.
    package init(_ settings: Settings) throws(ProbeAddressError) {
        let usual = ListenAddress(host: "127.0.0.1", port: UInt16(clamping: settings[\.metricsPort]))
        let address = settings[\.metricsListenAddress].first ?? usual
        guard address.port != 0 else { throw .chosenBySystem }
        let url = address.localURL(isSecure: settings[\.webConfigFile].map(Self.hasTLS) ?? false)
        self.init(base: String(url.dropLast()), metricsPath: settings[\.metricsPath])
    }

    /// Whether it is asked over TLS.
    package var isSecure: Bool { base.hasPrefix("https:") }

    private static func isHostAndPort(_ authority: Substring) -> Bool {
        // Without a port it is the scheme's own.
        let isNamed = authority.hasSuffix("]") || !authority.contains(":")
        guard let address = try? ListenAddress(parsing: authority + (isNamed ? ":80" : "")) else { return false }
        return !address.host.isEmpty && address.port != 0
    }

    // The daemon tells what is wrong with this file.
    private static func hasTLS(_ webConfigFile: String) -> Bool {
        guard let text = try? BoundedFile.text(webConfigFile), let tree = try? YAMLTree.parse(text),
            case .map(let entries, _) = tree
        else { return false }
        return entries.contains { $0.key == "tls_server_config" }
    }
}

/// Why a text is no address of a probe.
package enum ProbeAddressError: ExplainedError, Hashable {
    /// It begins with neither `http://` nor `https://`.
    case noScheme(String)
    /// A name or a password stands before the host.
    case hasPassword
    /// There is something behind the path.
    case hasQuery(String)
    /// It has a blank, or a letter that is not ASCII.
    case badCharacter(String)
    /// There is no host, or no port where one should be.
    case badHost(String)
    /// The configuration leaves the port to the system.
    case chosenBySystem

    /// One line: what is wrong and what to write.
    package var explanation: String {
        switch self {
        case .noScheme(let text): "--url '\(text)' has no scheme; write http://HOST:PORT, as in http://127.0.0.1:7816"
        case .hasPassword:
            "--url has a user in it, which ps shows to everybody; give --user NAME and --password-file FILE"
        case .hasQuery(let text): "--url '\(text)' has a query; write http://HOST:PORT alone"
        case .badCharacter(let text): "--url '\(text)' has a character that no address has; write http://HOST:PORT"
        case .badHost(let text):
            "--url '\(text)' has no valid host and port; write http://HOST:PORT, as in http://[::1]:7816"
        case .chosenBySystem:
            "the configuration leaves the port to the system (port 0); give --url with what serve says at its start"
        }
    }
}

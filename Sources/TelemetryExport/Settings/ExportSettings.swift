package import Observability

/// Where one signal goes, and how.
package struct ExportSettings: Sendable, Hashable {
    /// How requests travel.
    package enum Wire: Sendable, Hashable {
        case grpc, http
    }

    /// A header of each request; its value may be a secret and is never shown.
    package struct Header: Sendable, Hashable {
        /// Its name.
        package var name: String
        /// What it says.
        package var value: String
    }

    /// Files in PEM for TLS.
    package struct TLSFiles: Sendable, Hashable {
        /// Who may have signed the server's certificate; nil for whom the system trusts.
        package var authorities: String?
        /// Our own certificate, with those that lead to its root.
        package var certificate: String?
        /// Its key.
        package var key: String?

        /// No files.
        package init() {}
    }

    /// How requests travel.
    package var wire = Wire.http
    /// The whole URL; of gRPC scheme, host and port count.
    package var endpoint: String
    /// What each request carries.
    package var headers: [Header] = []
    /// How long one attempt may take.
    package var timeout = Duration.milliseconds(10_000)
    /// Whether requests are compressed, with gzip.
    package var isCompressed = false
    /// Files for TLS.
    package var tls = TLSFiles()
    /// What is said of the probe with each request, beside what is known by itself.
    package var resource: [Attribute] = []

    /// It goes there, all else as usual.
    package init(endpoint: String) { self.endpoint = endpoint }

    /// The endpoint as it may be shown: a user's name and password are left out, and what stands behind a `?`.
    package var shownEndpoint: String {
        let url = endpoint.prefix { $0 != "?" }
        guard let scheme = url.firstRange(of: "://") else { return String(url) }
        let rest = url[scheme.upperBound...]
        let host = rest.prefix { $0 != "/" }
        guard let at = host.lastIndex(of: "@") else { return String(url) }
        return String(url[..<scheme.upperBound] + rest[rest.index(after: at)...])
    }
}

extension ExportSettings {
    /// Reads the variables for a signal, the ones for it alone before the ones for all.
    ///
    /// nil when they name no endpoint, or say that nothing is to be exported.
    package init?(_ signal: ExportSignal, _ read: ExportVariables) {
        let names = Names(signal)
        guard !read.isTrue("OTEL_SDK_DISABLED"), Self.isWanted(signal, read),
            let endpoint = Self.endpoint(signal, read)
        else { return nil }
        self.init(endpoint: endpoint)
        headers = Self.headers(names("HEADERS"), read)
        timeout = read.milliseconds(names("TIMEOUT")) ?? timeout
        isCompressed = Self.isCompressed(names("COMPRESSION"), read)
        tls.authorities = read.first(names("CERTIFICATE"))?.value
        tls.certificate = read.first(names("CLIENT_CERTIFICATE"))?.value
        tls.key = read.first(names("CLIENT_KEY"))?.value
        resource = Self.resource(read)
    }

    /// The names that a variable has for a signal: its own, and the one for all.
    private struct Names {
        private let signal: ExportSignal

        init(_ signal: ExportSignal) { self.signal = signal }

        func callAsFunction(_ name: String) -> [String] {
            ["OTEL_EXPORTER_OTLP_\(signal.variable)_\(name)", "OTEL_EXPORTER_OTLP_\(name)"]
        }
    }

    private static func isWanted(_ signal: ExportSignal, _ read: ExportVariables) -> Bool {
        let name = "OTEL_\(signal.variable)_EXPORTER"
        if let exporters = read.list(name) {
            if exporters.contains("otlp") { return isProtocolKnown(signal, read) }
            if let unknown = exporters.first(where: { $0 != "none" }) {
                read.warn("\(name) '\(unknown.prefix(64))' is neither otlp nor none; exporting nothing")
            }
            return false
        }
        return read.first(Names(signal)("ENDPOINT")) != nil && isProtocolKnown(signal, read)
    }

    private static func isProtocolKnown(_ signal: ExportSignal, _ read: ExportVariables) -> Bool {
        guard let name = read.first(Names(signal)("PROTOCOL"))?.value, name != "http/protobuf" else { return true }
        read.warn("\(signal.name) go out by http/protobuf only, not by '\(name.prefix(64))'; exporting nothing")
        return false
    }

    /// The variable for one signal is used as it stands, the one for all is a base.
    private static func endpoint(_ signal: ExportSignal, _ read: ExportVariables) -> String? {
        let names = Names(signal)("ENDPOINT")
        let (name, url) = read.first(names) ?? (names[1], "http://localhost:4318")
        guard let scheme = url.firstRange(of: "://"), ["http", "https"].contains(url[..<scheme.lowerBound]),
            url[scheme.upperBound...].first.map({ !"/:?#".contains($0) }) == true,
            url.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else {
            read.warn("\(name) is no URL that begins with http:// or https:// and names a host; exporting nothing")
            return nil
        }
        guard name == names[1] else { return url }
        return url + (url.hasSuffix("/") ? "" : "/") + signal.path
    }

    private static func isCompressed(_ names: [String], _ read: ExportVariables) -> Bool {
        guard let (name, value) = read.first(names), value != "none" else { return false }
        if value != "gzip" { read.warn("\(name) '\(value.prefix(64))' is neither gzip nor none; not compressing") }
        return value == "gzip"
    }

    private static func headers(_ names: [String], _ read: ExportVariables) -> [Header] {
        guard let name = read.first(names)?.name else { return [] }
        return read.pairs(name).compactMap { key, value in
            guard key.utf8.allSatisfy(Baggage.isToken), value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
                read.warn("\(name) has a header whose name or value HTTP forbids; it is left out")
                return nil
            }
            return Header(name: key, value: value)
        }
    }

    private static func resource(_ read: ExportVariables) -> [Attribute] {
        var resource = read.pairs("OTEL_RESOURCE_ATTRIBUTES").map { Attribute($0, .text($1)) }
        if let service = read.text("OTEL_SERVICE_NAME") {
            resource.removeAll { $0.key == "service.name" }
            resource.append(Attribute("service.name", .text(service)))
        }
        return resource
    }
}

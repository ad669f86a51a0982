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
    /// Whom TLS trusts, and who we are.
    package var tls = ExportTLS()
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
    /// nil when they name no endpoint, or say that nothing is to be exported, or what they say cannot be done.
    package init?(_ signal: ExportSignal, _ read: ExportVariables) {
        let names = Names(signal)
        guard !read.isTrue("OTEL_SDK_DISABLED"), Self.isWanted(signal, read),
            let wire = Self.wire(names("PROTOCOL"), read),
            let endpoint = wire == .grpc ? Self.service(signal, read) : Self.url(signal, read),
            let tls = Self.tls(names, read)
        else { return nil }
        self.init(endpoint: endpoint)
        (self.wire, self.tls) = (wire, tls)
        headers = Self.headers(names("HEADERS"), read)
        timeout = read.milliseconds(names("TIMEOUT")) ?? timeout
        isCompressed = Self.isCompressed(names("COMPRESSION"), read)
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
        guard let exporters = read.list(name) else { return read.first(Names(signal)("ENDPOINT")) != nil }
        if exporters.contains("otlp") { return true }
        if let unknown = exporters.first(where: { $0 != "none" }) {
            read.warn("\(name) '\(unknown.prefix(64))' is neither otlp nor none; exporting nothing")
        }
        return false
    }

    private static func wire(_ names: [String], _ read: ExportVariables) -> Wire? {
        guard let (name, value) = read.first(names) else { return .http }
        switch value {
        case "http/protobuf": return .http
        case "grpc": return .grpc
        default:
            read.warn("\(name) '\(value.prefix(64))' is neither grpc nor http/protobuf; exporting nothing")
            return nil
        }
    }

    /// The URL of HTTP: the variable for one signal is used as it stands, the one for all is a base.
    private static func url(_ signal: ExportSignal, _ read: ExportVariables) -> String? {
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

    /// Where gRPC listens; without a scheme it is asked with TLS unless a variable says otherwise.
    private static func service(_ signal: ExportSignal, _ read: ExportVariables) -> String? {
        let names = Names(signal)
        let (name, text) = read.first(names("ENDPOINT")) ?? (names("ENDPOINT")[1], "http://localhost:4317")
        let isInsecure = read.first(names("INSECURE"))?.value.lowercased() == "true"
        let url = text.contains("://") ? text : (isInsecure ? "http://" : "https://") + text
        guard GRPCEndpoint(url) != nil else {
            read.warn("\(name) is no HOST:PORT, alone or behind http:// or https://; exporting nothing")
            return nil
        }
        return url
    }

    private static func tls(_ names: Names, _ read: ExportVariables) -> ExportTLS? {
        let (authorities, certificate, key) =
            (read.first(names("CERTIFICATE")), read.first(names("CLIENT_CERTIFICATE")), read.first(names("CLIENT_KEY")))
        do throws(ExportTLS.Unusable) {
            return try ExportTLS(
                authorities: authorities?.value, certificate: certificate?.value, key: key?.value)
        } catch {
            let given = [authorities, certificate, key].compactMap { $0?.name }
            read.warn("\(given.joined(separator: ", ")): \(error.reason); exporting nothing")
            return nil
        }
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

package import Observability

/// Where traces go, which, and how, from the variables that OpenTelemetry gives every program.
package struct TraceSettings: Sendable, Hashable {
    /// A header of each request; its value may be a secret and is never shown.
    package struct Header: Sendable, Hashable {
        /// Its name.
        package var name: String
        /// What it says.
        package var value: String
    }

    /// The whole URL.
    package var endpoint: String
    /// What each request carries.
    package var headers: [Header] = []
    /// How long one attempt may take.
    package var timeout = Duration.milliseconds(10_000)
    /// Which traces are kept.
    package var sampler = Sampler.parentBased(.alwaysOn)
    /// How much a span holds.
    package var limits = SpanLimits()
    /// Spans that wait at most.
    package var queueSize = 2_048
    /// Spans in one request at most.
    package var batchSize = 512
    /// How long a span waits for others.
    package var delay = Duration.milliseconds(5_000)
    /// What is said of the probe with each request, beside what is known by itself.
    package var resource: [Attribute] = []

    /// Spans go there, all else as usual.
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

extension TraceSettings {
    /// Reads the variables; nil when they name no endpoint, or say that nothing is to be exported.
    ///
    /// - Parameters:
    ///   - variable: the value of a variable.
    ///   - warn: told in a line what cannot be read and is ignored.
    package init?(_ variable: @escaping (String) -> String?, warn: @escaping (String) -> Void) {
        let read = Variables(variable: variable, warn: warn)
        guard !read.isTrue("OTEL_SDK_DISABLED"), Self.isWanted(read) else { return nil }
        guard let endpoint = Self.endpoint(read) else { return nil }
        self.init(endpoint: endpoint)
        headers = Self.headers(read)
        timeout = read.milliseconds("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT") ?? timeout
        if let name = read.text("OTEL_TRACES_SAMPLER") {
            if let named = Sampler(name: name, argument: read.text("OTEL_TRACES_SAMPLER_ARG")) {
                sampler = named
            } else {
                warn("OTEL_TRACES_SAMPLER '\(name.prefix(64))' is no sampler; using parentbased_always_on")
            }
        }
        limits.attributes = read.count("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "OTEL_ATTRIBUTE_COUNT_LIMIT") ?? 128
        limits.events = read.count("OTEL_SPAN_EVENT_COUNT_LIMIT") ?? limits.events
        limits.links = read.count("OTEL_SPAN_LINK_COUNT_LIMIT") ?? limits.links
        queueSize = read.count("OTEL_BSP_MAX_QUEUE_SIZE") ?? queueSize
        batchSize = min(read.count("OTEL_BSP_MAX_EXPORT_BATCH_SIZE") ?? batchSize, queueSize)
        delay = read.milliseconds("OTEL_BSP_SCHEDULE_DELAY") ?? delay
        resource = Self.resource(read)
    }

    private static func isWanted(_ read: Variables) -> Bool {
        if let exporters = read.list("OTEL_TRACES_EXPORTER") {
            if exporters.contains("otlp") { return isProtocolKnown(read) }
            let unknown = exporters.filter { $0 != "none" }
            if !unknown.isEmpty {
                read.warn("OTEL_TRACES_EXPORTER '\(unknown[0].prefix(64))' is neither otlp nor none; exporting nothing")
            }
            return false
        }
        guard endpointNames.contains(where: { read.text($0) != nil }) else { return false }
        return isProtocolKnown(read)
    }

    private static func isProtocolKnown(_ read: Variables) -> Bool {
        let name = read.text("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL") ?? "http/protobuf"
        if name == "http/protobuf" { return true }
        read.warn("traces go out by http/protobuf only, not by '\(name.prefix(64))'; exporting nothing")
        return false
    }

    private static let endpointNames = ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"]

    /// The variable for traces is used as it stands, the one for all is a base.
    private static func endpoint(_ read: Variables) -> String? {
        let name = endpointNames.first { read.text($0) != nil } ?? endpointNames[1]
        let url = read.text(name) ?? "http://localhost:4318"
        guard let scheme = url.firstRange(of: "://"), ["http", "https"].contains(url[..<scheme.lowerBound]),
            url[scheme.upperBound...].first.map({ !"/:?#".contains($0) }) == true,
            url.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else {
            read.warn("\(name) is no URL that begins with http:// or https:// and names a host; exporting nothing")
            return nil
        }
        guard name == endpointNames[1] else { return url }
        return url + (url.hasSuffix("/") ? "" : "/") + "v1/traces"
    }

    private static func headers(_ read: Variables) -> [Header] {
        let name =
            ["OTEL_EXPORTER_OTLP_TRACES_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS"].first { read.text($0) != nil }
        return name.map(read.pairs)?.compactMap { key, value in
            guard key.utf8.allSatisfy(Baggage.isToken),
                value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F })
            else {
                read.warn("\(name ?? "") has a header whose name or value HTTP forbids; it is left out")
                return nil
            }
            return Header(name: key, value: value)
        } ?? []
    }

    private static func resource(_ read: Variables) -> [Attribute] {
        var resource = read.pairs("OTEL_RESOURCE_ATTRIBUTES").map { Attribute($0, .text($1)) }
        if let service = read.text("OTEL_SERVICE_NAME") {
            resource.removeAll { $0.key == "service.name" }
            resource.append(Attribute("service.name", .text(service)))
        }
        return resource
    }
}

/// Variables as OpenTelemetry wants them read: empty is unset, only "true" is true, what cannot be read is ignored.
private struct Variables {
    let variable: (String) -> String?
    let warn: (String) -> Void

    /// The value of the first of these that is set.
    func text(_ names: String...) -> String? {
        for name in names {
            let value = variable(name).map { String(decoding: $0.utf8.trimmed, as: UTF8.self) } ?? ""
            if !value.isEmpty { return value }
        }
        return nil
    }

    func isTrue(_ name: String) -> Bool { text(name)?.lowercased() == "true" }

    func list(_ name: String) -> [String]? {
        text(name)?.split(separator: ",").map { String(decoding: $0.utf8.trimmed, as: UTF8.self) }
    }

    /// A whole number above 0.
    func count(_ names: String...) -> Int? {
        for name in names {
            guard let text = text(name) else { continue }
            if let count = Int(text), (1...1_000_000).contains(count) { return count }
            warn("\(name) '\(text.prefix(64))' is no whole number from 1 to 1000000; ignored")
        }
        return nil
    }

    func milliseconds(_ names: String...) -> Duration? {
        for name in names {
            guard let text = text(name) else { continue }
            if let count = Int(text), (1...86_400_000).contains(count) { return .milliseconds(count) }
            warn("\(name) '\(text.prefix(64))' is no time in milliseconds, 1 to 86400000; ignored")
        }
        return nil
    }

    /// `key=value,key=value`, percent-encoded; one that cannot be read makes all void. Values are not told: headers
    /// carry secrets.
    func pairs(_ name: String) -> [(String, String)] {
        var pairs: [(String, String)] = []
        for part in text(name)?.utf8.split(separator: UInt8(ascii: ",")) ?? [] where !part.trimmed.isEmpty {
            guard let equals = part.firstIndex(of: UInt8(ascii: "=")),
                let key = PercentEncoding.decoded(part[..<equals].trimmed), !key.isEmpty,
                let value = PercentEncoding.decoded(part[part.index(after: equals)...].trimmed)
            else {
                warn("\(name) is no list of key=value with percent-encoded values; ignored")
                return []
            }
            pairs.append((String(decoding: key, as: UTF8.self), String(decoding: value, as: UTF8.self)))
        }
        return pairs
    }
}

extension BidirectionalCollection where Element == UInt8 {
    /// Without blanks, tabs and line ends at both ends.
    fileprivate var trimmed: SubSequence {
        func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
        let rest = drop(while: isBlank)
        guard let last = rest.lastIndex(where: { !isBlank($0) }) else { return rest.prefix(0) }
        return rest[...last]
    }
}

internal import FoundationEssentials
internal import Observability

/// Spans as Zipkin v2 has them in JSON.
struct ZipkinRequest {
    private let spans: [ZipkinSpan]

    /// A request with spans of the probe that the resource describes.
    init(_ spans: [SpanData], resource: [Attribute], version: String) {
        self.spans = spans.map { ZipkinSpan($0, resource: resource, version: version) }
    }

    /// The bytes of the request's body.
    func bytes() throws -> [UInt8] { Array(try JSONEncoder().encode(spans)) }
}

/// One span: what Zipkin has no place for stands in its tags, as OpenTelemetry lays down for Zipkin exporters.
private struct ZipkinSpan: Encodable {
    struct Endpoint: Encodable {
        var serviceName: String
    }

    struct Annotation: Encodable {
        var timestamp: UInt64
        var value: String
    }

    var traceId: String
    var id: String
    var parentId: String?
    var name: String
    var kind: String?
    var timestamp: UInt64
    var duration: UInt64
    var localEndpoint: Endpoint
    var annotations: [Annotation]
    var tags: [String: String]

    init(_ span: SpanData, resource: [Attribute], version: String) {
        traceId = span.context.traceID.description
        id = span.context.spanID.description
        parentId = span.parent?.spanID.description
        name = span.name
        kind = Self.kind(span.kind)
        timestamp = Self.microseconds(span.startNanoseconds)
        // Zipkin takes 0 for unknown.
        duration = max(1, Self.microseconds(span.endNanoseconds &- span.startNanoseconds))
        let service = resource.first { $0.key == "service.name" }
        localEndpoint = Endpoint(serviceName: service?.value.json.plain ?? "cardlink-probe")
        annotations = span.events.map { event in
            let about = Dictionary(event.attributes.kept.map { ($0.key, $0.value.json) }) { _, last in last }
            return Annotation(
                timestamp: Self.microseconds(event.wallNanoseconds),
                value: JSONText.object([event.name: .object(about)]).plain)
        }
        tags = Self.tags(of: span, resource: resource, version: version)
    }

    private static func tags(of span: SpanData, resource: [Attribute], version: String) -> [String: String] {
        var tags: [String: String] = [:]
        for attribute in resource + span.attributes.kept { tags[attribute.key] = attribute.value.json.plain }
        tags["otel.scope.name"] = "cardlink-probe"
        tags["otel.scope.version"] = version
        switch span.status {
        case .unset: break
        case .ok: tags["otel.status_code"] = "OK"
        case .error(let message): (tags["otel.status_code"], tags["error"]) = ("ERROR", message)
        }
        let dropped = [
            ("attributes", span.attributes.dropped), ("events", span.droppedEvents), ("links", span.droppedLinks),
        ]
        for (what, count) in dropped where count > 0 { tags["otel.dropped_\(what)_count"] = String(count) }
        return tags
    }

    private static func kind(_ kind: SpanKind) -> String? {
        switch kind {
        case .internal: nil
        case .server: "SERVER"
        case .client: "CLIENT"
        case .producer: "PRODUCER"
        case .consumer: "CONSUMER"
        }
    }

    private static func microseconds(_ nanoseconds: UInt64) -> UInt64 {
        nanoseconds / 1_000 + (nanoseconds % 1_000 + 500) / 1_000
    }
}

/// A value that is told as text.
private indirect enum JSONText: Encodable {
    case text(String), flag(Bool), integer(Int64), number(Double), list([JSONText]), object([String: JSONText])

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .text(let text): try container.encode(text)
        case .flag(let flag): try container.encode(flag)
        case .integer(let integer): try container.encode(integer)
        // JSON has no word for what is no number.
        case .number(let number): number.isFinite ? try container.encode(number) : try container.encode("\(number)")
        case .list(let list): try container.encode(list)
        case .object(let object): try container.encode(object)
        }
    }

    /// A text as it is, all else in JSON.
    var plain: String {
        switch self {
        case .text(let text): return text
        case .number(let number): return "\(number)"
        case .flag, .integer, .list, .object:
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            return (try? encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? ""
        }
    }
}

extension AttributeValue {
    fileprivate var json: JSONText {
        switch self {
        case .text(let text): .text(text)
        case .flag(let flag): .flag(flag)
        case .integer(let integer): .integer(integer)
        case .number(let number): .number(number)
        case .texts(let texts): .list(texts.map(JSONText.text))
        case .flags(let flags): .list(flags.map(JSONText.flag))
        case .integers(let integers): .list(integers.map(JSONText.integer))
        case .numbers(let numbers): .list(numbers.map(JSONText.number))
        }
    }
}

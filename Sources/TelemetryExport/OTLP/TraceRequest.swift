internal import FoundationEssentials
internal import Observability
internal import SwiftProtobuf

/// Spans in the protocol's form.
struct TraceRequest {
    private let message: Cardlink_Otlp_ExportTraceServiceRequest

    /// A request with spans of the probe that the resource describes.
    init(_ spans: [SpanData], resource: [Attribute], version: String) {
        message = .with {
            $0.resourceSpans = [
                .with {
                    $0.resource = Cardlink_Otlp_Resource(resource)
                    $0.scopeSpans = [
                        .with {
                            $0.scope = Cardlink_Otlp_InstrumentationScope(version: version)
                            $0.spans = spans.map(Cardlink_Otlp_Span.init)
                        }
                    ]
                }
            ]
        }
    }

    /// The bytes of the request's body.
    func bytes() throws -> [UInt8] { try message.serializedBytes() }
}

extension Cardlink_Otlp_Span {
    fileprivate init(_ span: SpanData) {
        self.init()
        traceID = Data(span.context.traceID.bytes)
        spanID = Data(span.context.spanID.bytes)
        traceState = span.context.state.text
        if let parent = span.parent { parentSpanID = Data(parent.spanID.bytes) }
        flags = Self.flags(span.context, isRemote: span.parent?.isRemote ?? false)
        name = span.name
        kind = SpanKind(span.kind)
        startTimeUnixNano = span.startNanoseconds
        endTimeUnixNano = span.endNanoseconds
        attributes = span.attributes.kept.map(Cardlink_Otlp_KeyValue.init)
        droppedAttributesCount = span.attributes.dropped
        events = span.events.map(Event.init)
        droppedEventsCount = span.droppedEvents
        links = span.links.map(Link.init)
        droppedLinksCount = span.droppedLinks
        switch span.status {
        case .unset: break
        case .ok: status = .with { $0.code = .ok }
        case .error(let message):
            status = .with {
                $0.code = .error
                $0.message = message
            }
        }
    }

    /// The W3C flags, that it is known whether the other span is another process's, and whether it is.
    fileprivate static func flags(_ context: SpanContext, isRemote: Bool) -> UInt32 {
        UInt32(context.flags.rawValue) | 0x100 | (isRemote ? 0x200 : 0)
    }
}

extension Cardlink_Otlp_Span.SpanKind {
    fileprivate init(_ kind: SpanKind) {
        self =
            switch kind {
            case .internal: .internal
            case .server: .server
            case .client: .client
            case .producer: .producer
            case .consumer: .consumer
            }
    }
}

extension Cardlink_Otlp_Span.Event {
    fileprivate init(_ event: SpanData.Event) {
        self.init()
        timeUnixNano = event.wallNanoseconds
        name = event.name
        attributes = event.attributes.kept.map(Cardlink_Otlp_KeyValue.init)
        droppedAttributesCount = event.attributes.dropped
    }
}

extension Cardlink_Otlp_Span.Link {
    fileprivate init(_ link: SpanData.Link) {
        self.init()
        traceID = Data(link.context.traceID.bytes)
        spanID = Data(link.context.spanID.bytes)
        traceState = link.context.state.text
        attributes = link.attributes.kept.map(Cardlink_Otlp_KeyValue.init)
        droppedAttributesCount = link.attributes.dropped
        flags = Cardlink_Otlp_Span.flags(link.context, isRemote: link.context.isRemote)
    }
}

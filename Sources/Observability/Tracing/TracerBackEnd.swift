package import Tracing

/// Stands behind swift-distributed-tracing: spans of any Swift library inside become ours.
package struct TracerBackEnd: Tracer {
    private let manager: SpanManager

    /// A back end that starts spans with a manager.
    package init(_ manager: SpanManager) { self.manager = manager }

    /// Starts a span under the one of the context, else under the one that is current.
    package func startSpan<Instant: TracerInstant>(
        _ operationName: String, context: @autoclosure () -> InstrumentationContext, ofKind kind: Tracing.SpanKind,
        at instant: @autoclosure () -> Instant, function: String, file fileID: String, line: UInt
    ) -> OpenSpan {
        var context = context()
        let span = manager.start(
            operationName, kind: SpanKind(kind), parent: context.spanContext ?? SpanManager.current)
        let start = instant().nanosecondsSinceEpoch
        span.update { $0.startNanoseconds = start }
        context.spanContext = span.context
        return OpenSpan(span: span, context: context)
    }

    /// The same for callers that name no type.
    package func startAnySpan<Instant: TracerInstant>(
        _ operationName: String, context: @autoclosure () -> InstrumentationContext, ofKind kind: Tracing.SpanKind,
        at instant: @autoclosure () -> Instant, function: String, file fileID: String, line: UInt
    ) -> any Tracing.Span {
        startSpan(
            operationName, context: context(), ofKind: kind, at: instant(), function: function, file: fileID,
            line: line)
    }

    /// Nothing: whoever exports takes what waits in its own time.
    package func forceFlush() {}

    /// Writes `traceparent` and `tracestate` for another process.
    package func inject<Carrier, Inject: Injector>(
        _ context: InstrumentationContext, into carrier: inout Carrier, using injector: Inject
    ) where Inject.Carrier == Carrier {
        guard let span = context.spanContext else { return }
        injector.inject(span.traceparent, forKey: "traceparent", into: &carrier)
        let state = span.state.text
        if !state.isEmpty { injector.inject(state, forKey: "tracestate", into: &carrier) }
    }

    /// Reads what another process wrote.
    package func extract<Carrier, Extract: Extractor>(
        _ carrier: Carrier, into context: inout InstrumentationContext, using extractor: Extract
    ) where Extract.Carrier == Carrier {
        guard let parent = extractor.extract(key: "traceparent", from: carrier) else { return }
        let state = extractor.extract(key: "tracestate", from: carrier) ?? ""
        if let span = SpanContext(traceparent: parent.utf8, tracestate: state.utf8) { context.spanContext = span }
    }
}

extension TracerBackEnd {
    /// A span as swift-distributed-tracing knows it.
    package struct OpenSpan: Tracing.Span {
        fileprivate let span: Observability.Span
        /// The context for what happens in it.
        package let context: InstrumentationContext

        /// Whether anything that is noted in it is kept.
        package var isRecording: Bool { span.isRecording }

        /// What it is called.
        package var operationName: String {
            get { span.data.name }
            nonmutating set { span.update { $0.name = newValue } }
        }

        /// More about it.
        package var attributes: SpanAttributes {
            get {
                var attributes = SpanAttributes()
                for attribute in span.data.attributes.kept {
                    attributes[attribute.key] = SpanAttribute(attribute.value)
                }
                return attributes
            }
            nonmutating set {
                let attributes = Attribute.list(newValue)
                span.update { $0.replaceAttributes(attributes) }
            }
        }

        /// Says how it ended.
        package func setStatus(_ status: Tracing.SpanStatus) {
            let status: Observability.SpanStatus =
                switch status.code {
                case .ok: .ok
                case .error: .error(status.message ?? "")
                }
            span.update { $0.status = status }
        }

        /// Adds an event.
        package func addEvent(_ event: SpanEvent) {
            let about = Attribute.list(event.attributes)
            span.update { $0.addEvent(event.name, wallNanoseconds: event.nanosecondsSinceEpoch, about) }
        }

        /// Notes an error.
        package func recordError<Instant: TracerInstant>(
            _ error: any Error, attributes: SpanAttributes, at instant: @autoclosure () -> Instant
        ) {
            let (wall, about) = (instant().nanosecondsSinceEpoch, Attribute.list(attributes))
            span.update { data in
                data.record(error, wallNanoseconds: wall)
                data.set(about)
            }
        }

        /// Adds a link to a span of ours.
        package func addLink(_ link: SpanLink) {
            guard let context = link.context.spanContext else { return }
            let about = Attribute.list(link.attributes)
            span.update { $0.addLink(context, about) }
        }

        /// Ends it.
        package func end<Instant: TracerInstant>(at instant: @autoclosure () -> Instant) {
            span.end(wallNanoseconds: instant().nanosecondsSinceEpoch)
        }
    }
}

private enum SpanContextKey: InstrumentationContextKey {
    typealias Value = SpanContext
}

extension InstrumentationContext {
    /// Our span that it carries.
    package var spanContext: SpanContext? {
        get { self[SpanContextKey.self] }
        set { self[SpanContextKey.self] = newValue }
    }
}

extension SpanKind {
    fileprivate init(_ kind: Tracing.SpanKind) {
        self =
            switch kind {
            case .server: .server
            case .client: .client
            case .producer: .producer
            case .consumer: .consumer
            case .internal: .internal
            }
    }
}

extension SpanAttribute {
    fileprivate init(_ value: AttributeValue) {
        self =
            switch value {
            case .text(let text): .string(text)
            case .flag(let flag): .bool(flag)
            case .integer(let integer): .int64(integer)
            case .number(let number): .double(number)
            case .texts(let texts): .stringArray(texts)
            case .flags(let flags): .boolArray(flags)
            case .integers(let integers): .int64Array(integers)
            case .numbers(let numbers): .doubleArray(numbers)
            }
    }
}

extension Attribute {
    fileprivate static func list(_ attributes: SpanAttributes) -> [Attribute] {
        var list: [Attribute] = []
        attributes.forEach { key, value in
            if let value = AttributeValue(value) { list.append(Attribute(key, value)) }
        }
        return list
    }
}

extension AttributeValue {
    /// nil for a kind that later versions of swift-distributed-tracing may add.
    fileprivate init?(_ value: SpanAttribute) {
        switch value {
        case .string(let text): self = .text(text)
        case .bool(let flag): self = .flag(flag)
        case .int32(let integer): self = .integer(Int64(integer))
        case .int64(let integer): self = .integer(integer)
        case .double(let number): self = .number(number)
        case .stringArray(let texts): self = .texts(texts)
        case .boolArray(let flags): self = .flags(flags)
        case .int32Array(let integers): self = .integers(integers.map(Int64.init))
        case .int64Array(let integers): self = .integers(integers)
        case .doubleArray(let numbers): self = .numbers(numbers)
        case .stringConvertible(let value): self = .text(value.description)
        case .stringConvertibleArray(let values): self = .texts(values.map(\.description))
        default: return nil
        }
    }
}

import Testing
import Tracing

@testable import Observability

/// swift-distributed-tracing's own calls in front.
@Suite struct TracerBackEndTests {
    private struct Variables: Injector, Extractor {
        func inject(_ value: String, forKey key: String, into carrier: inout [String: String]) { carrier[key] = value }
        func extract(key: String, from carrier: [String: String]) -> String? { carrier[key] }
    }

    @Test func spansOfALibraryInsideAreOurs() throws {
        struct Refused: Error {}
        let spans = Spans()
        let tracer = TracerBackEnd(spans.manager)
        #expect(throws: Refused.self) {
            try tracer.withSpan("outer", ofKind: .server) { outer in
                outer.updateAttributes { $0["count"] = 3 }
                tracer.withSpan("inner") { inner in
                    inner.attributes["names"] = ["a", "b"]
                    inner.addEvent(SpanEvent(name: "seen", attributes: ["ok": true]))
                    inner.addLink(SpanLink(context: outer.context, attributes: [:]))
                }
                throw Refused()
            }
        }
        let told = spans.take()
        #expect(told.map(\.name) == ["inner", "outer"])
        #expect(told[0].parent == told[1].context && told[0].links.map(\.context) == [told[1].context])
        #expect(told[0].attributes["names"] == .texts(["a", "b"]) && told[0].events.map(\.name) == ["seen"])
        #expect(told[1].attributes["count"] == 3 && told[1].kind == .server && told[1].status == .error(""))
        #expect(told[1].events.map(\.name) == ["exception"])
    }

    @Test func contextsGoInAndOut() throws {
        let spans = Spans()
        let tracer = TracerBackEnd(spans.manager)
        let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
        var context = InstrumentationContext.topLevel
        tracer.extract(["traceparent": parent, "tracestate": "a=1"], into: &context, using: Variables())
        let span = tracer.startSpan("served", context: context)
        var carrier: [String: String] = [:]
        tracer.inject(span.context, into: &carrier, using: Variables())
        let own = try #require(span.context.spanContext)
        #expect(carrier == ["traceparent": own.traceparent, "tracestate": "a=1"])
        #expect(own.traceID.description == "4bf92f3577b34da6a3ce929d0e0e4736" && own.traceparent != parent)
        span.end()
        #expect(spans.take().map(\.parent?.traceparent) == [parent])
        var empty = InstrumentationContext.topLevel
        tracer.extract(["traceparent": "x", "tracestate": "a=1"], into: &empty, using: Variables())
        #expect(empty.spanContext == nil)
    }
}

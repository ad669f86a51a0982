import TestSupport
import Testing

@testable import Observability

/// W3C Trace Context, level 2, rule by rule.
@Suite struct TraceContextTests {
    static let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    static let span = "00f067aa0ba902b7"

    @Test(arguments: [
        // What is taken, and how it is handed on.
        ("00-\(trace)-\(span)-01", "00-\(trace)-\(span)-01"),
        ("00-\(trace)-\(span)-00", "00-\(trace)-\(span)-00"),
        ("00-\(trace)-\(span)-03", "00-\(trace)-\(span)-03"),
        // Bits without a meaning are not handed on.
        ("00-\(trace)-\(span)-ff", "00-\(trace)-\(span)-03"),
        // A later version, alone and with more behind a dash.
        ("01-\(trace)-\(span)-01", "00-\(trace)-\(span)-01"),
        ("cc-\(trace)-\(span)-01-what-ever", "00-\(trace)-\(span)-01"),
        ("cc-\(trace)-\(span)-01-", "00-\(trace)-\(span)-01"),
        // What makes it void.
        ("", nil), ("00", nil), ("ff-\(trace)-\(span)-01", nil), ("0g-\(trace)-\(span)-01", nil),
        ("00-\(trace)-\(span)-01-", nil), ("00-\(trace)-\(span)-01x", nil), ("cc-\(trace)-\(span)-01.x", nil),
        ("00-\(trace)-\(span)-0", nil), ("00-\(trace)-\(span)-0G", nil),
        ("00-00000000000000000000000000000000-\(span)-01", nil), ("00-\(trace)-0000000000000000-01", nil),
        ("00-\(trace.uppercased())-\(span)-01", nil), ("00-\(trace)-\(span.uppercased())-01", nil),
        ("00-\(trace)-\(span)-0A", nil), ("00_\(trace)_\(span)_01", nil), (" 00-\(trace)-\(span)-01", nil),
        ("00-\(trace)-\(span)-01,00-\(trace)-\(span)-01", nil),
    ])
    func traceparent(text: String, handedOn: String?) {
        let context = SpanContext(traceparent: Array(text.utf8))
        #expect(context?.traceparent == handedOn)
        if let context {
            #expect(context.isRemote && context.traceID.description == Self.trace)
            #expect(context.traceID.bytes.count == 16 && context.spanID.bytes.count == 8)
            #expect(context.isSampled == (context.flags.rawValue & 1 == 1))
        }
    }

    @Test(arguments: [
        ("", ""), ("a=1", "a=1"), ("a=1,b=2", "a=1,b=2"), (" a=1 ,\tb=2 ", "a=1,b=2"), ("a=1,,b=2,", "a=1,b=2"),
        ("0a=x y", "0a=x y"), ("tenant@system=1", "tenant@system=1"), ("a_-*/=!", "a_-*/=!"),
        // All of it is void.
        ("A=1", nil), ("a=1,a=2", nil), ("a", nil), ("a=", nil), ("=1", nil), ("a=1=2", nil), ("a =1", nil),
        ("_a=1", nil), ("a=\u{e9}", nil), ("a=1;b=2,c", nil), ("a=\u{1}", nil),
    ])
    func tracestate(text: String, handedOn: String?) {
        #expect(TraceState(Array(text.utf8))?.text == handedOn)
    }

    @Test(arguments: [(32, true), (33, false)])
    func tracestateMembers(count: Int, isRead: Bool) {
        let text = (0..<count).map { "k\($0)=v" }.joined(separator: ",")
        #expect((TraceState(Array(text.utf8)) != nil) == isRead)
    }

    @Test(arguments: [(256, 256, true), (257, 1, false), (1, 257, false)])
    func tracestateLengths(key: Int, value: Int, isRead: Bool) {
        let text = String(repeating: "k", count: key) + "=" + String(repeating: "v", count: value)
        #expect((TraceState(Array(text.utf8)) != nil) == isRead)
    }

    /// 512 characters go on; members of more than 128 go first, then those at the end.
    @Test func tooLongATracestate() throws {
        let long = "long=" + String(repeating: "x", count: 200)
        let rest = (10..<32).map { "k\($0)=" + String(repeating: "v", count: 18) }
        let state = try #require(TraceState(Array(([long] + rest).joined(separator: ",").utf8)))
        #expect(state.members.count == 23)
        #expect(state.text == rest.prefix(22).joined(separator: ","))
        let two = try #require(TraceState(Array((rest + [long, "z=1"]).joined(separator: ",").utf8)))
        #expect(!two.text.contains("long") && two.text.utf8.count <= 512 && two.text.hasPrefix("k10="))
    }

    @Test func ourMemberComesFirst() throws {
        let state = try #require(TraceState(Array("a=1,ours=old,b=2".utf8)))
        let member = try #require(TraceState.Member(key: "ours".utf8, value: "new".utf8))
        #expect(state.setting(member).text == "ours=new,a=1,b=2")
        #expect(TraceState.Member(key: "Ours".utf8, value: "new".utf8) == nil)
        let full = try #require(TraceState(Array((0..<32).map { "k\($0)=v" }.joined(separator: ",").utf8)))
        #expect(full.setting(member).members.count == 32 && full.setting(member).members.last?.key == "k30")
    }

    /// A bad tracestate is dropped alone.
    @Test func theTwoTogether() {
        let parent = "00-\(Self.trace)-\(Self.span)-01"
        #expect(SpanContext(traceparent: parent.utf8, tracestate: "a=1".utf8)?.state.text == "a=1")
        #expect(SpanContext(traceparent: parent.utf8, tracestate: "A=1".utf8)?.state.text == "")
        #expect(SpanContext(traceparent: "x".utf8, tracestate: "a=1".utf8) == nil)
    }

    @Test(arguments: [
        ("", ""), ("a=1", "a=1"), ("a = 1 , b=2", "a=1,b=2"), ("a=1;p=x;q,b=2", "a=1;p=x;q,b=2"),
        ("a=%E2%82%AC%20", "a=%E2%82%AC%20"), ("a=%41", "a=A"), ("a=", "a="), ("a=1=2", "a=1=2"),
        ("a=1,a=2", "a=2"),
        // Bad ones are dropped alone.
        ("a=1,b,c=3", "a=1,c=3"), ("a=%4,b=2", "b=2"), ("a=%zz,b=2", "b=2"), ("a=%\u{10}\u{11},b=2", "b=2"),
        ("a b=1", ""), ("a=x y", ""), ("a=\"x\"", ""), ("=1", ""), ("a=1;;", ""), ("a=100%25", "a=100%25"),
    ])
    func baggage(text: String, handedOn: String) {
        #expect(Baggage(Array(text.utf8)).text == handedOn)
    }

    @Test func baggageIsBounded() {
        let many = Baggage((0..<1_000).map { "k\($0)=v" }.joined(separator: ",").utf8)
        #expect(many.members.count == 64 && many["k63"] == "v" && many["k64"] == nil)
        let long = Baggage((0..<3).map { "k\($0)=" + String(repeating: "v", count: 4_000) }.joined(separator: ",").utf8)
        #expect(long.members.count == 2 && long.text.utf8.count <= 8_192)
    }

    /// Any bytes give a value that reads as itself.
    @Test func anyBytes() {
        var random = SeededGenerator(seed: 7816)
        let alphabet = Array("00-f=,;% aZ@\t\u{e9}".utf8) + [0, 0xFF]
        for _ in 0..<20_000 {
            let bytes = (0..<Int.random(in: 0...80, using: &random)).map { _ in
                alphabet.randomElement(using: &random) ?? 0
            }
            #expect(SpanContext(traceparent: bytes, tracestate: bytes) == nil)
            if let state = TraceState(bytes) { #expect(TraceState(state.text.utf8) == state) }
            let baggage = Baggage(bytes)
            #expect(Baggage(baggage.text.utf8) == baggage)
        }
    }

    @Test func identifiersAreNewAndNeverZero() {
        let identifiers = TraceIdentifiers()
        let traces = Set((0..<10_000).map { _ in identifiers.traceID() })
        let spans = Set((0..<10_000).map { _ in identifiers.spanID() })
        #expect(traces.count == 10_000 && spans.count == 10_000)
        // Two that begin at once do not give the same.
        #expect(!traces.contains(TraceIdentifiers().traceID()))
        #expect(TraceID(high: 0, low: 0) == nil && SpanID(0) == nil && TraceID(high: 0, low: 1) != nil)
    }
}

import Dispatch
import ProbeEvents
import Synchronization
import Testing

@testable import Observability

@Suite struct SpanManagerTests {
    @Test func aSpanWithAllThatItCanHold() throws {
        let spans = Spans()
        let parent = spans.manager.start("parent", kind: .server)
        let child = spans.manager.start("child", parent: parent.context, attributes: [Attribute("a", 1)])
        child.set("a", 2)
        child.set("b", .texts(["x", "y"]))
        child.addEvent("seen", [Attribute("count", 3)])
        child.update { $0.addLink(parent.context) }
        child.update { $0.status = .ok }
        child.end()
        // What comes after the end is not kept.
        child.set("late", true)
        child.end()
        parent.end()
        let told = spans.take()
        #expect(told.map(\.name) == ["child", "parent"])
        let data = try #require(told.first)
        #expect(data.parent == parent.context && data.context.traceID == parent.context.traceID)
        #expect(data.context.spanID != parent.context.spanID && data.context.flags == [.sampled, .random])
        #expect(data.attributes.kept == [Attribute("a", 2), Attribute("b", .texts(["x", "y"]))])
        #expect(data.events.map(\.name) == ["seen"] && data.links.count == 1 && data.status == .ok)
        #expect(data.startNanoseconds <= data.endNanoseconds && told[1].parent == nil && told[1].kind == .server)
        #expect(spans.manager.openCount == 0)
    }

    @Test func limitsCountWhatIsMore() throws {
        var limits = SpanLimits()
        (limits.attributes, limits.events, limits.links, limits.valueLength) = (2, 1, 1, 3)
        let spans = Spans(limits: limits)
        let span = spans.manager.start("s", attributes: (0..<5).map { Attribute("k\($0)", "äbcdef") })
        span.addEvent("one", (0..<3).map { Attribute("k\($0)", .texts(["abcd", "ab"])) })
        span.addEvent("two")
        span.update { data in (0..<3).forEach { _ in data.addLink(span.context) } }
        span.end()
        let data = try #require(spans.take().first)
        #expect(data.attributes.kept == [Attribute("k0", "äbc"), Attribute("k1", "äbc")])
        #expect(data.attributes.dropped == 3 && data.droppedEvents == 1 && data.droppedLinks == 2)
        #expect(data.events[0].attributes.kept.first?.value == .texts(["abc", "ab"]))
        #expect(data.events[0].attributes.dropped == 1)
    }

    @Test func theLongestOpenMakesRoom() {
        let spans = Spans(openLimit: 3)
        let open = (0..<5).map { spans.manager.start("s\($0)") }
        #expect(spans.manager.openCount == 3)
        open[0].end()
        #expect(spans.manager.openCount == 3)
        open[4].end()
        #expect(spans.manager.openCount == 2)
        spans.manager.endAll()
        #expect(spans.manager.openCount == 0)
        let told = spans.take()
        #expect(
            told.map(\.name) == ["s0", "s1", "s4", "s3", "s2"] || told.map(\.name) == ["s0", "s1", "s4", "s2", "s3"])
        #expect(told.map { $0.attributes["cardlink.abandoned"] == true } == [true, true, false, true, true])
    }

    @Test func whatIsNotKeptCostsNoPlace() {
        let spans = Spans(sampler: .parentBased(.alwaysOff))
        let span = spans.manager.start("root", attributes: [Attribute("a", 1)])
        span.set("b", 1)
        span.end()
        #expect(!span.isRecording && !span.context.isSampled && span.data.attributes.kept.isEmpty)
        #expect(spans.manager.start("child", parent: span.context).context.traceID == span.context.traceID)
        #expect(spans.manager.openCount == 0 && spans.take().isEmpty)
        spans.manager.tell(span.data)
        #expect(spans.take().isEmpty)
    }

    @Test(
        arguments: [
            (Sampler.alwaysOn, nil, true), (.alwaysOn, false, true), (.alwaysOff, nil, false),
            (.alwaysOff, true, false),
            (.ratio(1), nil, true), (.ratio(0), true, false), (.parentBased(.alwaysOff), true, true),
            (.parentBased(.alwaysOff), nil, false), (.parentBased(.alwaysOn), false, false),
            (.parentBased(.ratio(0)), true, true), (.parentBased(.ratio(1)), nil, true),
        ] as [(Sampler, Bool?, Bool)])
    func samplers(sampler: Sampler, parent: Bool?, isKept: Bool) throws {
        let (trace, span) = (try #require(TraceID(high: 1, low: 1 << 62)), try #require(SpanID(1)))
        let context = parent.map { SpanContext(traceID: trace, spanID: span, flags: $0 ? .sampled : []) }
        #expect(sampler.keeps(trace, parent: context) == isKept)
    }

    /// By the last 63 bits of the number, so that all programs keep the same traces.
    @Test(arguments: [
        (UInt64(0), 0.0, false), (0, 0.000001, true), (.max, 0.999, false), (.max, 1, true),
        (0x7FFF_FFFF_FFFF_FFFF, 0.5, true), (0x8000_0000_0000_0000, 0.5, false),
    ])
    func ratio(low: UInt64, share: Double, isKept: Bool) throws {
        #expect(Sampler.ratio(share).keeps(try #require(TraceID(high: 1, low: low)), parent: nil) == isKept)
    }

    @Test func aQuarterIsAQuarter() {
        let identifiers = TraceIdentifiers()
        let kept = (0..<40_000).count { _ in Sampler.ratio(0.25).keeps(identifiers.traceID(), parent: nil) }
        #expect((9_500...10_500).contains(kept))
    }

    @Test(
        arguments: [
            ("always_on", nil, Sampler.alwaysOn), ("always_off", "1", .alwaysOff), ("traceidratio", "0.5", .ratio(0.5)),
            ("traceidratio", nil, .ratio(1)), ("traceidratio", "2", .ratio(1)), ("traceidratio", "nan", .ratio(1)),
            ("parentbased_always_on", nil, .parentBased(.alwaysOn)),
            ("parentbased_always_off", nil, .parentBased(.alwaysOff)),
            ("parentbased_traceidratio", "0.1", .parentBased(.ratio(0.1))), ("jaeger_remote", nil, nil), ("", nil, nil),
        ] as [(String, String?, Sampler?)])
    func samplerNames(name: String, argument: String?, sampler: Sampler?) {
        #expect(Sampler(name: name, argument: argument) == sampler)
    }

    @Test func workInASpan() async throws {
        struct Refused: Error {}
        struct Explained: ExplainedError { let explanation = "no card in \"R\"; insert one" }
        let spans = Spans()
        let inner = try spans.manager.withSpan("outer") { outer in
            try #require(SpanManager.current == outer.context)
            return spans.manager.withSpan("inner") { span in span.context }
        }
        #expect(SpanManager.current == nil)
        #expect(throws: Refused.self) { try spans.manager.withSpan("refused") { _ in throw Refused() } }
        await #expect(throws: Explained.self) {
            try await spans.manager.withSpan("explained") { _ in
                try await Task.sleep(for: .milliseconds(2))
                throw Explained()
            }
        }
        let told = spans.take()
        #expect(told.map(\.name) == ["inner", "outer", "refused", "explained"])
        #expect(told[0].context == inner && told[0].parent == told[1].context && told[1].status == .unset)
        #expect(told[2].status == .error("") && told[2].events.map(\.name) == ["exception"])
        #expect(told[2].events[0].attributes["exception.message"] == nil)
        #expect(told[3].status == .error("no card in \"R\"; insert one"))
        #expect(told[3].endNanoseconds - told[3].startNanoseconds >= 2_000_000)
    }

    @Test func aQueueThatIsFullDropsTheOldest() {
        let spans = Spans(capacity: 3)
        for number in 0..<5 { spans.manager.start("s\(number)").end() }
        #expect(spans.dropped == 2 && spans.manager.queue.count == 3)
        #expect(spans.manager.queue.take(2).map(\.name) == ["s2", "s3"])
        spans.manager.queue.close()
        spans.manager.start("late").end()
        #expect(spans.dropped == 3 && spans.take().map(\.name) == ["s4"])
    }

    @Test func aWholeBatchWakes() {
        let spans = Spans(batchSize: 3)
        let woken = Mutex(0)
        spans.manager.queue.whenFull { woken.withLock { $0 += 1 } }
        for _ in 0..<7 { spans.manager.start("s").end() }
        #expect(woken.withLock { $0 } == 1)
        _ = spans.take()
        for _ in 0..<3 { spans.manager.start("s").end() }
        #expect(woken.withLock { $0 } == 2)
    }

    @Test func manyThreads() {
        let spans = Spans(openLimit: 64, capacity: 100_000)
        DispatchQueue.concurrentPerform(iterations: 4) { _ in
            for number in 0..<2_000 {
                let span = spans.manager.start("s", attributes: [Attribute("n", .integer(Int64(number)))])
                span.addEvent("e")
                span.end()
            }
        }
        let told = spans.take()
        #expect(told.count == 8_000 && Set(told.map(\.context.spanID)).count == 8_000 && spans.manager.openCount == 0)
    }
}

/// A manager whose ended spans can be looked at.
final class Spans: Sendable {
    let manager: SpanManager
    private let drops = Drops()

    private final class Drops: Sendable {
        let count = Atomic(0)
    }

    init(
        sampler: Sampler = .alwaysOn, limits: SpanLimits = SpanLimits(), openLimit: Int = 100, capacity: Int = 1_000,
        batchSize: Int = 512
    ) {
        let drops = drops
        manager = SpanManager(
            sampler: sampler, limits: limits, openLimit: openLimit,
            queue: ExportQueue(capacity: capacity, batchSize: batchSize) {
                drops.count.wrappingAdd($0, ordering: .relaxed)
            })
    }

    var dropped: Int { drops.count.load(ordering: .relaxed) }

    func take() -> [SpanData] { manager.queue.take(.max) }
}

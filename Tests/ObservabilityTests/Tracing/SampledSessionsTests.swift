import ProbeEvents
import Testing

@testable import Observability

/// Sessions are kept as a whole or not at all, decided before their events wait anywhere.
@Suite struct SampledSessionsTests {
    private static func sink(_ spans: Spans) -> SampledSessions {
        SampledSessions(SpanSink(spans.manager, isDecided: true), manager: spans.manager)
    }

    private static func tell(_ sessions: Range<UInt64>, to sink: any EventSink) {
        for session in sessions {
            var story = Story(session: session)
            [
                story.opened(), story.apdu("00A4040002A000", "6120"), story.apdu("00C0000002", "62009000"),
                story.operation(.status, wait: 5), story.apdu("00B0000004", "9000"), story.closed(),
            ].forEach(sink.receive)
        }
    }

    @Test(arguments: [0, 0.001, 0.25, 1])
    func aShareOfSessionsIsKeptAsAWhole(share: Double) {
        let spans = Spans(sampler: .parentBased(.ratio(share)), capacity: 100_000)
        let sink = Self.sink(spans)
        Self.tell(0..<4_000, to: sink)
        let traces = Dictionary(grouping: spans.take(), by: \.context.traceID)
        #expect(traces.values.allSatisfy { $0.map(\.name) == ["SELECT", "READ BINARY", "reader session"] })
        // Every other program that samples by the same share keeps the same traces.
        #expect(traces.keys.allSatisfy { Sampler.ratio(share).keeps($0, parent: nil) })
        let expected = 4_000 * share
        #expect(abs(Double(traces.count) - expected) <= 5 * (expected * (1 - share)).squareRoot())
    }

    /// A new share holds for sessions that begin from then on.
    @Test func theShareChangesWhileSessionsAreOpen() {
        let spans = Spans(sampler: .parentBased(.ratio(0)))
        let sink = Self.sink(spans)
        var (silent, kept) = (Story(session: 1), Story(session: 2))
        [silent.opened(), silent.apdu("00B0000004", "9000")].forEach(sink.receive)
        spans.manager.sampler = .parentBased(.ratio(1))
        [kept.opened(), silent.apdu("00B0000004", "9000"), silent.closed()].forEach(sink.receive)
        spans.manager.sampler = .parentBased(.ratio(0))
        [kept.apdu("00B0000004", "9000"), kept.closed()].forEach(sink.receive)
        #expect(spans.take().map(\.name) == ["READ BINARY", "reader session"])
    }

    /// A session's number comes again, and a client ends without ending its sessions.
    @Test func whatIsOverIsForgotten() {
        let spans = Spans(sampler: .parentBased(.ratio(0)))
        let sink = Self.sink(spans)
        var story = Story()
        [story.opened(), story.closed(), story.opened(), story.clientEnded()].forEach(sink.receive)
        spans.manager.sampler = .alwaysOn
        // As of a session whose begin was not seen.
        sink.receive(story.apdu("00B0000004", "9000"))
        #expect(spans.take().map(\.name) == ["READ BINARY"])
    }

    @Test func aKeptNumberIsLikeTheOthers() {
        let identifiers = TraceIdentifiers()
        for share in [0.5, 0.01, 0x1p-40, 0x1p-63] {
            let sampler = Sampler.ratio(share)
            let kept = (0..<1_000).map { _ in sampler.kept(identifiers.traceID()) }
            #expect(kept.allSatisfy { sampler.keeps($0, parent: nil) } && Set(kept).count == 1_000)
        }
        let number = identifiers.traceID()
        #expect([Sampler.alwaysOn, .ratio(1), .parentBased(.ratio(1))].allSatisfy { $0.kept(number) == number })
    }
}

import ProbeEvents
import PrometheusClient
import SmartCard
import TestSupport
import Testing

@testable import Observability

/// What events become in a trace.
@Suite struct SpanSinkTests {
    /// A session with a T=0 chain: SELECT answered by 61XX, its GET RESPONSE first refused with 6CXX.
    @Test func oneSessionIsOneSpanWithItsCommandsInIt() throws {
        let spans = Spans()
        let root = spans.manager.start("run")
        let sink = SpanSink(spans.manager, root: root.context)
        var story = Story()
        [
            story.opened(), story.apdu("00A4040002A000", "6120"), story.apdu("00C0000000", "6C02"),
            story.apdu("00C0000002", "62009000"), story.apdu("00B0000004", "01020304" + "9000", wait: 200_000),
            story.closed(),
        ].forEach(sink.receive)
        let told = spans.take()
        #expect(told.map(\.name) == ["SELECT", "READ BINARY", "reader session"])
        let (select, read, session) = (told[0], told[1], told[2])
        #expect(session.parent == root.context && select.parent == session.context && read.parent == session.context)
        #expect(Set(told.map(\.context.traceID)) == [root.context.traceID])
        #expect(select.kind == .client && session.kind == .internal && session.status == .unset)
        // From the first exchange's begin to the last one's end.
        #expect(select.startNanoseconds == Story.wall + 1_000_000)
        #expect(select.endNanoseconds == Story.wall + 3_500_000)
        #expect(session.startNanoseconds == Story.wall && session.endNanoseconds == Story.wall + 5_000_000)
        #expect(
            select.attributes.kept == [
                Attribute("cardlink.command", "SELECT"), Attribute("cardlink.interface", "pcsc"),
                Attribute("cardlink.reader", "R"), Attribute("cardlink.apdu.cla", "00"),
                Attribute("cardlink.apdu.ins", "A4"), Attribute("cardlink.apdu.p1", "04"),
                Attribute("cardlink.apdu.p2", "00"), Attribute("cardlink.apdu.lc", 2), Attribute("cardlink.apdu.le", 0),
                Attribute("cardlink.apdu.exchanges", 3), Attribute("cardlink.apdu.received_bytes", 2),
                Attribute("cardlink.apdu.card_seconds", .number(0.0015)),
                Attribute("cardlink.apdu.status_word", "9000"),
            ])
        #expect(read.attributes["cardlink.apdu.wait_seconds"] == .number(0.0002))
        #expect(read.attributes["cardlink.apdu.card_seconds"] == .number(0.0003))
        #expect(
            session.attributes.kept == [
                Attribute("cardlink.session.type", "pcsc"), Attribute("cardlink.session.protocol", "T0"),
                Attribute("cardlink.session.share_mode", "shared"), Attribute("cardlink.reader", "R"),
                Attribute("cardlink.program", "p"), Attribute("process.pid", 1),
            ])
    }

    /// The collector counts the same events: each exchange's bucket shows the command's span, the session's its own.
    @Test func aSpanThatIsKeptIsShownBesideItsNumbers() throws {
        let (spans, collector) = (Spans(), Collector())
        let sink = SpanSink(spans.manager)
        sink.showTraces(in: collector)
        var story = Story()
        [
            story.opened(), story.apdu("00A4040002A000", "6102"), story.apdu("00C0000002", "62009000", wait: 350_000),
            story.apdu("00B0000004", "", resultCode: 0x8010_000B), story.closed(),
        ].forEach { event in
            collector.receive(event)
            sink.receive(event)
        }
        let told = spans.take()
        let (select, session) = (try #require(told.first), try #require(told.last))
        let lines = TextExposition.text(collector.registry, format: .openMetrics).split(separator: "\n").map(
            String.init
        )
        .filter { $0.contains(" # ") && !$0.hasPrefix("#") }.map { $0.dropFirst("cardlink_".count) }
        func shown(_ span: SpanData) -> String {
            "# {trace_id=\"\(span.context.traceID)\",span_id=\"\(span.context.spanID)\"}"
        }
        let time = "apdu_response_time_seconds_bucket"
        #expect(
            lines == [
                "\(time){command=\"SELECT\",le=\"0.0005\"} 1 \(shown(select)) 0.0005 1700000000.0015",
                "\(time){command=\"GET RESPONSE\",le=\"0.00025\"} 1 \(shown(select)) 0.00015 1700000000.0025",
                "session_duration_seconds_bucket{session_type=\"pcsc\",status=\"completed\",le=\"1.0\"} 1 "
                    + "\(shown(session)) 0.004 1700000000.004",
            ])
    }

    @Test func whatIsNotKeptIsNotShown() {
        let (spans, collector) = (Spans(sampler: .alwaysOff), Collector())
        let sink = SpanSink(spans.manager)
        sink.showTraces(in: collector)
        var story = Story()
        [story.opened(), story.apdu("00B0000004", "010203049000"), story.closed()].forEach { event in
            collector.receive(event)
            sink.receive(event)
        }
        #expect(!TextExposition.text(collector.registry, format: .openMetrics).contains("trace_id"))
    }

    @Test(
        arguments: [
            // Programs look around: a refused SELECT is no failure.
            ("00A40004023F00", "6A82", 0, SpanStatus.unset, nil),
            ("00B0000004", "6A82", 0, .error(""), "not_found"),
            ("0020000108FFFFFFFFFFFFFFFF", "63C2", 0, .error(""), "security"),
            ("00B0000004", "", 0x8010_0069, .error("SCARD_W_REMOVED_CARD"), "card_removed"),
            ("00B0000004", "", 0, .error("SCARD_S_SUCCESS"), "malformed"),
            ("80F2000000", "6310", 0, .unset, nil), ("00", "6700", 0, .error(""), "wrong_length"),
        ] as [(String, String, UInt32, SpanStatus, String?)])
    func failures(command: String, response: String, resultCode: UInt32, status: SpanStatus, type: String?) throws {
        let spans = Spans()
        let sink = SpanSink(spans.manager)
        var story = Story()
        [story.opened(), story.apdu(command, response, resultCode: resultCode), story.closed()].forEach(sink.receive)
        let span = try #require(spans.take().first)
        #expect(span.status == status)
        #expect(span.attributes["error.type"] == type.map(AttributeValue.text))
    }

    /// No attribute of any span has a byte of data.
    @Test func noDataLeaves() {
        let spans = Spans()
        let sink = SpanSink(spans.manager)
        var story = Story()
        let secret = "5A3C96E1"
        sink.receive(story.opened())
        for ins in 0...255 {
            for cla in ["00", "80", "84", "A0"] {
                let code = String(ins + 256, radix: 16, uppercase: true).suffix(2)
                sink.receive(story.apdu("\(cla)\(code)000004\(secret)", "\(secret)9000"))
            }
        }
        sink.receive(story.closed())
        let told = spans.take()
        #expect(told.count > 900 && !told.contains { "\($0)".uppercased().contains(secret) })
    }

    @Test func aChainWithoutContinuationEndsWithItsSession() {
        let spans = Spans()
        let sink = SpanSink(spans.manager)
        var story = Story()
        [story.opened(), story.apdu("00A4040002A000", "6120"), story.closed(error: .cardRemoved)].forEach(sink.receive)
        let told = spans.take()
        #expect(told.map(\.name) == ["SELECT", "reader session"])
        #expect(told[1].status == .error("") && told[1].attributes["error.type"] == "card_removed")
    }

    @Test func sessionsWithoutBeginOrEnd() {
        let spans = Spans()
        let root = spans.manager.start("run")
        let sink = SpanSink(spans.manager, root: root.context)
        var story = Story()
        sink.receive(story.apdu("00B0000004", "6A82"))
        #expect(spans.take().map(\.parent) == [root.context])
        [story.opened(), story.apdu("00B0000004", "9000"), story.clientEnded()].forEach(sink.receive)
        let ended = spans.take()
        #expect(ended.map(\.name) == ["READ BINARY", "reader session"])
        #expect(ended.last?.attributes["cardlink.abandoned"] == true)
        sink.receive(story.opened())
        sink.finish()
        #expect(spans.take().count == 1)
    }

    /// A probe that exports a client's spans itself says so: a command is one span.
    @Test(arguments: [(Bool?.none, 2), (false, 2), (true, 0)])
    func whatAnotherProbeExportsIsNotTold(isTraced: Bool?, count: Int) {
        let spans = Spans()
        let sink = SpanSink(spans.manager)
        var story = Story()
        [
            story.attached(isTraced), story.opened(), story.apdu("00B0000004", "9000"), story.closed(),
        ].forEach(sink.receive)
        #expect(spans.take().count == count)
    }

    @Test func whatWentWrongBetweenCommandsIsAnEvent() throws {
        let spans = Spans()
        let sink = SpanSink(spans.manager)
        var story = Story()
        [
            story.opened(), story.operation(.beginTransaction, wait: 3_000_000), story.operation(.status),
            story.operation(.reconnect, resultCode: 0x8010_0069), story.closed(),
        ].forEach(sink.receive)
        let session = try #require(spans.take().first)
        #expect(
            session.events.map(\.attributes.kept) == [
                [
                    Attribute("cardlink.operation", "begin_transaction"),
                    Attribute("cardlink.wait_seconds", .number(0.003)),
                ],
                [Attribute("cardlink.operation", "reconnect"), Attribute("error.type", "card_removed")],
            ])
    }

    @Test(arguments: [Sampler.alwaysOff, .parentBased(.alwaysOff), .ratio(0)])
    func withoutSamplingNothingIsTold(sampler: Sampler) {
        let spans = Spans(sampler: sampler)
        let sink = SpanSink(spans.manager)
        var story = Story()
        [
            story.apdu("00B0000004", "9000"), story.opened(), story.apdu("00A4040002A000", "6120"),
            story.apdu("00B0000004", "9000"), story.closed(),
        ].forEach(sink.receive)
        sink.finish()
        #expect(spans.take().isEmpty && spans.dropped == 0)
    }

    /// Whatever comes, nothing is left open and every span ends after its begin.
    @Test func anyTimes() {
        let spans = Spans(capacity: 100_000)
        let sink = SpanSink(spans.manager)
        var random = SeededGenerator(seed: 6)
        for _ in 0..<5_000 {
            var story = Story(now: [0, 1, .max - 1, .max].randomElement(using: &random) ?? 0)
            let word = ["6120", "9000", "6C02", "", "6A82"].randomElement(using: &random) ?? ""
            let wait: UInt64 = [0, 5, .max].randomElement(using: &random) ?? 0
            sink.receive(
                [
                    story.opened(), story.closed(), story.apdu("00A4040002A000", word, wait: wait),
                    story.apdu("00C0000002", word), story.operation(.reconnect), story.clientEnded(),
                ].randomElement(using: &random) ?? story.opened())
        }
        sink.finish()
        let told = spans.take()
        #expect(told.count > 1_000 && told.allSatisfy { $0.startNanoseconds <= $0.endNanoseconds })
    }
}

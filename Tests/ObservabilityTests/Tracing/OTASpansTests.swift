import ProbeEvents
import Testing

@testable import Observability

/// What a session over the air from trigger to end becomes in a trace.
@Suite struct OTASpansTests {
    private typealias Step = OTATimeline.Step

    private static func timeline(_ kind: OTATimeline.Kind, error: String? = nil, steps: [Step]) -> OTATimeline {
        OTATimeline(
            kind: kind, device: "R", tap: "ota", port: 8443, identity: "00112233445566ff",
            channel: BIPLink(device: "R", interface: .at, connection: 1, channel: 1),
            connection: TLSLink(tap: "ota", connection: 3),
            began: EventClock(monotonicNanoseconds: 5_000, wallNanoseconds: Story.wall), durationNanoseconds: 700,
            status: error == nil ? .completed : .failed, error: error, steps: steps)
    }

    private static let seen = [
        Step("open_channel", .seen, after: 0, took: 300), Step("tls_handshake", .seen, after: 300, took: 400),
    ]

    /// A span for each leg that was seen, one behind the other inside of the whole; of the others their names.
    @Test func legsAreSpansOfTheWhole() throws {
        let spans = Spans()
        let root = spans.manager.start("run")
        let links = [spans.manager.start("BIP channel").context]
        let steps = [Step("trigger_to_envelope", .unknown)] + Self.seen + [Step("script", .notReached)]
        spans.manager.tell(Self.timeline(.scp81, steps: steps), under: root.context, links: links)
        let told = spans.take()
        #expect(told.map(\.name) == ["open_channel", "tls_handshake", "trigger to effect"])
        let whole = try #require(told.last)
        #expect(whole.parent == root.context && whole.links.map(\.context) == links && whole.status == .unset)
        #expect(whole.startNanoseconds == Story.wall && whole.endNanoseconds == Story.wall + 700)
        #expect(
            whole.attributes.kept == [
                Attribute("cardlink.ota.kind", "scp81"), Attribute("cardlink.ota.device", "R"),
                Attribute("cardlink.session.status", "completed"),
                Attribute("cardlink.ota.unknown_legs", .texts(["trigger_to_envelope"])),
                Attribute("cardlink.tap", "ota"), Attribute("cardlink.ota.port", 8443),
                Attribute("cardlink.identity", "00112233445566ff"),
            ])
        #expect(told.dropLast().allSatisfy { $0.parent == whole.context })
        #expect(told.dropLast().map { $0.startNanoseconds - Story.wall } == [0, 300])
        #expect(told.dropLast().map { $0.endNanoseconds - Story.wall } == [300, 700])
        #expect(told.dropLast().map { $0.attributes["cardlink.ota.leg"] } == ["open_channel", "tls_handshake"])
    }

    @Test func oneThatFailedSaysWhy() {
        let spans = Spans()
        spans.manager.tell(Self.timeline(.channel, error: "dropped", steps: []), under: nil, links: [])
        let told = spans.take()
        #expect(told.map(\.name) == ["trigger to effect"] && told.map(\.parent) == [nil])
        #expect(told.map(\.status) == [.error("")] && told.map { $0.attributes["error.type"] } == ["dropped"])
    }

    /// Packets and downloads are spans already.
    @Test(arguments: [OTATimeline.Kind.scp80, .download]) func othersAreToldElsewhere(kind: OTATimeline.Kind) {
        let spans = Spans()
        spans.manager.tell(Self.timeline(kind, steps: Self.seen), under: nil, links: [])
        #expect(spans.take().isEmpty)
    }
}

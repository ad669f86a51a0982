import ProbeEvents
import TestSupport
import Testing

@testable import Observability

/// What BIP channels become in a trace.
@Suite struct ChannelSpansTests {
    private static let client = ClientProcess(id: 7, pid: 1, program: "p")
    private static let wall = Story.wall

    private static func link(_ connection: UInt64, channel: UInt8 = 1, session: UInt64 = 1) -> BIPLink {
        BIPLink(
            device: "R", interface: .pcsc, client: client, session: session, connection: connection, channel: channel)
    }

    private static func stamp(_ seconds: UInt64, lasting: UInt64 = 0) -> EventStamp {
        EventStamp(
            source: .shim, startNanoseconds: 5_000 + seconds * 1_000_000_000,
            durationNanoseconds: lasting * 1_000_000_000, wallNanoseconds: wall + seconds * 1_000_000_000)
    }

    private static func opened(_ connection: UInt64, session: UInt64 = 1) -> ProbeEvent {
        .bipOpened(
            BIPChannelOpened(
                stamp: stamp(1, lasting: 2), link: link(connection, channel: 0, session: session), bearer: .packet,
                transport: .tcpClient, port: 8443, bufferBytes: 1400, sinceTriggerNanoseconds: 500_000_000))
    }

    private static func moved(_ direction: TransferDirection, _ bytes: UInt32, at seconds: UInt64) -> ProbeEvent {
        .bipData(
            BIPDataMoved(
                stamp: stamp(seconds, lasting: 1), link: link(1), bearer: .packet, direction: direction, bytes: bytes))
    }

    private static func failed(_ connection: UInt64, _ command: BIPCommand, _ error: BIPErrorType) -> ProbeEvent {
        .bipFailed(
            BIPCommandFailed(
                stamp: stamp(8, lasting: 1), link: link(connection), command: command, bearer: .packet, error: error,
                result: 0x3A, additional: 0x01,
                sinceTriggerNanoseconds: command == .openChannel ? 250_000_000 : nil))
    }

    private static func closed(_ connection: UInt64, _ reason: BIPCloseReason, session: UInt64 = 1) -> ProbeEvent {
        .bipClosed(
            BIPChannelClosed(
                stamp: stamp(3, lasting: 7), link: link(connection, session: session), bearer: .packet,
                status: reason == .card ? .completed : .failed, reason: reason, sentBytes: 65, receivedBytes: 54))
    }

    @Test func aChannelIsASpanUnderItsSession() throws {
        let spans = Spans()
        let sink = SpanSink(spans.manager)
        var story = Story()
        let events = [
            story.opened(), Self.opened(1), Self.moved(.sent, 65, at: 4),
            .bipDataWaiting(BIPDataWaiting(stamp: Self.stamp(6), link: Self.link(1), bearer: .packet, bytes: 54)),
            Self.moved(.received, 54, at: 6), Self.failed(1, .sendData, .channelClosed),
            .bipLinkChanged(
                BIPLinkChanged(stamp: Self.stamp(9), link: Self.link(1), bearer: .packet, state: .dropped)),
            Self.closed(1, .dropped), story.closed(),
        ]
        events.forEach(sink.receive)
        let told = spans.take()
        #expect(told.map(\.name) == ["BIP channel", "reader session"])
        let (channel, session) = (told[0], told[1])
        #expect(channel.parent == session.context && channel.context.traceID == session.context.traceID)
        #expect(channel.kind == .internal && channel.status == .error(""))
        // From the card's command until the end: opening takes part of it.
        #expect(channel.startNanoseconds == Self.wall + 1_000_000_000)
        #expect(channel.endNanoseconds == Self.wall + 10_000_000_000)
        #expect(
            channel.attributes.kept == [
                Attribute("cardlink.bip.bearer", "packet"), Attribute("cardlink.interface", "pcsc"),
                Attribute("cardlink.reader", "R"), Attribute("cardlink.bip.channel", 1),
                Attribute("cardlink.bip.transport", "tcp_client"), Attribute("cardlink.bip.port", 8443),
                Attribute("cardlink.bip.buffer_bytes", 1400),
                Attribute("cardlink.bip.since_trigger_seconds", .number(0.5)),
                Attribute("cardlink.bip.sent_bytes", 65), Attribute("cardlink.bip.received_bytes", 54),
                Attribute("cardlink.bip.close_reason", "dropped"), Attribute("error.type", "dropped"),
            ])
        #expect(
            channel.events.map { "\(($0.wallNanoseconds - Self.wall) / 1_000_000_000) \($0.name)" } == [
                "3 opened", "5 data sent", "6 data waiting", "7 data received", "9 command failed", "9 link dropped",
            ])
        #expect(
            channel.events[4].attributes.kept == [
                Attribute("cardlink.bip.command", "send_data"), Attribute("error.type", "channel_closed"),
                Attribute("cardlink.bip.result", "3A"), Attribute("cardlink.bip.cause", "01"),
            ])
        #expect(channel.events[1].attributes["cardlink.bip.bytes"] == 65)
    }

    @Test func aChannelThatCouldNotBeOpenedIsASpan() throws {
        let spans = Spans()
        let root = spans.manager.start("run")
        let sink = SpanSink(spans.manager, root: root.context)
        [Self.failed(0, .openChannel, .noChannel), Self.failed(0, .closeChannel, .channelInvalid)].forEach(sink.receive)
        let told = spans.take()
        #expect(told.map(\.name) == ["BIP channel"])
        #expect(told[0].parent == root.context && told[0].status == .error(""))
        #expect(told[0].attributes["error.type"] == "no_channel" && told[0].attributes["cardlink.bip.result"] == "3A")
        #expect(told[0].attributes["cardlink.bip.since_trigger_seconds"] == .number(0.25))
    }

    /// One whose end was lost ends with its client, or with the events.
    @Test func lostEndsAreAbandoned() throws {
        let spans = Spans()
        let sink = SpanSink(spans.manager)
        var story = Story()
        [story.opened(), Self.opened(1), Self.opened(1), story.clientEnded(), Self.opened(2)].forEach(sink.receive)
        sink.finish()
        let channels = spans.take().filter { $0.name == "BIP channel" }
        #expect(channels.count == 2 && channels.allSatisfy { $0.attributes["cardlink.abandoned"] == true })
        #expect(channels.allSatisfy { $0.endNanoseconds >= $0.startNanoseconds })
    }

    /// A channel is kept when its session is, and dropped when it is not.
    @Test func channelsGoWithTheirSession() throws {
        let kept = Spans(sampler: .alwaysOn)
        let dropped = Spans(sampler: .alwaysOff)
        for spans in [kept, dropped] {
            let sink = SampledSessions(SpanSink(spans.manager, isDecided: true), manager: spans.manager)
            var story = Story()
            [story.opened(), Self.opened(1), Self.closed(1, .card), story.closed()].forEach(sink.receive)
        }
        #expect(kept.take().map(\.name) == ["BIP channel", "reader session"])
        #expect(dropped.take().isEmpty)
    }

    /// A modem's channel has no session: it is a trace of its own.
    @Test func aModemsChannel() throws {
        let spans = Spans()
        let sink = SampledSessions(SpanSink(spans.manager, isDecided: true), manager: spans.manager)
        let link = BIPLink(device: "M", interface: .at, connection: 1, channel: 1)
        [
            .bipOpened(
                BIPChannelOpened(stamp: Self.stamp(1), link: link, bearer: .other, transport: .none)),
            .bipClosed(
                BIPChannelClosed(
                    stamp: Self.stamp(1, lasting: 1), link: link, bearer: .other, status: .completed, reason: .card,
                    sentBytes: 0, receivedBytes: 0)),
        ].forEach(sink.receive)
        let told = spans.take()
        #expect(told.count == 1 && told[0].parent == nil && told[0].attributes["cardlink.modem"] == "M")
        #expect(told[0].status == .unset)
    }
}

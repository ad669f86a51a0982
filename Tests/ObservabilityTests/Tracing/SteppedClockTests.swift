import ProbeEvents
import TestSupport
import Testing

@testable import Observability

/// A wall clock that is set while something is open: its span is as long as it was, and begins where the clock stood then.
@Suite struct SteppedClockTests {
    private static let client = ClientProcess(id: 7, pid: 1, program: "p")
    private static let connection = TLSLink(tap: "ota", connection: 3)
    private static let session = OTALink(device: "ota", session: 3, connection: 3)
    private static let suite = TestSuiteRun(run: 1, suite: "s")
    private static let channel = BIPLink(
        device: "R", interface: .pcsc, client: client, session: 1, connection: 1, channel: 1)

    private static func began(_ stamp: EventStamp) -> [ProbeEvent] {
        [
            .tls(.opened(TLSConnectionOpened(stamp: stamp, link: connection))),
            .ota(.began(OTASessionBegan(stamp: stamp, link: session, sessionProtocol: .scp81))),
            .bipOpened(
                BIPChannelOpened(stamp: stamp, link: channel, bearer: .packet, transport: .tcpClient, port: 8443)),
            .test(.suiteBegan(TestSuiteBegan(stamp: stamp, suite: suite))),
            .test(.began(TestBegan(stamp: stamp, suite: suite, test: "t", pid: 1))),
        ]
    }

    private static func ended(_ stamp: EventStamp) -> [ProbeEvent] {
        [
            .bipLinkChanged(BIPLinkChanged(stamp: stamp, link: channel, bearer: .packet, state: .dropped)),
            .bipClosed(
                BIPChannelClosed(
                    stamp: stamp, link: channel, bearer: .packet, status: .failed, reason: .dropped, sentBytes: 0,
                    receivedBytes: 0)),
            .test(.ended(TestEnded(stamp: stamp, suite: suite, test: "t", status: .passed, pid: 1))),
            .test(.suiteEnded(TestSuiteEnded(stamp: stamp, suite: suite))),
            .ota(.ended(OTASessionEnded(stamp: stamp, link: session, sessionProtocol: .scp81, status: .completed))),
            .tls(
                .closed(
                    TLSConnectionClosed(
                        stamp: stamp, link: connection, endedBy: .client, sentBytes: 0, receivedBytes: 0,
                        sentRecords: 0, receivedRecords: 0))),
        ]
    }

    @Test(arguments: [0, 3_600, -3_600]) func aSpanIsAsLongAsItWas(seconds: Int) {
        let spans = Spans()
        let sink = SpanSink(spans.manager)
        let second: UInt64 = 1_000_000_000
        let begin = EventClock(monotonicNanoseconds: 5 * second, wallNanoseconds: Story.wall)
        let stepped = EventClock(
            monotonicNanoseconds: 9 * second, wallNanoseconds: UInt64(Int(Story.wall) + (4 + seconds) * Int(second)))
        Self.began(EventStamp(source: .shim, startNanoseconds: 5 * second, clock: begin)).forEach(sink.receive)
        Self.ended(
            EventStamp(source: .shim, startNanoseconds: 5 * second, durationNanoseconds: 4 * second, clock: stepped)
        ).forEach(sink.receive)
        let told = spans.take()
        #expect(
            Set(told.map(\.name)) == ["BIP channel", "t", "s", "OTA session", "TLS connection"] && told.count == 5)
        for span in told {
            #expect(
                span.startNanoseconds == Story.wall && span.endNanoseconds == Story.wall + 4 * second, "\(span.name)")
            #expect(span.events.allSatisfy { span.startNanoseconds...span.endNanoseconds ~= $0.wallNanoseconds })
        }
    }
}

import ProbeEvents
import SmartCard
import TestSupport
import Testing

@testable import Observability

/// What connections over TLS and sessions over the air become in a trace.
@Suite struct TLSSpansTests {
    private static let link = TLSLink(tap: "ota", connection: 3)
    private static let session = OTALink(device: "ota", session: 3, connection: 3)

    private static func stamp(_ start: UInt64, _ duration: UInt64 = 0) -> EventStamp {
        EventStamp(
            source: .pskTlsTap, startNanoseconds: start, durationNanoseconds: duration,
            wallNanoseconds: Story.wall + start)
    }

    private static func handshake(_ error: TLSErrorType? = nil) -> ProbeEvent {
        .tls(
            .handshake(
                TLSHandshakeDone(
                    stamp: stamp(10, 50), link: link, version: .tls12, cipherSuite: .pskAES128CBCSHA256,
                    result: error == nil ? .success : .failed, error: error, step: .serverFinished,
                    hasExtendedMasterSecret: true, identity: "00112233445566ff")))
    }

    private static let opened = ProbeEvent.tls(.opened(TLSConnectionOpened(stamp: stamp(0), link: link)))
    private static let closed = ProbeEvent.tls(
        .closed(
            TLSConnectionClosed(
                stamp: stamp(0, 1_000), link: link, endedBy: .client, sentBytes: 7, receivedBytes: 8, sentRecords: 1,
                receivedRecords: 2)))

    private static let inside: [ProbeEvent] = [
        .ota(.began(OTASessionBegan(stamp: stamp(100), link: session, sessionProtocol: .scp81, identity: "ff"))),
        .ota(
            .turn(
                OTATurnDone(
                    stamp: stamp(100, 50), link: session, httpStatus: 200, commandCount: 1, scriptBytes: 9,
                    resultBytes: 0, hasNext: true))),
        .apdu(
            APDUExchange(
                stamp: stamp(150, 100), client: ClientProcess(id: 9, pid: 0, program: ""), thread: 0, session: 3,
                reader: "ota", interface: .pskTls, sessionProtocol: .scp81,
                name: CommandAPDU([0x00, 0xA4, 0x04, 0x00]).name(), command: [0x00, 0xA4, 0x04, 0x00],
                response: [0x90, 0x00], isCut: false, resultCode: 0, waitNanoseconds: 0, isWaitExact: false)),
        .ota(
            .ended(OTASessionEnded(stamp: stamp(100, 800), link: session, sessionProtocol: .scp81, status: .completed))),
    ]

    /// A packet in short messages: how it is secured by name, and what the card said.
    @Test func aPacketIsASession() {
        let spans = Spans()
        let sink = SpanSink(spans.manager)
        let packet = OTAPacketDone(
            stamp: Self.stamp(100, 800), link: Self.session,
            security: TriggerSeen.Security(
                parameters: 0x1621, cipheringKey: 0x25, integrityKey: 0x32, application: [0xB0, 0x00, 0x11]),
            parts: 2, packetBytes: 177, counterDistance: -1, receipt: .counterLow, additionalBytes: 3,
            isReceiptSubmitted: true)
        let ended = OTASessionEnded(
            stamp: Self.stamp(100, 800), link: Self.session, sessionProtocol: .scp80, status: .failed,
            error: .accessDenied)
        let began = OTASessionBegan(stamp: Self.stamp(100), link: Self.session, sessionProtocol: .scp80)
        [.ota(.began(began)), .ota(.packet(packet)), .ota(.ended(ended))].forEach(sink.receive)
        let told = spans.take()
        #expect(told.map(\.name) == ["OTA session"])
        let about = told[0].attributes
        #expect(about["cardlink.ota.tar"] == "B00011" && about["cardlink.ota.spi"] == "1621")
        #expect(about["cardlink.ota.cipher"] == "3DES-CBC with 2 keys" && about["cardlink.ota.cipher_key"] == 2)
        #expect(about["cardlink.ota.checksum"] == "AES-CMAC" && about["cardlink.ota.checksum_key"] == 3)
        #expect(about["cardlink.ota.counter_distance"] == -1 && about["cardlink.ota.por_status"] == "counter_low")
        #expect(about["cardlink.ota.por_submitted"] == true && about["error.type"] == "access_denied")
    }

    @Test func aConnectionHoldsItsHandshakeAndItsSession() {
        let spans = Spans()
        let sink = SpanSink(spans.manager)
        ([Self.opened, Self.handshake()] + Self.inside + [Self.closed]).forEach(sink.receive)
        let told = spans.take()
        #expect(told.map(\.name) == ["TLS handshake", "SELECT", "OTA session", "TLS connection"])
        let (handshake, command, session, connection) = (told[0], told[1], told[2], told[3])
        #expect(handshake.parent == connection.context && session.parent == connection.context)
        #expect(command.parent == session.context && connection.parent == nil)
        #expect(handshake.startNanoseconds == Story.wall + 10 && handshake.endNanoseconds == Story.wall + 60)
        #expect(
            handshake.attributes["tls.protocol.version"] == "1.2" && handshake.attributes["tls.established"] == true)
        #expect(handshake.attributes["tls.cipher"] == "TLS_PSK_WITH_AES_128_CBC_SHA256")
        #expect(handshake.attributes["cardlink.identity"] == "00112233445566ff")
        #expect(session.events.map(\.name) == ["turn"] && session.endNanoseconds == Story.wall + 900)
        #expect(connection.attributes["cardlink.tls.received_bytes"] == 8 && connection.status == .unset)
    }

    @Test func failuresAndEndsThatWereLost() {
        let spans = Spans()
        let sink = SpanSink(spans.manager)
        [Self.opened, Self.handshake(.badRecordMac), Self.inside[0]].forEach(sink.receive)
        sink.finish()
        let told = spans.take()
        #expect(told.map(\.name) == ["TLS handshake", "OTA session", "TLS connection"])
        #expect(told[0].status == .error("") && told[0].attributes["error.type"] == "bad_record_mac")
        #expect(told[1...].allSatisfy { $0.attributes["cardlink.abandoned"] == true })
    }
}

import CProbe
import Foundation
import ProbeEvents
import SmartCard
import TestSupport
import Testing

@testable import Taps

/// What one client's records become.
@Suite struct RingDecoderTests {
    private let clock = EventClock(monotonicNanoseconds: 10_000_000_000, wallNanoseconds: 20_000_000_000)
    private let client = ClientProcess(id: 1, pid: 2, program: "client")

    private func record(
        _ kind: Int, session: UInt64, result: UInt32 = 0, detail: UInt32 = 0, sent: UInt32 = 0, name: String = ""
    ) throws -> RingRecord {
        var fields = ring_record()
        fields.kind = UInt16(kind)
        fields.session = session
        fields.result = result
        fields.detail = detail
        fields.sent_bytes = sent
        fields.sent_kept = UInt16(name.utf8.count)
        fields.start_ns = 1_000
        fields.duration_ns = 500
        return try #require(RingRecord(fields, payload: Array(name.utf8), now: clock.monotonicNanoseconds))
    }

    private func transmit(
        _ command: [UInt8], _ response: [UInt8], session: UInt64, result: UInt32 = 0
    ) throws -> RingRecord {
        var (fields, payload) = TestRing.transmit(command, response, session: session)
        fields.result = result
        return try #require(RingRecord(fields, payload: payload, now: clock.monotonicNanoseconds))
    }

    private func told(_ records: [RingRecord], _ decoder: inout RingDecoder, known: RingSession? = nil) -> [String] {
        records.flatMap { record in
            decoder.events(of: record, clock: clock) { $0 == known?.serial ? known : nil }
        }.map { event in
            switch event {
            case .apdu(let exchange): "\(exchange.name) \(exchange.sessionProtocol.name) '\(exchange.reader)'"
            case .sessionOpened(let session): "opened \(session.session) '\(session.reader)' mode \(session.shareMode)"
            case .sessionClosed(let end): "closed \(end.session) \(end.status) \(end.error?.name ?? "-")"
            case .operation(let operation): "\(operation.operation) \(operation.resultCode) '\(operation.reader)'"
            case .cardIdentified(let card): "card '\(card.reader)' \(card.atr)"
            default: "\(event)"
            }
        }
    }

    @Test func lifeOfASession() throws {
        var decoder = RingDecoder(client: client)
        let select: [UInt8] = [0x00, 0xA4, 0x04, 0x00, 0x00]
        let records = [
            try record(RING_SESSION_OPENED, session: 1, detail: 1 | 2 << 16, name: "Reader"),
            try transmit(select, [0x90, 0x00], session: 1),
            try transmit(select, [], session: 1, result: 0x8010_0068),
            try record(RING_OPERATION, session: 1, detail: UInt32(RING_RECONNECT), sent: 2),
            try transmit(select, [0x90, 0x00], session: 1),
            try record(RING_SESSION_CLOSED, session: 1, name: "Reader"),
            try transmit(select, [0x90, 0x00], session: 1),
        ]
        let expected = [
            "connect 0 'Reader'", "opened 1 'Reader' mode 2", "SELECT T0 'Reader'", "SELECT T0 'Reader'",
            "reconnect 0 'Reader'", "SELECT T1 'Reader'", "closed 1 completed -", "SELECT unknown ''",
        ]
        #expect(told(records, &decoder) == expected)
        #expect(decoder.openSessionCount == 0)
    }

    @Test func sessionThatEndedBadly() throws {
        var decoder = RingDecoder(client: client)
        let records = [
            try record(RING_SESSION_OPENED, session: 1, detail: 1 | 2 << 16, name: "Reader"),
            try transmit([0x00, 0xA4, 0x04, 0x00], [], session: 1, result: 0x8010_0069),
            try record(RING_SESSION_CLOSED, session: 1),
        ]
        #expect(told(records, &decoder).last == "closed 1 failed card_removed")
    }

    @Test func sessionThatBeganBeforeUs() throws {
        var decoder = RingDecoder(client: client)
        let ring = try TestRing()
        let entry = try #require(ring_session_at(ring.base, 3))
        entry.pointee.serial = 5
        entry.pointee.opened_ns = .max
        entry.pointee.protocol = 2
        entry.pointee.share_mode = 1
        // It is closed by now; what lies in the ring is from before.
        entry.pointee.closed_ns = 1
        let known = try #require(RingSession(at: 3, of: ring.base))
        let records = [
            try transmit([0x00, 0xA4, 0x04, 0x00], [0x90, 0x00], session: 5),
            try record(RING_SESSION_CLOSED, session: 5),
            try transmit([0x00, 0xA4, 0x04, 0x00], [0x90, 0x00], session: 5),
        ]
        #expect(
            told(records, &decoder, known: known) == [
                "opened 5 '' mode 1", "SELECT T1 ''", "closed 5 completed -", "SELECT unknown ''",
            ])
    }

    /// What the shim keeps of the bytes of a session over BIP is enough to follow its channel, however the session ends.
    @Test(arguments: ["disconnect", "reconnect", "reset", "error", "gone"])
    func channelsOfASession(ending: String) throws {
        var decoder = RingDecoder(client: client)
        func toolkitExchange(_ ins: UInt8, _ name: String) throws -> RingRecord {
            let bytes = try toolkit(name)
            let command: [UInt8] = ins == 0x12 ? [0x80, 0x12, 0, 0, 0] : [0x80, ins, 0, 0, UInt8(bytes.count)] + bytes
            let response = (ins == 0x12 ? bytes : []) + [0x90, 0x00]
            let kept = Redaction.kept(command: command, response: response)
            return try transmit(kept.command, kept.response, session: 1)
        }
        func words(_ records: [RingRecord]) -> [String] {
            records.flatMap { decoder.events(of: $0, clock: clock) { _ in nil } }.compactMap(\.channelWords)
        }
        let talk = [
            try record(RING_SESSION_OPENED, session: 1, detail: 1 | 2 << 16, name: "Reader"),
            try toolkitExchange(0xC2, "SMS-PP download, secured packet"), try toolkitExchange(0x12, "E1 OPEN CHANNEL"),
            try toolkitExchange(0x14, "E3 OPEN CHANNEL answered"),
            try toolkitExchange(0x12, "E6 SEND DATA of 200 bytes"),
            try toolkitExchange(0xC2, "E11 channel status event, dropped"),
        ]
        #expect(
            words(talk) == [
                "trigger sms B00011", "opened 1 packet udp_client 44444 buffer 1400 after a trigger", "link 1 dropped",
            ])
        let reason = ["disconnect", "gone"].contains(ending) ? "source_gone" : "reset"
        let left = [
            "failed send_data packet timeout", "closed 1 failed \(reason) 0 sent 0 received",
        ]
        switch ending {
        case "disconnect": #expect(words([try record(RING_SESSION_CLOSED, session: 1)]) == left)
        case "reconnect":
            let call = try record(RING_OPERATION, session: 1, detail: UInt32(RING_RECONNECT), sent: 2)
            #expect(words([call]) == left)
        case "reset":
            let leaving = try record(RING_OPERATION, session: 1, detail: UInt32(RING_END_TRANSACTION), sent: 0)
            let reset = try record(RING_OPERATION, session: 1, detail: UInt32(RING_END_TRANSACTION), sent: 1)
            #expect(words([leaving]) == [])
            #expect(words([reset]) == left)
        case "error":
            let removed = try transmit([0x80, 0x12, 0, 0, 0], [], session: 1, result: 0x8010_0069)
            #expect(words([removed]) == left)
        default: #expect(decoder.end(isOrderly: false, clock: clock).compactMap(\.channelWords) == left)
        }
    }

    @Test(arguments: [(true, SessionStatus.completed, SessionErrorType?.none), (false, .failed, .clientGone)])
    func clientThatLeavesASessionOpen(isOrderly: Bool, status: SessionStatus, error: SessionErrorType?) throws {
        var decoder = RingDecoder(client: client)
        _ = told([try record(RING_SESSION_OPENED, session: 1, detail: 1, name: "Reader")], &decoder)
        let ends = decoder.end(isOrderly: isOrderly, clock: clock)
        guard case .sessionClosed(let closed) = ends.first, ends.count == 1 else {
            Issue.record("\(ends)")
            return
        }
        #expect(closed.status == status && closed.error == error)
        #expect(closed.stamp.durationNanoseconds == clock.monotonicNanoseconds - 1_500)
    }

    @Test func rememberedSessionsAreBounded() throws {
        var decoder = RingDecoder(client: client)
        for serial in 1...2_000 {
            _ = told([try record(RING_SESSION_OPENED, session: UInt64(serial), name: "Reader")], &decoder)
        }
        #expect(decoder.openSessionCount == RingDecoder.sessionLimit)
        #expect(decoder.end(isOrderly: true, clock: clock).count == RingDecoder.sessionLimit)
    }

    @Test(arguments: [(0, 1), (1, 0), (65_549, 0), (0, 65_549)])
    func lengthsThatCannotBe(sent: Int, received: Int) {
        var fields = ring_record()
        fields.kind = UInt16(RING_TRANSMIT)
        fields.sent_bytes = UInt32(sent)
        fields.received_bytes = UInt32(received)
        fields.sent_kept = sent > 1 ? 0 : 1
        fields.received_kept = received > 1 ? 0 : 1
        #expect(RingRecord(fields, payload: [0, 0], now: 0) == nil)
    }
}

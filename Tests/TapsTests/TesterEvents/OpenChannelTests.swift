import ProbeEvents
import Testing

@testable import Taps

/// BIP channels and modems on the event socket: what is taken, and what is closed for a teller that is gone.
@Suite struct OpenChannelTests {
    private let clock = EventClock(monotonicNanoseconds: 9_000, wallNanoseconds: 1_700_000_000_000_000_000)

    private static func link(_ connection: UInt64, device: String = "M") -> BIPLink {
        BIPLink(device: device, interface: .at, connection: connection, channel: 1)
    }

    private static func opened(_ connection: UInt64) -> ProbeEvent {
        .bipOpened(
            BIPChannelOpened(stamp: Sample.stamp, link: link(connection), bearer: .packet, transport: .tcpClient))
    }

    private static func closed(_ connection: UInt64, device: String = "M") -> ProbeEvent {
        .bipClosed(
            BIPChannelClosed(
                stamp: Sample.stamp, link: link(connection, device: device), bearer: .packet, status: .completed,
                reason: .card, sentBytes: 1, receivedBytes: 2))
    }

    private func told(_ events: [ProbeEvent]) throws -> (words: [String], end: [String], skipped: UInt64) {
        var connection = EventConnection()
        let lines = try events.flatMap { try Sample.line($0) }
        let words = connection.received(lines, clock: clock).told.map(word)
        let skipped = connection.receipt.skipped
        return (words, connection.abandoned(clock: clock).map(word), skipped)
    }

    @Test func aChannelIsClosedOnceByWhoOpenedIt() throws {
        let heard = try told([
            Self.opened(1), Self.closed(1), Self.opened(2), Self.opened(2), Self.closed(2, device: "N"),
        ])
        #expect(
            heard.words.filter { !$0.hasPrefix("dropped") } == [
                "bip opened 1", "bip closed 1 completed card", "bip opened 2",
            ])
        #expect(heard.skipped == 2)
        #expect(heard.end == ["bip closed 2 failed source_gone"])
    }

    @Test func channelsHaveABound() throws {
        let heard = try told((0..<UInt64(OpenWork.channelLimit + 5)).map(Self.opened))
        #expect(heard.skipped == 5)
        #expect(heard.end.count == OpenWork.channelLimit)
    }

    /// Modems that a probe polls itself are its own; a hash is a hash.
    @Test func whatIsNotTaken() throws {
        func identified(_ hash: String, source: SourceKind = .testerSocket) -> ProbeEvent {
            var stamp = Sample.stamp
            stamp.source = source
            return .modemIdentified(
                ModemIdentified(
                    stamp: stamp, modem: "M", vendor: .quectel, model: "EC25", firmware: "",
                    identities: [.init(kind: .imei, hash: hash)]))
        }
        let events: [ProbeEvent] = [
            identified("0011223344556677"), identified("356938035643809"),
            identified("0011223344556677", source: .modem),
            .bipData(
                BIPDataMoved(
                    stamp: Sample.stamp, link: BIPLink(device: "M", interface: .at, connection: 1, channel: 8),
                    bearer: .packet, direction: .sent, bytes: 1)),
            .signalMeasured(SignalMeasured(stamp: Sample.stamp, modem: "M", technology: .eutran, rssi: 1e9)),
            .urc(URCSeen(stamp: Sample.stamp, modem: String(repeating: "m", count: 256), code: .ring, lengthBytes: 4)),
        ]
        let heard = try told(events)
        #expect(heard.words.first == "identified EC25" && heard.skipped == 5)
    }
}

import ProbeEvents
import SmartCard
import Synchronization
import Testing

@testable import Observability

/// Which of what several taps see is one session over the air, and how long each of its legs took, with times given.
@Suite struct OTACorrelationTests {
    /// Nanoseconds between which no leg is a round number.
    private enum At {
        static let sent: UInt64 = 1_000_000_001
        static let envelope: UInt64 = 1_250_000_018
        static let asked: UInt64 = 1_400_000_121
        static let opened: UInt64 = 1_900_001_122
        static let connected: UInt64 = 1_900_000_000
        static let hello: UInt64 = 2_000_011_123
        static let secured: UInt64 = 2_030_111_124
        static let firstScript: UInt64 = 2_040_111_134
        static let lastAnswer: UInt64 = 2_400_111_333
        static let closed: UInt64 = 2_500_113_333
    }

    private static let wall: UInt64 = 1_700_000_000_000_000_000
    private static let settled: UInt64 = 100_000_000_000
    private static let tap = TLSLink(tap: "ota", connection: 1)

    private static func stamp(_ start: UInt64, _ end: UInt64? = nil, _ source: SourceKind = .shim) -> EventStamp {
        EventStamp(
            source: source, startNanoseconds: start, durationNanoseconds: (end ?? start) - start,
            wallNanoseconds: wall + start)
    }

    private static func link(_ device: String, _ connection: UInt64 = 1) -> BIPLink {
        BIPLink(
            device: device, interface: .pcsc, client: ClientProcess(id: 7, pid: 70, program: "terminal"), session: 1,
            connection: connection, channel: 1)
    }

    private static func trigger(_ at: UInt64, _ source: SourceKind = .shim, device: String = "R") -> ProbeEvent {
        .triggerSeen(
            TriggerSeen(stamp: stamp(at, nil, source), device: device, interface: .pcsc, trigger: .sms))
    }

    private static func opened(
        _ device: String = "R", port: UInt16 = 8443, after nanoseconds: UInt64 = 0, connection: UInt64 = 1,
        sinceTrigger: UInt64? = nil
    ) -> ProbeEvent {
        .bipOpened(
            BIPChannelOpened(
                stamp: stamp(At.asked + nanoseconds, At.opened + nanoseconds), link: link(device, connection),
                bearer: .packet, transport: .tcpClient, port: port, sinceTriggerNanoseconds: sinceTrigger))
    }

    private static func closed(
        _ device: String = "R", sent: UInt64 = 900, received: UInt64 = 1_100, after nanoseconds: UInt64 = 0,
        connection: UInt64 = 1
    ) -> ProbeEvent {
        .bipClosed(
            BIPChannelClosed(
                stamp: stamp(At.opened + nanoseconds, At.closed + nanoseconds), link: link(device, connection),
                bearer: .packet, status: .completed, reason: .card, sentBytes: sent, receivedBytes: received))
    }

    /// A connection through the tap, with or without what is inside.
    private static func connection(
        _ number: UInt64 = 1, port: UInt16? = 8443, sent: UInt64 = 1_100, received: UInt64 = 900,
        after nanoseconds: UInt64 = 0, isRead: Bool = true, result: HandshakeResult = .success
    ) -> [ProbeEvent] {
        let link = TLSLink(tap: "ota", connection: number)
        let session = OTALink(device: "ota", session: number, connection: number)
        func at(_ start: UInt64, _ end: UInt64? = nil) -> EventStamp {
            stamp(start + nanoseconds, end.map { $0 + nanoseconds }, .pskTlsTap)
        }
        func turn(_ end: UInt64, _ bytes: UInt32) -> ProbeEvent {
            .ota(
                .turn(
                    OTATurnDone(
                        stamp: at(end - 1_000, end), link: session, httpStatus: bytes > 0 ? 200 : 204,
                        scriptBytes: bytes,
                        resultBytes: 0, hasNext: bytes > 0)))
        }
        let inside: [ProbeEvent] = [
            .ota(.began(OTASessionBegan(stamp: at(At.secured + 5), link: session, sessionProtocol: .scp81))),
            turn(At.firstScript, 40), turn(At.firstScript + 200_000_000, 30), turn(At.lastAnswer, 0),
            .ota(
                .ended(
                    OTASessionEnded(
                        stamp: at(At.secured + 5, At.closed - 1_000), link: session, sessionProtocol: .scp81,
                        status: .completed))),
        ]
        return [
            .tls(.opened(TLSConnectionOpened(stamp: at(At.connected), link: link, port: port))),
            .tls(
                .handshake(
                    TLSHandshakeDone(
                        stamp: at(At.hello, At.secured), link: link, version: .tls12,
                        cipherSuite: .pskAES128CBCSHA256, result: result,
                        error: result == .success ? nil : .decryptError, step: .serverFinished))),
        ] + (isRead ? inside : []) + [
            .tls(
                .closed(
                    TLSConnectionClosed(
                        stamp: at(At.connected, At.closed - 1_000), link: link, endedBy: .client, sentBytes: sent,
                        receivedBytes: received, sentRecords: 4, receivedRecords: 4)))
        ]
    }

    /// What a second after the end is told of events.
    private static func timelines(_ events: [ProbeEvent]) -> [OTATimeline] {
        var correlation = OTACorrelation()
        for event in events { _ = correlation.take(event, now: At.closed) }
        return correlation.concluded(now: settled)
    }

    /// `open_channel 500001001`, `script unknown`.
    private static func words(_ timeline: OTATimeline) -> [String] {
        timeline.steps.map { "\($0.name) \($0.durationNanoseconds.map(String.init) ?? $0.state.rawValue)" }
    }

    private static let whole =
        [trigger(At.sent, .testerSocket), trigger(At.envelope), opened()] + connection() + [closed()]

    @Test func everyLegIsSeenAndNoneOverlaps() throws {
        let told = Self.timelines(Self.whole)
        let timeline = try #require(told.first)
        #expect(told.count == 1 && timeline.kind == .scp81 && timeline.status == .completed && timeline.error == nil)
        #expect(timeline.device == "R" && timeline.tap == "ota" && timeline.port == 8443)
        #expect(
            Self.words(timeline) == [
                "trigger_to_envelope 250000017", "envelope_to_open_channel 150000103", "open_channel 500001001",
                "bearer_to_tls 100010001", "tls_handshake 30100001", "tls_to_first_command 10000010",
                "script 360000199", "to_close 100002000",
            ])
        #expect(timeline.steps.compactMap(\.durationNanoseconds).reduce(0, +) == timeline.durationNanoseconds)
        #expect(timeline.durationNanoseconds == At.closed - At.sent)
        #expect(timeline.began.wallNanoseconds == Self.wall + At.sent)
        var end: UInt64 = 0
        for step in timeline.steps {
            #expect(step.afterNanoseconds == end)
            end += step.durationNanoseconds ?? 0
        }
    }

    /// Events that are told again: a session is over when theirs say that its second has passed, whatever the clock says.
    @Test func recordedOnesAreToldAsTheirTimePasses() {
        let told = Mutex<[OTATimeline]>([])
        let timelines = OTATimelines(clock: .recorded)
        timelines.add { timeline in told.withLock { $0.append(timeline) } }
        for event in Self.whole { timelines.receive(event) }
        #expect(told.withLock { $0.isEmpty })
        timelines.receive(Self.trigger(At.closed + 2_000_000_000, device: "other"))
        #expect(told.withLock { $0 } == Self.timelines(Self.whole))
        timelines.finish()
        #expect(told.withLock { $0.count } == 1)
    }

    /// Of two recordings in a row the second may be of an earlier time.
    @Test func aRecordingOfAnEarlierTimeIsToldAsItsOwnPasses() {
        let told = Mutex<[OTATimeline]>([])
        let timelines = OTATimelines(clock: .recorded)
        timelines.add { timeline in told.withLock { $0.append(timeline) } }
        let later: UInt64 = 3_600_000_000_000
        let first = [Self.trigger(At.envelope + later, device: "S"), Self.opened("S", after: later)]
        for event in first + [Self.closed("S", after: later)] + Self.whole { timelines.receive(event) }
        timelines.receive(Self.trigger(At.closed + 2_000_000_000, device: "other"))
        #expect(told.withLock { $0 } == Self.timelines(Self.whole))
        timelines.finish()
        #expect(told.withLock { $0.map(\.device) } == ["R", "S"])
    }

    /// Taps are drained in turn: what one of them saw may be told behind the end of the others.
    @Test func theOrderInWhichTapsTellMakesNoDifference() {
        let events = Self.connection() + [Self.opened(), Self.closed()]
        let triggers = [Self.trigger(At.envelope), Self.trigger(At.sent, .testerSocket)]
        #expect(Self.timelines(events + triggers) == Self.timelines(Self.whole))
    }

    @Test(arguments: [
        // Nobody told when it was sent; no tap at the card; none before the server; keys that are not known.
        (
            "sent",
            [
                "trigger_to_envelope unknown", "envelope_to_open_channel 150000103", "open_channel 500001001",
                "bearer_to_tls 100010001", "tls_handshake 30100001", "tls_to_first_command 10000010",
                "script 360000199", "to_close 100002000",
            ]
        ),
        (
            "card",
            [
                "trigger_to_envelope unknown", "envelope_to_open_channel unknown", "open_channel unknown",
                "bearer_to_tls unknown", "tls_handshake 30100001", "tls_to_first_command 10000010",
                "script 360000199", "to_close 100001000",
            ]
        ),
        (
            "server",
            [
                "trigger_to_envelope 250000017", "envelope_to_open_channel 150000103", "open_channel 500001001",
                "bearer_to_tls unknown", "tls_handshake unknown", "tls_to_first_command unknown", "script unknown",
                "to_close unknown",
            ]
        ),
        (
            "keys",
            [
                "trigger_to_envelope 250000017", "envelope_to_open_channel 150000103", "open_channel 500001001",
                "bearer_to_tls 100010001", "tls_handshake 30100001", "tls_to_first_command unknown", "script unknown",
                "to_close unknown",
            ]
        ),
    ])
    func aTapThatIsMissing(which: String, legs: [String]) throws {
        let triggers = [Self.trigger(At.sent, .testerSocket), Self.trigger(At.envelope)]
        let channel = [Self.opened(), Self.closed()]
        let events: [ProbeEvent] =
            switch which {
            case "sent": [Self.trigger(At.envelope)] + channel + Self.connection()
            case "card": Self.connection()
            case "server": triggers + channel
            default: triggers + channel + Self.connection(isRead: false)
            }
        let told = Self.timelines(events)
        #expect(told.map(Self.words) == [legs])
        #expect(told.map(\.kind) == [which == "server" ? .channel : .scp81])
    }

    /// Without what says that it is a session over the air, a channel and a connection are what they are.
    @Test func whatIsNoSession() {
        #expect(Self.timelines([Self.opened(), Self.closed()]) == [])
        #expect(Self.timelines(Self.connection(isRead: false)) == [])
        #expect(Self.timelines([Self.trigger(At.envelope)]) == [])
    }

    // MARK: Two at once

    /// Two cards ask for one port while both connections are made: bytes that differ tell which is whose.
    @Test func bytesTellTwoSessionsApart() {
        let second: UInt64 = 3_000_000
        let told = Self.timelines(
            [Self.trigger(At.envelope), Self.trigger(At.envelope + 1, device: "S")]
                + [Self.opened(), Self.opened("S", after: second)]
                + Self.connection(1, sent: 1_101, received: 950, after: second) + Self.connection(2, after: second)
                + [Self.closed(after: second), Self.closed("S", sent: 950, received: 1_101, after: second)])
        #expect(told.map(\.device) == ["R", "S"])
        #expect(told.map(\.connection?.connection) == [2, 1])
        #expect(
            told.map { Self.words($0).filter { $0.hasSuffix("unknown") } }
                == Array(repeating: ["trigger_to_envelope unknown"], count: 2))
    }

    /// Two sessions that are alike in all that is known: neither channel gets a connection.
    @Test func whatCannotBeToldApartIsUnknown() {
        let told = Self.timelines(
            [Self.trigger(At.envelope), Self.trigger(At.envelope, device: "S"), Self.opened(), Self.opened("S")]
                + Self.connection(1) + Self.connection(2) + [Self.closed(), Self.closed("S")])
        #expect(told.map(\.kind.rawValue).sorted() == ["channel", "channel", "scp81", "scp81"])
        for timeline in told {
            #expect((timeline.channel == nil) != (timeline.connection == nil))
            #expect(Self.words(timeline)[3] == "bearer_to_tls unknown")
        }
    }

    @Test(arguments: [
        // Another port, other bytes, a connection from before the channel, one whose port is not known.
        connection(port: 8444), connection(received: 899), connection(sent: 1_099),
        connection(after: 0).map { event in
            guard case .tls(.opened(var opened)) = event else { return event }
            opened.stamp.startNanoseconds = At.asked - 1
            return .tls(.opened(opened))
        }, connection(port: nil),
    ])
    func aConnectionOfSomebodyElse(connection: [ProbeEvent]) {
        let told = Self.timelines([Self.trigger(At.envelope), Self.opened()] + connection + [Self.closed()])
        #expect(told.map(\.kind) == [.channel, .scp81])
        #expect(told.first?.connection == nil && told.last?.channel == nil)
    }

    /// A channel that another one came before had no part in the trigger; nor is a message taken that may be another's.
    @Test func aTriggerHasOneChannel() {
        let second: UInt64 = 5_000_000_000
        let told = Self.timelines([
            Self.trigger(At.sent, .testerSocket), Self.trigger(At.sent + 1, .testerSocket), Self.trigger(At.envelope),
            Self.opened(), Self.closed(), Self.opened(after: second, connection: 2),
            Self.closed(after: second, connection: 2),
        ])
        #expect(told.count == 1)
        #expect(
            told.map { Array(Self.words($0).prefix(2)) } == [
                ["trigger_to_envelope unknown", "envelope_to_open_channel 150000103"]
            ])
        let otherCard = ProbeEvent.readerChanged(
            ReaderChange(stamp: Self.stamp(At.envelope + 1), reader: "R", change: .cardWent, atr: []))
        #expect(Self.timelines([Self.trigger(At.envelope), otherCard, Self.opened(), Self.closed()]) == [])
    }

    // MARK: Ends

    /// A correlation to which things are said one by one.
    private final class Heard {
        private var correlation = OTACorrelation()

        var isWaiting: Bool { correlation.isWaiting }
        var unfollowed: Int { correlation.unfollowed }

        func take(_ event: ProbeEvent, now: UInt64) -> Bool { correlation.take(event, now: now) }
        func concluded(now: UInt64, all: Bool = false) -> [OTATimeline] { correlation.concluded(now: now, all: all) }
    }

    @Test func aChannelThatIsRefused() {
        let failed = ProbeEvent.bipFailed(
            BIPCommandFailed(
                stamp: Self.stamp(At.asked, At.opened), link: Self.link("R", 0), command: .openChannel, bearer: .packet,
                error: .networkBusy, sinceTriggerNanoseconds: At.asked - At.envelope))
        let told = Self.timelines([Self.trigger(At.envelope), failed])
        #expect(told.map(\.status) == [.failed] && told.map(\.error) == ["network_busy"])
        #expect(
            told.map(Self.words) == [
                ["trigger_to_envelope unknown", "envelope_to_open_channel 150000103"]
                    + OTALeg.allCases.dropFirst(2).map { "\($0.name) not_reached" }
            ])
    }

    @Test func aHandshakeThatFails() {
        let told = Self.timelines(
            [Self.trigger(At.envelope), Self.opened()] + Self.connection(isRead: false, result: .failed) + [
                Self.closed()
            ])
        #expect(told.map(\.status) == [.failed] && told.map(\.error) == ["decrypt_error"])
        #expect(
            told.map { Array(Self.words($0).suffix(5)) } == [
                [
                    "bearer_to_tls 100010001", "tls_handshake not_reached", "tls_to_first_command not_reached",
                    "script not_reached", "to_close \(At.closed - At.hello)",
                ]
            ])
        #expect(
            told.first?.steps.compactMap(\.durationNanoseconds).reduce(0, +) == told.first?.durationNanoseconds)
    }

    /// It is told a second after the last end that belongs to it, and waits for that of what may.
    @Test func whenItIsTold() {
        let correlation = Heard()
        let second: UInt64 = 1_000_000_000
        for event in [Self.trigger(At.envelope), Self.opened()] + Self.connection() {
            _ = correlation.take(event, now: 10 * second)
        }
        #expect(correlation.isWaiting && correlation.concluded(now: 20 * second) == [])
        #expect(correlation.take(Self.closed(), now: 21 * second))
        #expect(correlation.concluded(now: 22 * second - 1) == [])
        #expect(correlation.concluded(now: 22 * second).map(\.channel?.device) == ["R"])
        #expect(!correlation.isWaiting && correlation.concluded(now: 23 * second) == [])
    }

    /// A channel that is left open holds up nothing for ever, and at the end nothing is waited for.
    @Test func whatNeverEnds() {
        let correlation = Heard()
        for event in [Self.opened()] + Self.connection() { _ = correlation.take(event, now: 0) }
        let patience = OTACorrelation.patienceNanoseconds
        #expect(correlation.concluded(now: patience - 1) == [])
        #expect(correlation.concluded(now: patience).map(\.connection) == [Self.tap])
        let atEnd = Heard()
        for event in Self.whole { _ = atEnd.take(event, now: 0) }
        #expect(atEnd.concluded(now: 0, all: true) == Self.timelines(Self.whole))
    }

    @Test func moreThanThereIsRoomForIsCounted() {
        let correlation = Heard()
        let opened = (1...600).map { Self.opened(after: $0, connection: $0) }
        for event in opened { _ = correlation.take(event, now: 0) }
        #expect(correlation.unfollowed == 600 - OTACorrelation.limit)
    }

    // MARK: Packets and downloads

    @Test func aPacketInMessages() {
        let link = OTALink(device: "R", session: At.envelope)
        let stamp = Self.stamp(At.envelope, At.asked)
        let security = TriggerSeen.Security(
            parameters: 0x1201, cipheringKey: 0x12, integrityKey: 0x25, application: [0xB0, 0, 0x11])
        let events: [ProbeEvent] = [
            Self.trigger(At.sent, .testerSocket), Self.trigger(At.envelope),
            .ota(.began(OTASessionBegan(stamp: Self.stamp(At.envelope), link: link, sessionProtocol: .scp80))),
            .ota(
                .packet(
                    OTAPacketDone(stamp: stamp, link: link, security: security, packetBytes: 30, receipt: .counterLow))),
            .ota(
                .ended(
                    OTASessionEnded(
                        stamp: stamp, link: link, sessionProtocol: .scp80, status: .failed, error: .accessDenied))),
        ]
        let told = Self.timelines(events)
        #expect(told.map(\.kind) == [.scp80] && told.map(\.error) == ["access_denied"])
        #expect(told.map(Self.words) == [["trigger_to_envelope 250000017", "packet 150000103"]])
        #expect(
            told.first?.steps.last?.result == "counter_low" && told.first?.durationNanoseconds == At.asked - At.sent)
    }

    @Test func aDownload() {
        let client = ClientProcess(id: 7, pid: 70, program: "lpac")
        let done = ProbeEvent.esim(
            .download(
                ESIMDownloadDone(
                    stamp: Self.stamp(At.asked, At.opened),
                    link: ESIMLink(device: "R", interface: .pcsc, client: client, session: 1), result: .failed,
                    steps: [
                        ESIMStep(
                            function: .authenticateServer, result: .ok, afterNanoseconds: 0, durationNanoseconds: 9),
                        ESIMStep(
                            function: .loadBoundProfilePackage, result: .dataMismatch, afterNanoseconds: 20,
                            durationNanoseconds: 7),
                    ])))
        let told = Self.timelines([done])
        #expect(told.map(\.kind) == [.download] && told.map(\.status) == [.failed] && told.first?.client == client)
        #expect(told.map(Self.words) == [["authenticate_server 9", "load_bound_profile_package 7"]])
        #expect(told.first?.steps.map(\.result) == ["ok", "data_mismatch"])
    }

    /// A tester's own legs are counted when they are told.
    @Test func legsThatATesterTells() {
        let link = OTALink(device: "t", session: 1)
        let told = Self.timelines([
            .ota(.began(OTASessionBegan(stamp: Self.stamp(At.asked), link: link, sessionProtocol: .scp81))),
            .ota(.leg(OTALegDone(stamp: Self.stamp(At.opened, At.hello), link: link, leg: .bearerToTls))),
            .ota(
                .ended(
                    OTASessionEnded(
                        stamp: Self.stamp(At.asked, At.closed), link: link, sessionProtocol: .scp81, status: .completed)
                )),
        ])
        #expect(told.map(\.isTold) == [true])
        #expect(told.map { Self.words($0)[3] } == ["bearer_to_tls 100010001"])
        #expect(Self.counted(told) == [])
    }

    /// Each leg that was seen counts once, at its session's end.
    @Test func legsAreCounted() {
        #expect(
            Self.counted(Self.timelines(Self.whole)) == [
                "trigger_to_envelope 0.250000017", "envelope_to_open_channel 0.150000103", "open_channel 0.500001001",
                "bearer_to_tls 0.100010001", "tls_handshake 0.030100001", "tls_to_first_command 0.01000001",
                "script 0.360000199", "to_close 0.100002",
            ])
        #expect(Self.counted(Self.timelines(Self.connection())).count == 4)
    }

    /// A trigger that its sender told counts once where a tap sees it come, and else for itself.
    @Test(arguments: [
        ([trigger(At.sent, .testerSocket), trigger(At.envelope)], 1), ([trigger(At.sent, .testerSocket)], 1),
        ([trigger(At.envelope), trigger(At.envelope + 1)], 2),
        ([trigger(At.sent, .testerSocket), trigger(At.envelope), trigger(At.asked)], 2),
        ([trigger(At.sent, .testerSocket), trigger(At.envelope, device: "S")], 2),
        ([trigger(At.asked, .testerSocket), trigger(At.envelope)], 2),
    ])
    func triggersThatAreTold(triggers: [ProbeEvent], count: Int) {
        #expect(
            CollectorScenario.samples("triggers_sent", after: triggers) == [
                #"triggers_sent_total{trigger_type="sms"} \#(count)"#
            ])
    }

    /// `script 0.36`, of legs that were counted once.
    private static func counted(_ timelines: [OTATimeline]) -> [String] {
        let collector = Collector()
        timelines.forEach { collector.record($0) }
        let samples = CollectorScenario.samples(["ota_leg"], of: collector)
        return samples.compactMap { sample in
            guard let found = sample.wholeMatch(of: /.*_sum\{leg="(.*)"\} (.*)/) else { return nil }
            let isOnce = samples.contains("ota_leg_duration_seconds_count{leg=\"\(found.1)\"} 1")
            return isOnce ? "\(found.1) \(found.2)" : "\(found.1) not once"
        }
    }
}

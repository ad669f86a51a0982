import SmartCard
import TestSupport
import Testing

/// Channels followed from what a card asks and a terminal answers.
@Suite struct BIPTrackerTests {
    /// The session of E15, in the sizes that were seen; what is between is as in the capture.
    @Test func aWholeSession() throws {
        var card = FollowedCard()
        try card.fetch("E15 OPEN CHANNEL, transport level too short")
        #expect(try card.answer("E15 OPEN CHANNEL answered") == ["opened 1 default buffer 1422 of 1422 after 1"])
        #expect(card.tracker.channels[1]?.link == .established)
        for (sent, step) in [(65, "sent 65"), (99, "sent 99"), (29, "sent 29")] {
            #expect(try card.send(sent) == [step])
        }
        for (received, step) in [(54, "received 54"), (9, "received 9"), (51, "received 51"), (237, "received 237")] {
            #expect(try card.receive(received) == [step])
        }
        try card.fetch("E15 CLOSE CHANNEL")
        #expect(try card.answer("E15 CLOSE CHANNEL answered") == ["closed 1 card 193 sent 351 received after 16"])
        #expect(card.tracker.channels.isEmpty)
    }

    @Test func dataInTwoPartsIsCountedWhole() throws {
        var card = FollowedCard()
        try card.fetch("E14 OPEN CHANNEL, CSD")
        #expect(try card.answer("E14 OPEN CHANNEL, CSD answered") == ["opened 1 default buffer 10 of 10 after 1"])
        try card.fetch("E14 RECEIVE DATA")
        #expect(try card.answer("E14 RECEIVE DATA answered in two") == ["received 12"])
    }

    @Test func aRefusalOpensNothing() throws {
        var card = FollowedCard()
        try card.fetch("E1 OPEN CHANNEL")
        #expect(
            try card.answer("E3 OPEN CHANNEL refused") == ["failed OPEN CHANNEL packet: not accepted by the user"])
        #expect(card.tracker.channels.isEmpty)
    }

    @Test(arguments: ["E8 CLOSE CHANNEL, no such channel", "E8 CLOSE CHANNEL, closed already"])
    func aChannelThatTheTerminalDoesNotKnowIsClosed(answer: String) throws {
        var card = try FollowedCard.withChannel()
        try card.fetch("E8 CLOSE CHANNEL")
        let steps = try card.answer(answer)
        #expect(steps.count == 2)
        #expect(steps.first?.hasPrefix("failed CLOSE CHANNEL packet: BIP error: channel ") == true)
        #expect(steps.last == "closed 1 stale 0 sent 0 received after 2")
    }

    /// A terminal that asks again, answers twice, or answers something else: bytes count once.
    @Test func retransmissionsCountOnce() throws {
        var card = try FollowedCard.withChannel()
        try card.fetch("E5 SEND DATA")
        try card.fetch("E5 SEND DATA")
        #expect(try card.answer("E9 channel status, up") == [])
        #expect(try card.answer("E5 SEND DATA answered") == ["sent 8"])
        #expect(try card.answer("E5 SEND DATA answered") == [])
        #expect(card.tracker.channels[1]?.sentBytes == 8)
        #expect(card.tracker.channels[1]?.sends == 1)
    }

    @Test func aCommandWithoutAnAnswerIsTold() throws {
        var card = try FollowedCard.withChannel()
        try card.fetch("E5 SEND DATA")
        #expect(try card.fetch("E7 RECEIVE DATA") == ["unanswered SEND DATA of 1"])
        #expect(try card.answer("E7 RECEIVE DATA answered") == ["received 200"])
        #expect(card.tracker.channels[1]?.sentBytes == 0)
        try card.fetch("E6 SEND DATA of 200 bytes")
        #expect(card.reset() == ["unanswered SEND DATA of 1", "closed 1 reset 0 sent 200 received after 5"])
        #expect(card.reset() == [])
    }

    @Test func aLinkThatDropsIsToldOnce() throws {
        var card = try FollowedCard.withChannel()
        #expect(try card.envelope("E11 channel status event, dropped") == ["link 1 down dropped"])
        #expect(try card.envelope("E11 channel status event, dropped") == [])
        try card.fetch("E9 GET CHANNEL STATUS")
        #expect(try card.answer("E9 channel status, up") == ["link 1 established"])
        try card.fetch("E9 GET CHANNEL STATUS")
        #expect(try card.answer("E9 channel status, dropped") == ["link 1 down dropped"])
        #expect(card.tracker.channels[1]?.isDropped == true)
        try card.fetch("E9 GET CHANNEL STATUS")
        #expect(try card.answer("E9 channel status, none") == ["closed 1 stale 0 sent 0 received after 8"])
    }

    @Test func theCardsReactionToData() throws {
        var card = try FollowedCard.withChannel()
        #expect(try card.envelope("E10 data available") == ["data 255 for 1"])
        #expect(try card.envelope("E10 data available") == ["data 255 for 1"])
        try card.fetch("E7 RECEIVE DATA")
        #expect(try card.answer("E7 RECEIVE DATA answered") == ["received 200 reaction 2"])
        try card.fetch("E7 RECEIVE DATA")
        #expect(try card.answer("E7 RECEIVE DATA answered") == ["received 200"])
    }

    /// An old terminal names no channel for a server; its number comes with the first data, and it may go on listening.
    @Test func aServerWithoutChannelStatus() throws {
        var card = FollowedCard()
        try card.fetch("E12 OPEN CHANNEL, server")
        #expect(
            try card.answer(hex("81 03 01 40 00 82 02 82 81 83 01 00 39 02 05 78"))
                == ["opened ? none buffer 1400 of 1400 after 1"])
        #expect(try card.send(8) == ["sent 8"])
        #expect(card.tracker.channels[1]?.transport?.role == .tcpServer)
        #expect(try card.envelope("E11 channel status event, listening") == ["link 1 listening"])
        #expect(try card.envelope("E11 channel status event, established") == ["link 1 established"])
        try card.fetch(hex("D0 09 81 03 01 41 01 82 02 81 21"))
        #expect(try card.answer(hex("81 03 01 41 01 82 02 82 81 83 01 00")) == [])
        #expect(card.tracker.channels[1]?.link == .listening)
        try card.fetch("E8 CLOSE CHANNEL")
        #expect(
            try card.answer(hex("81 03 01 41 00 82 02 82 81 83 01 00")) == ["closed 1 card 8 sent 0 received after 8"])
    }

    @Test func severalChannelsAtOnce() throws {
        var card = FollowedCard()
        for number in UInt8(1)...7 { try card.open(number) }
        for number in UInt8(1)...7 { _ = try card.send(Int(number), channel: number) }
        #expect(card.tracker.channels.mapValues(\.sentBytes) == [1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 6, 7: 7])
        // Opened again without having been closed.
        #expect(
            try card.open(3) == [
                "closed 3 stale 3 sent 0 received after 24", "opened 3 packet buffer 1400 of 1400 after 1",
            ])
        #expect(card.tracker.channels.count == 7)
        #expect(card.reset().count == 7)
    }

    @Test func aRefreshThatResetsTheCardEndsItsChannels() throws {
        var card = try FollowedCard.withChannel()
        #expect(try card.fetch(hex("D0 09 81 03 01 01 00 82 02 81 82")) == [])
        #expect(
            try card.fetch(hex("D0 09 81 03 01 01 04 82 02 81 82")) == ["closed 1 reset 0 sent 0 received after 2"])
    }

    /// Random messages, half of them made of broken examples: no trap, and never more channels than there are numbers.
    @Test func anyBytes() throws {
        let examples = try captures("toolkit.hex", separator: "|").map { hex($0[2]) }
        var random = SeededGenerator(seed: 7)
        var tracker = BIPTracker()
        for round in 0..<randomRounds {
            var bytes =
                Bool.random(using: &random) ? random.bytes(0...40) : examples.randomElement(using: &random) ?? []
            if !bytes.isEmpty, Bool.random(using: &random) {
                bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            let now = UInt64(round)
            if let command = try? ProactiveCommand(bytes) { _ = tracker.observe(command, atNanoseconds: now) }
            if let response = try? TerminalResponse(bytes) { _ = tracker.observe(response, atNanoseconds: now) }
            if let envelope = try? ToolkitEnvelope(bytes) { _ = tracker.observe(envelope, atNanoseconds: now) }
            #expect(tracker.channels.keys.allSatisfy { (1...7).contains($0) })
        }
    }
}

/// A card and its terminal: each message comes a nanosecond after the one before.
private struct FollowedCard {
    var tracker = BIPTracker()
    private var clock: UInt64 = 0

    static func withChannel() throws -> FollowedCard {
        var card = FollowedCard()
        try card.fetch("E1 OPEN CHANNEL")
        #expect(try card.answer("E3 OPEN CHANNEL answered") == ["opened 1 packet buffer 1400 of 1400 after 1"])
        return card
    }

    private mutating func tick() -> UInt64 {
        clock += 1
        return clock
    }

    @discardableResult
    mutating func fetch(_ name: String) throws -> [String] { try fetch(try toolkit(name)) }

    @discardableResult
    mutating func fetch(_ bytes: [UInt8]) throws -> [String] {
        tracker.observe(try ProactiveCommand(bytes), atNanoseconds: tick()).map(words)
    }

    mutating func answer(_ name: String) throws -> [String] { try answer(try toolkit(name)) }

    mutating func answer(_ bytes: [UInt8]) throws -> [String] {
        tracker.observe(try TerminalResponse(bytes), atNanoseconds: tick()).map(words)
    }

    mutating func envelope(_ name: String) throws -> [String] {
        tracker.observe(try ToolkitEnvelope(try toolkit(name)), atNanoseconds: tick()).map(words)
    }

    mutating func reset() -> [String] { tracker.reset(atNanoseconds: tick()).map(words) }

    @discardableResult
    mutating func open(_ number: UInt8) throws -> [String] {
        try fetch("E1 OPEN CHANNEL")
        return try answer(hex("81 03 01 40 01 82 02 82 81 83 01 00 38 02") + [0x80 | number, 0] + hex("39 02 05 78"))
    }

    mutating func send(_ count: Int, channel: UInt8 = 1) throws -> [String] {
        let objects =
            hex("81 03 01 43 01 82 02 81") + [0x20 | channel, 0xB6, UInt8(count)]
            + [UInt8](repeating: 0x16, count: count)
        try fetch([0xD0, UInt8(objects.count)] + objects)
        return try answer("E5 SEND DATA answered")
    }

    mutating func receive(_ count: Int) throws -> [String] {
        try fetch("E15 RECEIVE DATA")
        let length = count < 0x80 ? [UInt8(count)] : [0x81, UInt8(count)]
        return try answer(
            hex("81 03 01 42 00 82 02 82 81 83 01 00 B6") + length + [UInt8](repeating: 0x17, count: count)
                + hex("B7 01 00"))
    }
}

private func words(_ step: BIPStep) -> String {
    func number(_ channel: BIPChannel) -> String { channel.number.map(String.init) ?? "?" }
    switch step {
    case .opened(let channel):
        let buffers = "\(channel.grantedBuffer ?? 0) of \(channel.requestedBuffer ?? 0)"
        let latency = channel.openedNanoseconds - channel.askedNanoseconds
        let bearer = channel.bearer.map { "\($0)" } ?? "none"
        return "opened \(number(channel)) \(bearer) buffer \(buffers) after \(latency)"
    case .transferred(let transfer, _):
        let reaction = transfer.reactionNanoseconds.map { " reaction \($0)" } ?? ""
        return "\(transfer.isSent ? "sent" : "received") \(transfer.bytes)\(reaction)"
    case .dataAvailable(let waiting, let channel): return "data \(waiting ?? -1) for \(number(channel))"
    case .linkChanged(let status, let channel):
        return "link \(number(channel)) \(status.link)" + (status.isDropped ? " dropped" : "")
    case .closed(let channel, let why, let now):
        let bytes = "\(channel.sentBytes) sent \(channel.receivedBytes) received"
        return "closed \(number(channel)) \(why) \(bytes) after \(now - channel.openedNanoseconds)"
    case .failed(let failure):
        let bearer = failure.bearer.map { "\($0)" } ?? "none"
        guard let result = failure.result else {
            return "unanswered \(failure.command.name) of \(failure.channel.map(number) ?? "?")"
        }
        return "failed \(failure.command.name) \(bearer): \(result.meaning)"
    }
}

import ProbeEvents

@testable import Modem

/// libFuzzer: whatever passes between a tester or the probe and a modem is talk that is understood or passed over. The
/// cuts between reads change nothing, each command is answered once, and no byte is counted that was not there.
///
/// An input is a talk: a byte for the vendor, then pieces behind a byte 1E each. A piece begins with who has it: `>` the
/// tester, `<` the modem, `?` a command of the probe's own; `t` lets time pass, `g` gives the last command up, and `x`
/// takes the port away.
@_cdecl("LLVMFuzzerTestOneInput")
public func takeTalk(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    let bytes = UnsafeBufferPointer(start: start, count: count)
    guard let first = bytes.first else { return 0 }
    let vendors = ModemVendor.allCases
    var talk = Talk(vendors[Int(first) % vendors.count], bytes: count)
    for piece in bytes.dropFirst().split(separator: 0x1E) { talk.take(piece[piece.startIndex], piece.dropFirst()) }
    talk.end()
    return 0
}

private struct Talk {
    private let vendor: ModemVendor
    private let bytes: Int
    private var whole = TapListener()
    private var torn = TapListener()
    private var channel = ATChannel(now: 0)
    private var waiting: Set<UInt64> = []
    private var lastTicket: UInt64 = 0
    private var trail = ToolkitTrail(modem: "M", source: .atTap)
    private var own = ToolkitTrail(modem: "M", source: .modem)
    private var mask = ATLineMask(level: .captureFiles)
    private var sentLines = ATLines()
    private var receivedLines = ATLines()
    private var begun = 0
    private var ended = 0
    private var now: UInt64 = 1

    init(_ vendor: ModemVendor, bytes: Int) {
        self.vendor = vendor
        self.bytes = bytes
    }

    mutating func take(_ who: UInt8, _ bytes: UnsafeBufferPointer<UInt8>.SubSequence) {
        now += 1_000_000
        switch who {
        case UInt8(ascii: ">"):
            begun += bytes.count { $0 == 0x0D }
            note(whole.sent(bytes, now: now), bytes.flatMap { torn.sent(CollectionOfOne($0), now: now) })
            for line in bytes.compactMap({ sentLines.received($0) }) { check(mask.sent(line.bytes), line.bytes) }
        case UInt8(ascii: "<"):
            note(whole.received(bytes, now: now), bytes.flatMap { torn.received(CollectionOfOne($0), now: now) })
            note(channel.received(bytes, now: now))
            for line in bytes.compactMap({ receivedLines.received($0) }) {
                check(mask.received(line.bytes), line.bytes)
            }
        case UInt8(ascii: "?"): send(String(decoding: bytes, as: UTF8.self))
        case UInt8(ascii: "t"): pass(UInt64(bytes.first ?? 1) * 1_000_000_000)
        case UInt8(ascii: "g"): note(channel.abort(lastTicket, now: now))
        case UInt8(ascii: "x"): losePort()
        default: break
        }
    }

    /// A line as a capture has it is as long as it was, up to a bound, and counts no more as cut than there was.
    private func check(_ masked: ATLineMask.Masked, _ line: [UInt8]) {
        precondition(masked.line.count == min(line.count, 4_096))
        precondition(masked.cutCharacters <= line.count)
        if let words = masked.toolkit {
            precondition(words.bytes.count <= line.count && words.cutBytes <= words.bytes.count)
        }
    }

    mutating func end() {
        losePort()
        precondition(ended <= begun)
    }

    private mutating func losePort() {
        note(whole.portLost(now: now), torn.portLost(now: now))
        precondition(whole.deadline == nil)
        note(channel.closed(now: now))
        precondition(waiting.isEmpty)
        hold(trail.reset(.sourceGone, at: clock) + own.reset(.sourceGone, at: clock))
    }

    /// In a text behind a line end is what is sent at a prompt.
    private mutating func send(_ text: String) {
        let parts = text.split(separator: "\n", maxSplits: 1)
        let data = parts.count > 1 ? Array(parts[1].utf8) : nil
        let command = ATCommand(String(parts.first ?? ""), data: data)
        let (ticket, actions) = channel.send(command, now: now)
        precondition(waiting.insert(ticket).inserted)
        lastTicket = ticket
        note(actions)
    }

    private mutating func pass(_ nanoseconds: UInt64) {
        now += nanoseconds
        note(whole.advance(now: now), torn.advance(now: now))
        precondition(whole.deadline.map { $0 > now } ?? true)
        note(channel.advance(now: now))
    }

    private var clock: EventClock { EventClock(monotonicNanoseconds: now, wallNanoseconds: now) }

    // MARK: What was heard

    private mutating func note(_ news: [TapNews], _ others: [TapNews]) {
        precondition(news == others)
        for news in news {
            switch news {
            case .answered(let answer):
                ended += 1
                look(at: answer)
                if answer.isSuccess { hold(trail.note(command: Array(answer.command.text.utf8), at: clock)) }
            case .unsolicited(let seen): hold(trail.note(seen, vendor: vendor, at: clock))
            case .stoppedAnswering, .answersAgain: break
            }
        }
    }

    private mutating func note(_ actions: [ATAction]) {
        for action in actions {
            switch action {
            case .answered(let ticket, let answer):
                precondition(waiting.remove(ticket) != nil)
                look(at: answer)
            case .unsolicited(let seen): hold(own.note(seen, vendor: vendor, at: clock))
            case .write(let bytes): precondition(!bytes.isEmpty)
            case .ready, .stuck: break
            }
        }
    }

    private func look(at answer: ATAnswer) {
        precondition(answer.lines.count <= ATChannel.lineLimit)
        precondition(answer.lines.reduce(0) { $0 + $1.count } <= ATChannel.answerLimitBytes)
        if let card = CardCommand(answer) {
            precondition(card.command.count >= 4)
            precondition(card.resultCode == 0 ? card.response.count >= 2 : card.response.isEmpty)
        }
        let texts = answer.texts
        for dialect in SignalDialect.allCases {
            for reading in dialect.readings(texts, technology: .unknown) { precondition(!reading.isEmpty) }
        }
        _ = (OperatorChoice(lines: texts), SIMState(answer), ModemIdentity.word(texts)?.utf8.count)
        for kind in IdentityKind.allCases {
            precondition(ModemIdentity.number(texts, kind).map { (6...20).contains($0.count) } ?? true)
        }
        for text in texts { _ = Registration(line: text) }
        _ = CounterDialect.allCases.map { $0.counters(texts) }
        _ = TemperatureDialect.allCases.map { $0.celsius(texts) }
    }

    /// A line holds no more bytes of data than it has digits for.
    private func hold(_ events: [ProbeEvent]) {
        for event in events {
            switch event {
            case .bipData(let moved): precondition(Int(moved.bytes) <= bytes)
            case .bipClosed(let closed): precondition(Int(closed.sentBytes + closed.receivedBytes) <= bytes)
            default: break
            }
        }
    }
}

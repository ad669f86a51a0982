import ProbeEvents

@testable import Modem

/// A channel and the clock that a test turns; what it does is told in words.
struct ChannelTalk {
    var channel: ATChannel
    var now: UInt64 = 0
    private(set) var words: [String] = []

    static let second: UInt64 = 1_000_000_000

    /// A channel to which a modem has answered already.
    init(pace: ATChannel.Pace = ATChannel.Pace(), isReady: Bool = true) {
        channel = ATChannel(now: 0, pace: pace)
        guard isReady else { return }
        wait(pace.silence)
        hear("AT\r\r\nOK\r\n")
        wait(pace.settling)
        words = []
    }

    @discardableResult
    mutating func send(_ text: String, data: String? = nil, timeout: Duration? = nil) -> UInt64 {
        let (ticket, actions) = channel.send(
            ATCommand(text, data: data.map { Array($0.utf8) }, timeout: timeout), now: now)
        note(actions)
        return ticket
    }

    mutating func hear(_ text: String) { note(channel.received(text.utf8, now: now)) }
    mutating func hear(bytes: [UInt8]) { note(channel.received(bytes, now: now)) }
    mutating func abort(_ ticket: UInt64) { note(channel.abort(ticket, now: now)) }
    mutating func close() { note(channel.closed(now: now)) }

    /// Lets time pass, and does on the way whatever is due.
    mutating func wait(_ nanoseconds: UInt64) {
        let end = now + nanoseconds
        while let due = channel.deadline, due <= end {
            now = max(now, due)
            note(channel.advance(now: now))
        }
        now = end
    }

    /// What was done since this was last asked.
    mutating func take() -> [String] {
        defer { words = [] }
        return words
    }

    private mutating func note(_ actions: [ATAction]) { words += actions.map(Self.word) }

    private static func word(_ action: ATAction) -> String {
        switch action {
        case .write(let bytes): "write " + shown(bytes)
        case .answered(_, let answer):
            "\(answer.command.text): \(answer.texts) \(answer.final.result.name)"
                + (answer.final.errorCode.map { " \($0)" } ?? "") + (answer.isCut ? " cut" : "")
                + (answer.sentNanoseconds == nil ? " unsent" : "")
        case .unsolicited(let seen):
            "urc \(seen.code.name) \(shown(seen.line))" + (seen.following.map { " / \(shown($0))" } ?? "")
        case .ready: "ready"
        case .stuck: "stuck"
        }
    }

    private static func shown(_ bytes: [UInt8]) -> String {
        String(decoding: bytes, as: UTF8.self).unicodeScalars.map { scalar in
            scalar.value == 0x0D
                ? "<CR>" : scalar.value == 0x1B ? "<ESC>" : scalar.value == 0x1A ? "<SUB>" : "\(scalar)"
        }.joined()
    }
}

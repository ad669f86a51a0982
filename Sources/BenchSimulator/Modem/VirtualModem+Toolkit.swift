/// Where a modem stands between its card and the program that is the card's terminal.
struct ModemToolkitState: Sendable {
    /// What the card asked, while the program's answer is awaited.
    var asked: [UInt8]?
    /// Counts what was asked: a time-out is of one of them.
    var number = 0
    /// Whether the end of the session is still to be told.
    var isOpen = false
    /// Answers that the modem tells behind the result of the command that brought them.
    var answers: [[UInt8]] = []
}

extension VirtualModem {
    private var rules: ModemToolkitRules? { script.toolkit }

    private var dialect: ModemToolkit { script.profile.toolkit }

    // MARK: What the program sends

    /// Does a command that is for the card; nil for another one.
    mutating func toolkitCommand(_ command: String) -> ModemReply? {
        guard rules != nil else { return nil }
        if let values = Self.values(of: command, behind: dialect.answering) { return answerCard(values) }
        guard let head = dialect.enveloping, let values = Self.values(of: command, behind: head) else { return nil }
        guard values.count == 1, let envelope = bytes(hexadecimal: values[0]), let card, !card.isBusy else {
            return ModemReply(end: .failed(50))
        }
        return self.card?.bring(envelope) == true ? ModemReply() : ModemReply(end: .failed(3))
    }

    private static func values(of command: String, behind head: String) -> [String]? {
        guard command.uppercased().hasPrefix(head) else { return nil }
        return values(command.dropFirst(head.count))
    }

    /// One that nothing was asked for is not allowed, one that fits not what was asked has incorrect parameters: the card
    /// goes on waiting.
    private mutating func answerCard(_ values: [String]) -> ModemReply {
        guard let asked = toolkit.asked else { return ModemReply(end: .failed(3)) }
        guard let response = dialect.response(to: asked, values), card?.respond(response) == true else {
            return ModemReply(end: .failed(50))
        }
        toolkit.asked = nil
        if dialect.tellsAnswer != nil { toolkit.answers.append(response) }
        return ModemReply()
    }

    // MARK: What the card asks

    /// What the modem says for the card behind a command line: that it was answered, what it asks next, or its end.
    mutating func toolkitNews(after command: String) -> [ModemOutput] {
        guard let rules else { return [] }
        if ModemRule(pattern: rules.on).matches(command) { card?.start() }
        let answers = toolkit.answers.map { says(dialect.line(dialect.tellsAnswer ?? "", $0)) }
        toolkit.answers = []
        return answers + askNext(rules)
    }

    /// Nobody has answered in time: the card is told so, and may ask something else.
    mutating func toolkitTimeout(_ number: Int) -> [ModemOutput] {
        guard let rules, number == toolkit.number, let asked = toolkit.asked else { return [] }
        toolkit.asked = nil
        _ = card?.respond(TerminalAnswer.response(to: asked, result: 0x20))
        return askNext(rules)
    }

    private mutating func askNext(_ rules: ModemToolkitRules) -> [ModemOutput] {
        guard toolkit.asked == nil else { return [] }
        guard let command = card?.fetch() else {
            defer { toolkit.isOpen = false }
            return toolkit.isOpen ? dialect.ends.map { [says($0)] } ?? [] : []
        }
        toolkit.asked = command
        toolkit.number += 1
        toolkit.isOpen = true
        return [
            says(dialect.line(dialect.asks, command)),
            ModemOutput(action: .expect(number: toolkit.number, within: rules.timeout), isUnsolicited: true),
        ]
    }

    private func says(_ line: String) -> ModemOutput {
        ModemOutput(action: .send(ModemMessage(content: .line(line)).bytes), note: line, isUnsolicited: true)
    }
}

extension ModemCard {
    /// Whether a command is out with the terminal.
    var isBusy: Bool { card.toolkit.isBusy }

    /// The terminal comes: what it can do is told, which is when cards begin to ask.
    mutating func start() { _ = exchange([0x80, 0x10, 0x00, 0x00, 0x08] + [UInt8](repeating: 0xFF, count: 8)) }

    /// What the card asks next; nil for nothing.
    mutating func fetch() -> [UInt8]? {
        guard let count = card.toolkit.waitingBytes else { return nil }
        let answer = exchange([0x80, 0x12, 0x00, 0x00, UInt8(truncatingIfNeeded: count)])
        return answer.count > 2 ? answer.dropLast(2) : nil
    }

    /// Brings the terminal's answer; false when the card does not take it.
    mutating func respond(_ response: [UInt8]) -> Bool { isTaken([0x80, 0x14, 0x00, 0x00], response) }

    /// Brings an envelope; false when the card does not take it.
    mutating func bring(_ envelope: [UInt8]) -> Bool { isTaken([0x80, 0xC2, 0x00, 0x00], envelope) }

    private mutating func isTaken(_ header: [UInt8], _ data: [UInt8]) -> Bool {
        guard (1...255).contains(data.count) else { return false }
        let status = status(of: exchange(header + [UInt8(data.count)] + data))
        return status == 0x9000 || status >> 8 == 0x91
    }
}

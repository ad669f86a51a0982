internal import ProbeEvents

/// A command that is under way, and what has come of its answer.
struct ATExchange: Sendable {
    let ticket: UInt64
    let question: ATQuestion
    var deadline: UInt64
    /// Whether it was given up, and its end is awaited.
    var isAborting = false
    /// Whether the modem waits for text.
    private(set) var isAtPrompt = false

    private var answer: ATAnswer
    private let sent: [UInt8]
    private var isEchoDue = true
    /// Lines of what was sent at the prompt, which may come back.
    private var dataLines: Set<[UInt8]> = []
    private var keptBytes = 0
    private let commandClass: ATCommandClass

    init(ticket: UInt64, command: ATCommand, now: UInt64) {
        self.ticket = ticket
        question = ATQuestion(text: command.text)
        deadline = now.addingSaturating(command.timeoutNanoseconds)
        sent = Array(command.text.utf8)
        commandClass = ATCommandClass(text: command.text, hasData: command.data != nil)
        answer = ATAnswer(command: command, final: FinalResult(.ok), sentNanoseconds: now)
    }

    /// Whether a line is what was sent, coming back; the text of a command comes once, perhaps behind other bytes.
    mutating func isEcho(_ line: [UInt8]) -> Bool {
        if isEchoDue, !sent.isEmpty, line.count - sent.count <= 64, line.reversed().starts(with: sent.reversed()) {
            isEchoDue = false
            return true
        }
        guard !dataLines.isEmpty else { return false }
        // The blank of the prompt may stand in front; the Control-Z behind a text is echoed by some.
        let text = line.last == 0x1A ? line.dropLast() : line[...]
        return dataLines.contains(text) || (text.first == 0x20 && dataLines.contains(text.dropFirst()))
    }

    /// Whether this result is the command's: what calls end with may come unasked while a query is under way.
    func isEnded(by final: FinalResult) -> Bool {
        guard final.isOfCall else { return true }
        if case .query = commandClass { return false }
        return true
    }

    /// Keeps a line of the answer, as long as there is room.
    mutating func keep(_ line: ATLines.Line) {
        isEchoDue = false
        guard answer.lines.count < ATChannel.lineLimit, keptBytes + line.bytes.count <= ATChannel.answerLimitBytes
        else {
            answer.isCut = true
            return
        }
        keptBytes += line.bytes.count
        answer.lines.append(line.bytes)
        answer.isCut = answer.isCut || line.isCut
    }

    /// Whether a line that has no end yet is a prompt for text.
    func isPrompt(_ partial: [UInt8]) -> Bool {
        guard !isAtPrompt, !isAborting else { return false }
        // A command that has nothing to say at a prompt waits for the blank, to be sure that it is one.
        return partial == Self.prompt || partial.count == 1 && answer.command.data != nil && partial == [Self.prompt[0]]
    }

    private static let prompt = Array("> ".utf8)

    /// What is sent at the prompt: the text and Control-Z, or ESC where there is none.
    mutating func answerPrompt() -> [UInt8] {
        isAtPrompt = true
        guard let data = answer.command.data else { return [0x1B] }
        dataLines = Set(data.split { $0 == 0x0D || $0 == 0x0A }.prefix(64).map { Array($0) })
        return data + [0x1A]
    }

    /// Somebody else answers a prompt; what comes then is no second one.
    mutating func noteForeignPrompt() { isAtPrompt = true }

    /// Gives it its whole time anew.
    mutating func extend(from now: UInt64) { deadline = now.addingSaturating(answer.command.timeoutNanoseconds) }

    /// Whether it is a program's answer to the card, or tells it something.
    var isForCard: Bool { ToolkitCommandLine.read(sent) != nil }

    /// When it was sent.
    var startNanoseconds: UInt64 { answer.sentNanoseconds ?? 0 }

    /// What is told of its end.
    func end(_ final: FinalResult, now: UInt64) -> ATAction { .answered(ticket, answer(final, now: now)) }

    /// The answer with its end.
    func answer(_ final: FinalResult, now: UInt64) -> ATAnswer {
        var answer = answer
        answer.final = final
        answer.durationNanoseconds = now - min(now, answer.sentNanoseconds ?? now)
        return answer
    }
}

extension Set where Element == [UInt8] {
    fileprivate func contains(_ slice: ArraySlice<UInt8>) -> Bool { contains(Array(slice)) }
}

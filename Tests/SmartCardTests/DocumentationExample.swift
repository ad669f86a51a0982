import SmartCard

/// What a card was asked and what it said, in one line, with the bytes that may be shown to others.
struct ExchangeLine {
    /// What the session did before decides a few names: one context for each card, from its connect to its reset.
    private var context = CardContext()

    mutating func describe(command bytes: [UInt8], response: [UInt8]) -> String {
        let command = CommandAPDU(bytes)
        let name = command.name(context: context)
        guard let statusWord = ResponseAPDU(response).statusWord else { return "\(name): no status word" }
        context.observe(command: bytes, statusWord: statusWord)
        let kept = Redaction.kept(command: bytes, response: response)
        return "\(name) of \(command.lc) bytes: \(statusWord), \(statusWord.meaning(cla: command.cla))"
            + (kept.cut ? "; shown: \(kept.command)" : "")
    }
}

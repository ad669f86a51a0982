internal import ProbeEvents
internal import SmartCard

extension LiveExchange {
    /// What is told of an exchange that is remembered.
    init(_ entry: LiveEntry) {
        let exchange = entry.exchange
        let command = CommandAPDU(exchange.command.bytes)
        id = entry.id
        time = RFC3339.text(wallNanoseconds: exchange.stamp.wallNanoseconds)
        (interface, device) = (exchange.interface, exchange.reader)
        (program, pid, session) = (exchange.client.program, exchange.client.pid, entry.session)
        self.command = exchange.name.name
        words = entry.words
        header = HexBytes(Array(exchange.command.bytes.prefix(CommandAPDU.headerLength))).description
        sentBytes = command.lc
        let statusWord = exchange.statusWord
        receivedBytes = statusWord == nil ? 0 : exchange.response.bytes.count - 2
        self.statusWord = statusWord?.description ?? ""
        meaning = entry.meaning
        verdict = entry.verdict.word(statusWord, cla: command.cla)
        cardSeconds = BenchStatus.seconds(exchange.cardNanoseconds)
        waitSeconds = BenchStatus.seconds(exchange.othersNanoseconds)
        continues = entry.continues
        traceId = entry.traceID
    }
}

extension LiveEntry {
    /// The command in words.
    var words: String {
        CommandWords.words(
            exchange.name, command: exchange.command.bytes, response: exchange.response.bytes, subject: subject)
    }

    /// What came back, in words.
    var meaning: String {
        if let statusWord = exchange.statusWord { return statusWord.meaning(cla: exchange.command.bytes.first ?? 0) }
        return exchange.resultCode == 0 ? "no status word" : PCSCResult(exchange.resultCode).symbol
    }
}

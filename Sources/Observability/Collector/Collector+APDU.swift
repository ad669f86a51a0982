public import ProbeEvents
internal import PrometheusClient
public import SmartCard

extension Collector {
    /// Counts a command that the card answered, from what a tap has of it.
    ///
    /// - Parameters:
    ///   - cla: the command's class.
    ///   - ins: its instruction.
    ///   - p1: its first parameter, which tells some commands apart.
    ///   - interface: how it went to the card.
    ///   - statusWord: what the card answered.
    ///   - sentBytes: length of the command's data field.
    ///   - receivedBytes: length of the response without its status word.
    ///   - nanoseconds: the card's own time, known waiting left out.
    public func recordAPDU(
        cla: UInt8, ins: UInt8, p1: UInt8, interface: APDUInterface, statusWord: UInt16, sentBytes: Int,
        receivedBytes: Int, nanoseconds: UInt64
    ) {
        recordAPDU(
            commands.name(cla: cla, ins: ins, p1: p1, length: CommandAPDU.headerLength), cla: cla,
            interface: interface, statusWord: StatusWord(statusWord), sentBytes: sentBytes,
            receivedBytes: receivedBytes, nanoseconds: nanoseconds)
    }

    /// Counts a command that the card answered, under a name that was decided with what the session did before.
    ///
    /// - Parameters:
    ///   - name: the command's.
    ///   - cla: its class.
    ///   - interface: how it went to the card.
    ///   - statusWord: what the card answered.
    ///   - sentBytes: length of the command's data field.
    ///   - receivedBytes: length of the response without its status word.
    ///   - nanoseconds: the card's own time, known waiting left out; nil where it is not known.
    ///   - isExpected: whether a failure is one that the tester means to see.
    public func recordAPDU(
        _ name: CommandName, cla: UInt8, interface: APDUInterface, statusWord: StatusWord, sentBytes: Int,
        receivedBytes: Int, nanoseconds: UInt64?, isExpected: Bool = false
    ) {
        // All places first, then all additions.
        let reading = statusWords.reading(statusWord, command: name, cla: cla)
        let command = catalog.apduCommands.place(name, interface).update()
        let time = nanoseconds.map { catalog.apduResponseTime.place(name).update($0) }
        let response = catalog.apduResponses.place(reading.label, reading.isSuccess).update()
        let sent = sentBytes > 0 ? catalog.apduData.place(.sent).update(UInt64(sentBytes)) : nil
        let received = receivedBytes > 0 ? catalog.apduData.place(.received).update(UInt64(receivedBytes)) : nil
        command.make()
        time?.make()
        response.make()
        sent?.make()
        received?.make()
        if let error = reading.errorType { countError(error, of: name, statusWord, isExpected) }
    }

    func apply(_ exchange: APDUExchange) {
        let command = CommandAPDU(exchange.command.bytes)
        if let statusWord = exchange.statusWord {
            recordAPDU(
                exchange.name, cla: command.cla, interface: exchange.interface, statusWord: statusWord,
                sentBytes: command.lc, receivedBytes: exchange.response.bytes.count - 2,
                nanoseconds: exchange.isTimed ? exchange.cardNanoseconds : nil, isExpected: exchange.isExpected)
        } else {
            countUnanswered(exchange, command)
        }
        if exchange.waitNanoseconds > 0 { catalog.apduWait[.transaction].record(exchange.waitNanoseconds) }
        if exchange.sharingNanoseconds > 0 { catalog.apduWait[.sharing].record(exchange.sharingNanoseconds) }
        if exchange.resultCode != 0, exchange.interface == .pcsc {
            countReaderFailure(exchange.resultCode, reader: exchange.reader)
        }
    }

    private func countError(
        _ error: APDUErrorType, of name: CommandName, _ statusWord: StatusWord, _ isExpected: Bool
    ) {
        guard !isExpected else { return recordExpectedError(error, of: name) }
        catalog.apduErrors.place(error, name).update().make()
        // Of some commands 63CX tells of writes that were repeated, and is an error of memory.
        guard error == .security || error == .pinBlocked, let count = statusWord.triesLeft else { return }
        catalog.apduPINAnswers.place(TriesLeft(count)).update().make()
    }

    private func countUnanswered(_ exchange: APDUExchange, _ command: CommandAPDU) {
        if exchange.reachedCard {
            catalog.apduCommands[exchange.name, exchange.interface].increment()
            if exchange.isTimed { catalog.apduResponseTime[exchange.name].record(exchange.cardNanoseconds) }
            if command.lc > 0 { catalog.apduData[.sent].record(UInt64(command.lc)) }
        }
        if let error = APDUVerdict(exchange, command).errorType {
            exchange.isExpected
                ? recordExpectedError(error, of: exchange.name) : recordError(error, of: exchange.name)
        }
    }
}

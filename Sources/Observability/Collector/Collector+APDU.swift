package import ProbeEvents
internal import PrometheusClient
package import SmartCard

extension Collector {
    /// Counts a command that the card answered, from what a tap has of it.
    ///
    /// - Parameters:
    ///   - sentBytes: length of the command's data field.
    ///   - receivedBytes: length of the response without its status word.
    ///   - nanoseconds: the card's own time, known waiting left out.
    package func recordAPDU(
        cla: UInt8, ins: UInt8, p1: UInt8, interface: APDUInterface, statusWord: UInt16, sentBytes: Int,
        receivedBytes: Int, nanoseconds: UInt64
    ) {
        recordAPDU(
            commands.name(cla: cla, ins: ins, p1: p1, length: CommandAPDU.headerLength), cla: cla,
            interface: interface, statusWord: StatusWord(statusWord), sentBytes: sentBytes,
            receivedBytes: receivedBytes, nanoseconds: nanoseconds)
    }

    /// Counts a command that the card answered, under a name that was decided with what the session did before.
    package func recordAPDU(
        _ name: CommandName, cla: UInt8, interface: APDUInterface, statusWord: StatusWord, sentBytes: Int,
        receivedBytes: Int, nanoseconds: UInt64
    ) {
        countSent(name, interface, sentBytes: sentBytes, nanoseconds: nanoseconds)
        let label = statusWords.label(statusWord, cla: cla)
        catalog.apduResponses[label, statusWords.isSuccess(statusWord, cla: cla)].increment()
        if receivedBytes > 0 { catalog.apduData[.received].record(UInt64(receivedBytes)) }
        if let error = statusWords.errorType(statusWord, command: name, cla: cla) {
            catalog.apduErrors[error, name].increment()
        }
    }

    func apply(_ exchange: APDUExchange) {
        let command = CommandAPDU(exchange.command.bytes)
        if let statusWord = exchange.statusWord {
            recordAPDU(
                exchange.name, cla: command.cla, interface: exchange.interface, statusWord: statusWord,
                sentBytes: command.lc, receivedBytes: exchange.response.bytes.count - 2,
                nanoseconds: exchange.cardNanoseconds)
        } else {
            if exchange.reachedCard {
                countSent(
                    exchange.name, exchange.interface, sentBytes: command.lc, nanoseconds: exchange.cardNanoseconds)
            }
            if let error = APDUVerdict(exchange, command).errorType {
                catalog.apduErrors[error, exchange.name].increment()
            }
        }
        if exchange.waitNanoseconds > 0 { catalog.apduWait[.transaction].record(exchange.waitNanoseconds) }
        if exchange.resultCode != 0, exchange.interface == .pcsc {
            countReaderFailure(exchange.resultCode, reader: exchange.reader)
        }
    }

    private func countSent(_ name: CommandName, _ interface: APDUInterface, sentBytes: Int, nanoseconds: UInt64) {
        catalog.apduCommands[name, interface].increment()
        catalog.apduResponseTime[name].record(nanoseconds)
        if sentBytes > 0 { catalog.apduData[.sent].record(UInt64(sentBytes)) }
    }
}

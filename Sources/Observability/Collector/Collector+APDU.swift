internal import ProbeEvents
internal import PrometheusClient
internal import SmartCard

extension Collector {
    func apply(_ exchange: APDUExchange) {
        let command = CommandAPDU(exchange.command.bytes)
        if exchange.reachedCard {
            catalog.apduCommands[exchange.name, exchange.interface].increment()
            catalog.apduResponseTime[exchange.name].record(exchange.cardNanoseconds)
            if command.lc > 0 { catalog.apduData[.sent].record(UInt64(command.lc)) }
        }
        if let statusWord = exchange.statusWord {
            let label = statusWords.label(statusWord, cla: command.cla)
            catalog.apduResponses[label, statusWords.isSuccess(statusWord, cla: command.cla)].increment()
            let received = exchange.response.bytes.count - 2
            if received > 0 { catalog.apduData[.received].record(UInt64(received)) }
        }
        if let error = APDUVerdict(exchange, command).errorType {
            catalog.apduErrors[error, exchange.name].increment()
        }
        if exchange.waitNanoseconds > 0 { catalog.apduWait[.transaction].record(exchange.waitNanoseconds) }
        if exchange.sharingNanoseconds > 0 { catalog.apduWait[.sharing].record(exchange.sharingNanoseconds) }
        if exchange.resultCode != 0, exchange.interface == .pcsc {
            countReaderFailure(exchange.resultCode, reader: exchange.reader)
        }
    }
}

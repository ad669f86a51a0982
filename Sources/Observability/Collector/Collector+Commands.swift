public import ProbeEvents
internal import PrometheusClient
public import SmartCard

// What a program tells of its commands itself; the probe's own sources tell events.

extension Collector {
    /// Counts a command that reached a card.
    public func recordCommand(_ command: CommandName, over interface: APDUInterface = .pcsc) {
        catalog.apduCommands[command, interface].increment()
    }

    /// Counts a response, and the error that it tells; CLA 90 makes a status word one of DESFire.
    public func recordResponse(_ statusWord: StatusWord, to command: CommandName, cla: UInt8 = 0) {
        let reading = statusWords.reading(statusWord, command: command, cla: cla)
        catalog.apduResponses[reading.label, reading.isSuccess].increment()
        if let error = reading.errorType { recordError(error, of: command) }
    }

    /// Counts an error that no response tells.
    public func recordError(_ error: APDUErrorType, of command: CommandName) {
        catalog.apduErrors[error, command].increment()
    }

    /// Counts a failure that the tester means to see; it is no error then.
    public func recordExpectedError(_ error: APDUErrorType, of command: CommandName) {
        catalog.apduExpectedErrors[error, command].increment()
    }

    /// Counts the time of a command in the card.
    public func recordResponseTime(_ time: Duration, of command: CommandName) {
        catalog.apduResponseTime[command].record(time)
    }

    /// Counts time in which a program waited for others; it is no part of the card's.
    public func recordWait(_ time: Duration, _ reason: WaitReason) { catalog.apduWait[reason].record(time) }

    /// Counts the length of a data field; one that is not there is not counted.
    public func recordData(bytes: Int, _ direction: TransferDirection) {
        if bytes > 0 { catalog.apduData[direction].record(UInt64(bytes)) }
    }

    /// Counts a command and its time; an error of the work counts as that of the command.
    public func timedCommand<Result, Failure: Error>(
        _ command: CommandName, over interface: APDUInterface = .pcsc,
        errorType: (Failure) -> APDUErrorType = { _ in .other }, _ work: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try timed(work) { record(command, interface, $0, $1.map(errorType)) }
    }

    /// The same for work that waits.
    public func timedCommand<Result, Failure: Error>(
        _ command: CommandName, over interface: APDUInterface = .pcsc,
        errorType: (Failure) -> APDUErrorType = { _ in .other }, isolation: isolated (any Actor)? = #isolation,
        _ work: () async throws(Failure) -> Result
    ) async throws(Failure) -> Result {
        try await timed(isolation: isolation, work) { record(command, interface, $0, $1.map(errorType)) }
    }

    /// Counts all there is to count of a command whose bytes are at hand: the work sends it and gives the response with
    /// its status word.
    public func timedExchange<Failure: Error>(
        _ command: [UInt8], over interface: APDUInterface = .pcsc,
        errorType: (Failure) -> APDUErrorType = { _ in .transport }, _ work: () throws(Failure) -> [UInt8]
    ) throws(Failure) -> [UInt8] {
        var response: [UInt8] = []
        return try timed { () throws(Failure) in
            response = try work()
            return response
        } _: {
            record(CommandAPDU(command), response, interface, $0, $1.map(errorType))
        }
    }

    /// The same for work that waits.
    public func timedExchange<Failure: Error>(
        _ command: [UInt8], over interface: APDUInterface = .pcsc,
        errorType: (Failure) -> APDUErrorType = { _ in .transport }, isolation: isolated (any Actor)? = #isolation,
        _ work: () async throws(Failure) -> [UInt8]
    ) async throws(Failure) -> [UInt8] {
        var response: [UInt8] = []
        return try await timed(isolation: isolation) { () async throws(Failure) in
            response = try await work()
            return response
        } _: {
            record(CommandAPDU(command), response, interface, $0, $1.map(errorType))
        }
    }

    private func record(
        _ command: CommandName, _ interface: APDUInterface, _ nanoseconds: UInt64, _ error: APDUErrorType?
    ) {
        recordCommand(command, over: interface)
        catalog.apduResponseTime[command].record(nanoseconds)
        if let error { recordError(error, of: command) }
    }

    private func record(
        _ command: CommandAPDU, _ response: [UInt8], _ interface: APDUInterface, _ nanoseconds: UInt64,
        _ error: APDUErrorType?
    ) {
        let name = command.name()
        guard error == nil, response.count >= 2 else {
            record(name, interface, nanoseconds, error ?? .malformed)
            return recordData(bytes: command.lc, .sent)
        }
        let statusWord = UInt16(response[response.count - 2]) << 8 | UInt16(response[response.count - 1])
        recordAPDU(
            name, cla: command.cla, interface: interface, statusWord: StatusWord(statusWord), sentBytes: command.lc,
            receivedBytes: response.count - 2, nanoseconds: nanoseconds)
    }
}

public import ProbeEvents
internal import PrometheusClient

extension Collector {
    /// Counts the time from an AT command to its final result.
    public func recordATCommand(_ command: ATCommandName, took time: Duration) {
        catalog.atCommandDuration[command].record(time)
    }

    /// Counts an AT command that the work sends; an error of the work is the modem's.
    public func timedATCommand<Result, Failure: Error>(
        _ command: ATCommandName, errorType: (Failure) -> DeviceErrorType = { _ in .other },
        _ work: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try timed(work) { record(command, $0, $1.map(errorType)) }
    }

    /// The same for work that waits.
    public func timedATCommand<Result, Failure: Error>(
        _ command: ATCommandName, errorType: (Failure) -> DeviceErrorType = { _ in .other },
        isolation: isolated (any Actor)? = #isolation, _ work: () async throws(Failure) -> Result
    ) async throws(Failure) -> Result {
        try await timed(isolation: isolation, work) { record(command, $0, $1.map(errorType)) }
    }

    private func record(_ command: ATCommandName, _ nanoseconds: UInt64, _ error: DeviceErrorType?) {
        catalog.atCommandDuration[command].record(nanoseconds)
        if let error { recordDeviceError(error, of: .modem) }
    }
}

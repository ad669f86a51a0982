public import ProbeEvents
internal import PrometheusClient

extension Collector {
    /// Counts the time of an operation of the adb server.
    public func recordADBOperation(_ operation: ADBOperation, took time: Duration) {
        catalog.adbOperationDuration[operation].record(time)
    }

    /// Counts an operation that the work is; an error of the work is the phone's.
    public func timedADBOperation<Result, Failure: Error>(
        _ operation: ADBOperation, errorType: (Failure) -> DeviceErrorType = { _ in .other },
        _ work: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try timed(work) { record(operation, $0, $1.map(errorType)) }
    }

    /// The same for work that waits.
    public func timedADBOperation<Result, Failure: Error>(
        _ operation: ADBOperation, errorType: (Failure) -> DeviceErrorType = { _ in .other },
        isolation: isolated (any Actor)? = #isolation, _ work: () async throws(Failure) -> Result
    ) async throws(Failure) -> Result {
        try await timed(isolation: isolation, work) { record(operation, $0, $1.map(errorType)) }
    }

    private func record(_ operation: ADBOperation, _ nanoseconds: UInt64, _ error: DeviceErrorType?) {
        catalog.adbOperationDuration[operation].record(nanoseconds)
        if let error { recordDeviceError(error, of: .phone) }
    }
}

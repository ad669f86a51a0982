public import ProbeEvents
internal import PrometheusClient

/// A BIP channel that is open; let go of without an end it has failed.
public typealias BIPChannelRecord = OpenRecord<SessionStatus>

extension OpenRecord where Ending == SessionStatus {
    /// Ends one that went well.
    @discardableResult
    public func end() -> Bool { end(.completed) }
}

extension Collector {
    /// Counts a channel that is opened; it is open until it is told to end.
    public func openBIPChannel(over bearer: BearerType) -> BIPChannelRecord {
        catalog.bipConnectionsActive[bearer].increment()
        return BIPChannelRecord(abandoned: .failed) { [self] nanoseconds, status in
            catalog.bipConnectionsActive[bearer].decrement()
            catalog.bipConnectionDuration[bearer, status].record(nanoseconds)
        }
    }

    /// Counts bytes through a channel, seen from the tester.
    public func recordBIPTransfer(bytes: Int, _ direction: TransferDirection, over bearer: BearerType) {
        if bytes > 0 { catalog.bipBytesTransferred[direction, bearer].increment(by: UInt64(bytes)) }
    }

    /// Counts a BIP command that failed.
    public func recordBIPError(_ error: BIPErrorType, over bearer: BearerType) {
        catalog.bipErrors[error, bearer].increment()
    }

    /// Counts a channel around work; an error of the work is the channel's.
    public func withBIPChannel<Result, Failure: Error>(
        over bearer: BearerType, errorType: (Failure) -> BIPErrorType = { _ in .other },
        _ work: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let channel = openBIPChannel(over: bearer)
        return try timed(work) { end(channel, over: bearer, $1.map(errorType)) }
    }

    /// The same for work that waits.
    public func withBIPChannel<Result, Failure: Error>(
        over bearer: BearerType, errorType: (Failure) -> BIPErrorType = { _ in .other },
        isolation: isolated (any Actor)? = #isolation, _ work: () async throws(Failure) -> Result
    ) async throws(Failure) -> Result {
        let channel = openBIPChannel(over: bearer)
        return try await timed(isolation: isolation, work) { end(channel, over: bearer, $1.map(errorType)) }
    }

    private func end(_ channel: BIPChannelRecord, over bearer: BearerType, _ error: BIPErrorType?) {
        channel.end(error.map { $0 == .timeout ? .timeout : .failed } ?? .completed)
        if let error { recordBIPError(error, over: bearer) }
    }
}

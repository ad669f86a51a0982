public import ProbeEvents
internal import PrometheusClient

/// A TLS connection that is open; its end may have an error. Let go of without an end it was lost.
public typealias TLSConnectionRecord = OpenRecord<TLSErrorType?>

extension OpenRecord where Ending == TLSErrorType? {
    /// Ends a connection that went well.
    @discardableResult
    public func end() -> Bool { end(nil) }
}

extension Collector {
    /// Counts a handshake; one that chose no suite has `none`.
    public func recordTLSHandshake(_ suite: CipherSuite, _ result: HandshakeResult, took time: Duration) {
        catalog.tlsHandshakes[suite, result].increment()
        catalog.tlsHandshakeDuration[suite].record(time)
    }

    /// Counts a connection that is open from now on, until it is told to end.
    public func openTLSConnection() -> TLSConnectionRecord {
        catalog.tlsConnectionsActive.add(1)
        return TLSConnectionRecord(abandoned: .connectionLost) { [self] _, error in
            catalog.tlsConnectionsActive.add(-1)
            if let error { recordTLSError(error) }
        }
    }

    /// Counts an error of a connection or handshake.
    public func recordTLSError(_ error: TLSErrorType) { catalog.tlsErrors[error].increment() }

    /// Counts a handshake that the work makes; it gives the suite that was chosen.
    public func timedTLSHandshake<Failure: Error>(
        errorType: (Failure) -> TLSErrorType = { _ in .other }, _ work: () throws(Failure) -> CipherSuite
    ) throws(Failure) -> CipherSuite {
        var suite = CipherSuite.none
        return try timed { () throws(Failure) in
            suite = try work()
            return suite
        } _: {
            recordHandshake(suite, $0, $1.map(errorType))
        }
    }

    /// The same for work that waits.
    public func timedTLSHandshake<Failure: Error>(
        errorType: (Failure) -> TLSErrorType = { _ in .other }, isolation: isolated (any Actor)? = #isolation,
        _ work: () async throws(Failure) -> CipherSuite
    ) async throws(Failure) -> CipherSuite {
        var suite = CipherSuite.none
        return try await timed(isolation: isolation) { () async throws(Failure) in
            suite = try await work()
            return suite
        } _: {
            recordHandshake(suite, $0, $1.map(errorType))
        }
    }

    private func recordHandshake(_ suite: CipherSuite, _ nanoseconds: UInt64, _ error: TLSErrorType?) {
        let result: HandshakeResult =
            switch error {
            case nil: .success
            case .timeout: .timeout
            case .connectionLost: .aborted
            default: .failed
            }
        catalog.tlsHandshakes[suite, result].increment()
        catalog.tlsHandshakeDuration[suite].record(nanoseconds)
        if let error { recordTLSError(error) }
    }
}

public import ProbeEvents
internal import PrometheusClient

/// How a session ended.
public struct SessionEnding: Sendable, Hashable {
    /// Whether it went well.
    public var status: SessionStatus
    /// Why it did not.
    public var error: SessionErrorType?

    /// An ending from its parts.
    public init(_ status: SessionStatus, error: SessionErrorType? = nil) {
        self.status = status
        self.error = error
    }

    /// The end of a session that went wrong.
    public static func failed(_ error: SessionErrorType) -> SessionEnding {
        SessionEnding(error == .timeout ? .timeout : .failed, error: error)
    }
}

/// A session that a program opened; let go of without an end it has failed, its client being gone.
public typealias SessionRecord = OpenRecord<SessionEnding>

extension OpenRecord where Ending == SessionEnding {
    /// Ends a session that went well.
    @discardableResult
    public func end() -> Bool { end(SessionEnding(.completed)) }
}

extension Collector {
    /// Counts a session that begins; it is open until it is told to end.
    public func openSession(_ type: SessionType, speaking sessionProtocol: SessionProtocol = .unknown) -> SessionRecord
    {
        catalog.sessions[type, sessionProtocol].increment()
        catalog.activeSessions[type].increment()
        return SessionRecord(abandoned: .failed(.clientGone)) { [self] nanoseconds, ending in
            catalog.activeSessions[type].decrement()
            catalog.sessionDuration[type, ending.status].record(nanoseconds)
            if let error = ending.error { recordSessionError(error, of: type) }
        }
    }

    /// Counts an error of a session, mostly of one that could not be opened.
    public func recordSessionError(_ error: SessionErrorType, of type: SessionType) {
        catalog.sessionErrors[type, error].increment()
    }

    /// Counts a session around work; an error of the work is the session's.
    public func withSession<Result, Failure: Error>(
        _ type: SessionType, speaking sessionProtocol: SessionProtocol = .unknown,
        errorType: (Failure) -> SessionErrorType = { _ in .other }, _ work: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let session = openSession(type, speaking: sessionProtocol)
        return try timed(work) { session.end($1.map { .failed(errorType($0)) } ?? SessionEnding(.completed)) }
    }

    /// The same for work that waits.
    public func withSession<Result, Failure: Error>(
        _ type: SessionType, speaking sessionProtocol: SessionProtocol = .unknown,
        errorType: (Failure) -> SessionErrorType = { _ in .other }, isolation: isolated (any Actor)? = #isolation,
        _ work: () async throws(Failure) -> Result
    ) async throws(Failure) -> Result {
        let session = openSession(type, speaking: sessionProtocol)
        return try await timed(isolation: isolation, work) {
            session.end($1.map { .failed(errorType($0)) } ?? SessionEnding(.completed))
        }
    }
}

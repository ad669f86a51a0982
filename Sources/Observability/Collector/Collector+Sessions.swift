internal import ProbeEvents
internal import PrometheusClient
internal import Synchronization

extension Collector {
    func apply(_ opened: ReaderSessionOpened) {
        let outcome = openSessions.withLock { sessions in
            let outcome = sessions.open(opened.session, of: opened.client.id)
            catalog.activeSessions[.pcsc].set(Double(sessions.count))
            return outcome
        }
        switch outcome {
        case .known: return
        case .noRoom: countUnfollowed(catalog.activeSessions.name)
        case .new: break
        }
        catalog.sessions[.pcsc, opened.sessionProtocol].increment()
    }

    func apply(_ closed: ReaderSessionClosed) {
        openSessions.withLock { sessions in
            sessions.close(closed.session, of: closed.client.id)
            catalog.activeSessions[.pcsc].set(Double(sessions.count))
        }
        catalog.sessionDuration[.pcsc, closed.status].record(closed.stamp.durationNanoseconds)
        if let error = closed.error { catalog.sessionErrors[.pcsc, error].increment() }
    }

    /// Sessions whose end was lost end with their client.
    func apply(_ ended: ClientEnded) {
        openSessions.withLock { sessions in
            sessions.closeAll(of: ended.client.id)
            catalog.activeSessions[.pcsc].set(Double(sessions.count))
        }
    }

    /// Counts what a bounded table of the collector's own had no room for.
    func countUnfollowed(_ family: String) {
        health.seriesRefused[OpenLabel(family)].increment()
    }
}

/// The sessions that are open now: openings and ends may be told twice or be lost, and the gauge must not drift.
struct OpenSessions {
    /// What became of an opening.
    enum Opening { case new, known, noRoom }

    /// More are not followed, and counted as refused. A receiver has 256 clients at most, each with a few.
    static let limit = 16_384

    private var sessionsByClient: [UInt64: Set<UInt64>] = [:]
    private(set) var count = 0

    mutating func open(_ session: UInt64, of client: UInt64) -> Opening {
        if sessionsByClient[client]?.contains(session) == true { return .known }
        guard count < Self.limit else { return .noRoom }
        sessionsByClient[client, default: []].insert(session)
        count += 1
        return .new
    }

    mutating func close(_ session: UInt64, of client: UInt64) {
        guard sessionsByClient[client]?.remove(session) != nil else { return }
        count -= 1
        if sessionsByClient[client]?.isEmpty == true { sessionsByClient[client] = nil }
    }

    mutating func closeAll(of client: UInt64) {
        count -= sessionsByClient.removeValue(forKey: client)?.count ?? 0
    }
}

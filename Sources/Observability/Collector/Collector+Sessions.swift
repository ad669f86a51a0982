internal import ProbeEvents
internal import PrometheusClient
internal import Synchronization

extension Collector {
    func apply(_ opened: ReaderSessionOpened) {
        switch openSessions.withLock({ $0.open(opened.session, of: opened.client.id) }) {
        case .known: return
        case .noRoom: countUnfollowed(catalog.activeSessions.name)
        // Programs that open theirs by the collector's methods add to the same number.
        case .new: catalog.activeSessions[.pcsc].increment()
        }
        catalog.sessions[.pcsc, opened.sessionProtocol].increment()
    }

    func apply(_ closed: ReaderSessionClosed) {
        if openSessions.withLock({ $0.close(closed.session, of: closed.client.id) }) {
            catalog.activeSessions[.pcsc].decrement()
        }
        catalog.sessionDuration[.pcsc, closed.status].record(closed.stamp.durationNanoseconds)
        if let error = closed.error { catalog.sessionErrors[.pcsc, error].increment() }
    }

    /// Sessions whose end was lost end with their client.
    func apply(_ ended: ClientEnded) {
        let count = openSessions.withLock { $0.closeAll(of: ended.client.id) }
        if count > 0 { catalog.activeSessions[.pcsc].add(-Double(count)) }
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
    private var count = 0

    mutating func open(_ session: UInt64, of client: UInt64) -> Opening {
        if sessionsByClient[client]?.contains(session) == true { return .known }
        guard count < Self.limit else { return .noRoom }
        sessionsByClient[client, default: []].insert(session)
        count += 1
        return .new
    }

    /// Whether it was open.
    mutating func close(_ session: UInt64, of client: UInt64) -> Bool {
        guard sessionsByClient[client]?.remove(session) != nil else { return false }
        count -= 1
        if sessionsByClient[client]?.isEmpty == true { sessionsByClient[client] = nil }
        return true
    }

    /// How many were open.
    mutating func closeAll(of client: UInt64) -> Int {
        let closed = sessionsByClient.removeValue(forKey: client)?.count ?? 0
        count -= closed
        return closed
    }
}

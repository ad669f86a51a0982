internal import ProbeEvents
internal import PrometheusClient
internal import Synchronization

extension Collector {
    func apply(_ opened: ReaderSessionOpened) {
        let type = opened.type ?? .pcsc
        switch openSessions.withLock({ $0.open(opened.session, type, of: opened.client.id) }) {
        case .known: return
        case .noRoom: countUnfollowed(catalog.activeSessions.name)
        // Programs that open theirs by the collector's methods add to the same number.
        case .new: catalog.activeSessions[type].increment()
        }
        catalog.sessions[type, opened.sessionProtocol].increment()
    }

    func apply(_ closed: ReaderSessionClosed) {
        let type = closed.type ?? .pcsc
        if openSessions.withLock({ $0.close(closed.session, of: closed.client.id) }) {
            catalog.activeSessions[type].decrement()
        }
        catalog.sessionDuration[type, closed.status].record(closed.stamp.durationNanoseconds)
        if let error = closed.error { catalog.sessionErrors[type, error].increment() }
    }

    /// Sessions whose end was lost end with their client.
    func apply(_ ended: ClientEnded) {
        for type in openSessions.withLock({ $0.closeAll(of: ended.client.id) }) {
            catalog.activeSessions[type].decrement()
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

    private var sessionsByClient: [UInt64: [UInt64: SessionType]] = [:]
    private var count = 0

    mutating func open(_ session: UInt64, _ type: SessionType = .pcsc, of client: UInt64) -> Opening {
        if sessionsByClient[client]?[session] != nil { return .known }
        guard count < Self.limit else { return .noRoom }
        sessionsByClient[client, default: [:]][session] = type
        count += 1
        return .new
    }

    /// Whether it was open.
    mutating func close(_ session: UInt64, of client: UInt64) -> Bool {
        guard sessionsByClient[client]?.removeValue(forKey: session) != nil else { return false }
        count -= 1
        if sessionsByClient[client]?.isEmpty == true { sessionsByClient[client] = nil }
        return true
    }

    /// What kinds were open.
    mutating func closeAll(of client: UInt64) -> [SessionType] {
        let closed = sessionsByClient.removeValue(forKey: client) ?? [:]
        count -= closed.count
        return Array(closed.values)
    }
}

internal import ProbeEvents
internal import SmartCard

/// What a flight's events say around its fault.
struct FlightScene {
    let header: FlightHeader
    let events: [ProbeEvent]
    /// The event that tells of the fault; nil when it is not among them.
    let fault: ProbeEvent?

    /// So long before a fault, and so soon after it, is what has to do with it, nanoseconds: watching takes time.
    private static let (before, after): (UInt64, UInt64) = (3_000_000_000, 1_000_000_000)

    init(_ file: FlightFile) {
        (header, events) = (file.header, file.events)
        let sessions = { (_: String) in 1 }
        fault = file.events.last {
            $0.stamp.endNanoseconds == file.header.nanoseconds
                && Fault($0, openSessions: sessions)?.kind == file.header.kind
        }
    }

    /// The same events around another fault among them: the one that a failed test came from.
    init(_ scene: FlightScene, around other: ProbeEvent, _ fault: Fault) {
        var header = scene.header
        (header.kind, header.device, header.message) = (fault.kind, fault.device, fault.message)
        (header.nanoseconds, header.usual) = (other.stamp.endNanoseconds, nil)
        (self.header, events, self.fault) = (header, scene.events, other)
    }

    /// The command that failed; nil for a fault of another kind.
    var exchange: APDUExchange? { if case .apdu(let exchange)? = fault { exchange } else { nil } }

    /// Commands of the same session before it, the last first.
    var before: [APDUExchange] {
        guard let exchange else { return [] }
        let key = SessionKey(exchange.client, exchange.session)
        return events.reversed().compactMap { event in
            guard case .apdu(let other) = event, SessionKey(other.client, other.session) == key,
                other.stamp.startNanoseconds < exchange.stamp.startNanoseconds
            else { return nil }
            return other
        }
    }

    /// When a reader or its card came or went, near the fault.
    func change(_ change: ReaderChange.Change, in reader: String) -> ReaderChange? {
        for case .readerChanged(let seen) in events where seen.change == change && seen.reader == reader {
            if isNear(seen.stamp) { return seen }
        }
        return nil
    }

    /// A source that could not see what it should, near the fault.
    func silentSource(_ kind: SourceKind) -> SourceState? {
        for case .sourceState(let state) in events where !state.isWorking && state.stamp.source == kind {
            if isNear(state.stamp) { return state }
        }
        return nil
    }

    /// When a session began that was open at the fault; 0 when that was not seen.
    func begin(of client: ClientProcess, _ session: UInt64, on reader: String) -> UInt64 {
        for case .sessionOpened(let opened) in events.reversed() where opened.reader == reader {
            let isMeant = SessionKey(opened.client, opened.session) == SessionKey(client, session)
            if isMeant, opened.stamp.startNanoseconds <= header.nanoseconds { return opened.stamp.startNanoseconds }
        }
        return 0
    }

    /// The last call that may have reset the card of a program's session while that was open, near the fault: another
    /// program's, or another session's.
    func resetter(of client: ClientProcess, _ session: UInt64, on reader: String) -> ReaderOperation? {
        let begin = begin(of: client, session, on: reader)
        for case .operation(let other) in events.reversed() where other.reader == reader && other.resultCode == 0 {
            guard other.operation == .disconnect || other.operation == .reconnect,
                SessionKey(other.client, other.session) != SessionKey(client, session),
                other.stamp.startNanoseconds >= begin, other.stamp.startNanoseconds <= header.nanoseconds,
                isNear(other.stamp)
            else { continue }
            return other
        }
        return nil
    }

    /// Another program that has the card in the same reader for itself at the fault.
    func neighbour(of client: ClientProcess, on reader: String) -> ClientProcess? {
        var open: [SessionKey: ReaderSessionOpened] = [:]
        for event in events where event.stamp.startNanoseconds <= header.nanoseconds {
            switch event {
            case .sessionOpened(let opened): open[SessionKey(opened.client, opened.session)] = opened
            case .sessionClosed(let closed) where closed.stamp.endNanoseconds < header.nanoseconds:
                open[SessionKey(closed.client, closed.session)] = nil
            default: break
            }
        }
        return open.values.first { $0.client.id != client.id && $0.reader == reader && $0.shareMode == 1 }?.client
    }

    func isNear(_ stamp: EventStamp) -> Bool {
        let (end, fault) = (stamp.endNanoseconds, header.nanoseconds)
        return end > fault ? end - fault < Self.after : fault - end < Self.before
    }

    /// How long before or after the fault something was, in words.
    func relation(_ stamp: EventStamp) -> String {
        let (end, fault) = (stamp.endNanoseconds, header.nanoseconds)
        if end == fault { return "at that moment" }
        return SummaryFormat.span(end > fault ? end - fault : fault - end) + (end > fault ? " after" : " before")
    }
}

internal import ProbeEvents

/// Holds each APDU until it is known what else its reader did meanwhile, and takes the time of others from it.
///
/// Events of one client stay in order. An APDU is told when all clients with a session on its reader are known up to its
/// end, at the latest after a second; then, as beside programs that are not seen, its time is marked an upper bound.
struct ReaderSharing {
    /// How long an APDU is held at most, nanoseconds.
    static let patienceNanoseconds: UInt64 = 1_000_000_000
    /// Events that are held at most; then a line is told as it is.
    static let eventLimit = 16_384

    private var lines: [UInt64: ClientLine] = [:]
    private var readers: [String: ReaderOccupancy] = [:]
    private var heldCount = 0
    /// Times in which programs that are not seen may have used any reader, the last ones.
    private var unseen: [ClosedRange<UInt64>] = []
    private var lastLook: UInt64 = 0
    /// Until when it is known whether somebody was there who is not seen.
    private var decidedUntil = UInt64.max

    /// The processes that are seen.
    private(set) var knownProcesses: Set<Int32> = []
    private var processes: [UInt64: Int32] = [:]
    /// Those whose end will be told; others are forgotten when nothing of them is open or held.
    private var attached: Set<UInt64> = []

    /// Takes an event; what can be told now, in order.
    mutating func receive(_ event: ProbeEvent, now: UInt64) -> [ProbeEvent] {
        switch event {
        case .clientDrained(let mark): return drained(mark, now: now)
        case .clientAttached(let event):
            attached.insert(event.client.id)
            enter(event.client)
        case .sessionOpened(let opened): open(opened)
        case .sessionClosed(let closed): close(closed.session, of: closed.client.id)
        case .clientEnded(let ended): return end(ended, event)
        case .apdu(let exchange):
            guard exchange.interface == .pcsc, exchange.reachedCard, !exchange.reader.isEmpty else { break }
            hold(exchange, now: now)
            // Who comes as it happens needs no mark to go on.
            let waits = lines[exchange.client.id]?.drainedNanoseconds != nil
            return waits ? bounded(now) : settle([exchange.reader], now: now)
        case .operation(let operation):
            return note(operation, now: now)
        case .eventsDropped(let loss):
            // What is missing may have been on any reader.
            if loss.stamp.source == .shim { noteUnseen(from: lastLook, to: now) }
            return [event]
        case .cardIdentified, .readerChanged, .sourceState: break
        case .atCommand, .urc, .modemChanged, .modemIdentified, .simChanged, .registrationChanged, .signalMeasured:
            return [event]
        case .bipOpened, .bipData, .bipLinkChanged, .bipDataWaiting, .bipClosed, .bipFailed, .triggerSeen: break
        case .tls, .ota, .esim, .phone, .test, .database: break
        }
        return pass(event)
    }

    /// Notes whether programs that are not seen may have used readers since this was last called.
    mutating func note(_ sight: StrangerSight, now: UInt64) {
        decidedUntil = sight == .undecided ? lastLook : .max
        if sight == .activity { noteUnseen(from: lastLook, to: now) }
        if sight != .undecided { lastLook = now }
    }

    /// Tells all that is held, as it is known now.
    mutating func finish(now: UInt64) -> [ProbeEvent] {
        var told: [ProbeEvent] = []
        for name in readers.keys.sorted() { told += settle([name], now: now, isForced: true) }
        return told
    }

    // MARK: Clients and sessions

    private mutating func enter(_ client: ClientProcess) {
        if lines[client.id] == nil { lines[client.id] = ClientLine() }
        processes[client.id] = client.pid
        knownProcesses.insert(client.pid)
    }

    private mutating func open(_ opened: ReaderSessionOpened) {
        enter(opened.client)
        let place = ClientLine.Place(reader: opened.reader, context: opened.context)
        guard lines[opened.client.id]?.sessions.updateValue(place, forKey: opened.session) == nil else { return }
        readers[opened.reader, default: ReaderOccupancy()].sessions[opened.client.id, default: 0] += 1
    }

    private mutating func close(_ session: UInt64, of client: UInt64) {
        guard let place = lines[client]?.sessions.removeValue(forKey: session) else { return }
        leave(place.reader, client)
        forgetPassing(client)
    }

    private mutating func leave(_ reader: String, _ client: UInt64) {
        let left = (readers[reader]?.sessions[client] ?? 1) - 1
        readers[reader]?.sessions[client] = left > 0 ? left : nil
        if readers[reader]?.isIdle == true { readers[reader] = nil }
    }

    private mutating func end(_ ended: ClientEnded, _ event: ProbeEvent) -> [ProbeEvent] {
        let client = ended.client.id
        let places = lines[client]?.sessions.values.map(\.reader) ?? []
        lines[client]?.drainedNanoseconds = nil
        lines[client]?.sessions = [:]
        for reader in places { leave(reader, client) }
        attached.remove(client)
        forgetProcess(of: client)
        let told = pass(of: client, event)
        return told + settle(Array(readers.keys), now: ended.stamp.startNanoseconds)
    }

    // MARK: Calls

    private mutating func hold(_ exchange: APDUExchange, now: UInt64) {
        if lines[exchange.client.id] == nil { lines[exchange.client.id] = ClientLine() }
        let stamp = exchange.stamp
        let end = stamp.endNanoseconds
        let wait = exchange.isWaitExact ? min(exchange.waitNanoseconds, stamp.durationNanoseconds) : 0
        let context = lines[exchange.client.id]?.sessions[exchange.session]?.context
        lines[exchange.client.id]?.note(end: end, on: context)
        guard let number = lines[exchange.client.id]?.append(.apdu(exchange), isSettled: false) else { return }
        heldCount += 1
        readers[exchange.reader, default: ReaderOccupancy()].add(
            ReaderOccupancy.Call(
                client: exchange.client.id, number: number, startNanoseconds: stamp.startNanoseconds,
                endNanoseconds: end, lastTryNanoseconds: min(stamp.startNanoseconds &+ wait, end), context: context,
                arrivedNanoseconds: now))
    }

    private mutating func note(_ operation: ReaderOperation, now: UInt64) -> [ProbeEvent] {
        let stamp = operation.stamp
        let client = operation.client.id
        let place = lines[client]?.sessions[operation.session]
        switch operation.operation {
        // The library does not wait for its lock in these, or there is none yet.
        case .cancel, .establishContext, .releaseContext: break
        default: lines[client]?.note(end: stamp.endNanoseconds, on: place?.context ?? operation.context)
        }
        switch operation.operation {
        // It may reset the card. A connection does not, since the card has power while somebody has a session; and who
        // disconnects with a reset makes the others' next calls fail before they are sent.
        case .reconnect:
            let reader = place?.reader ?? operation.reader
            readers[reader]?.disturb(from: stamp.startNanoseconds, to: stamp.endNanoseconds)
        case .control:
            if let place, operation.resultCode == 0 { occupy(place.reader, operation, now: now) }
        default: break
        }
        return pass(of: client, .operation(operation))
    }

    /// A call that the reader serves like a command, and of which no time is told.
    private mutating func occupy(_ reader: String, _ operation: ReaderOperation, now: UInt64) {
        readers[reader]?.add(
            ReaderOccupancy.Call(
                client: operation.client.id, number: .max, startNanoseconds: operation.stamp.startNanoseconds,
                endNanoseconds: operation.stamp.endNanoseconds,
                lastTryNanoseconds: operation.stamp.startNanoseconds, context: nil, arrivedNanoseconds: now))
    }

    private mutating func drained(_ mark: ClientDrained, now: UInt64) -> [ProbeEvent] {
        // Of one that has not made itself known nothing is held.
        let client = mark.client.id
        lines[client]?.drainedNanoseconds = mark.stamp.startNanoseconds
        return settle(Array(readers.keys), now: now)
    }

    // MARK: Telling

    /// Tells an event of no client at once, one of a client behind those that are held.
    private mutating func pass(_ event: ProbeEvent) -> [ProbeEvent] {
        guard let client = event.subject.client?.id else { return [event] }
        return pass(of: client, event)
    }

    private mutating func pass(of client: UInt64, _ event: ProbeEvent) -> [ProbeEvent] {
        guard let line = lines[client], !line.isEmpty else {
            if case .clientEnded = event { lines[client] = nil }
            return [event]
        }
        _ = lines[client]?.append(event, isSettled: true)
        heldCount += 1
        return bounded(.max)
    }

    /// Nothing, unless too much is held: then all of it, as it is known.
    private mutating func bounded(_ now: UInt64) -> [ProbeEvent] {
        heldCount > Self.eventLimit ? settle(Array(readers.keys), now: now, isForced: true) : []
    }

    /// Settles what can be settled on these readers, and takes what can be told of the clients concerned.
    private mutating func settle(_ names: [String], now: UInt64, isForced: Bool = false) -> [ProbeEvent] {
        var clients: [UInt64] = []
        for name in names {
            guard var reader = readers.removeValue(forKey: name) else { continue }
            apply(settle(&reader, until: knownUntil(reader)), isKnown: true, &clients)
            let late = reader.waiting.filter { isForced || $0.arrivedNanoseconds &+ Self.patienceNanoseconds < now }
            if let last = late.map(\.endNanoseconds).max() {
                apply(settle(&reader, until: last), isKnown: false, &clients)
            }
            if !reader.isIdle { readers[name] = reader }
        }
        return clients.flatMap { take(of: $0) }
    }

    private func settle(_ reader: inout ReaderOccupancy, until time: UInt64) -> [ReaderOccupancy.Settled] {
        reader.settle(until: time) { call in
            lines[call.client]?.lastEnd(on: call.context, before: call.endNanoseconds) ?? 0
        }
    }

    /// Until when all who may have used a reader are known.
    private func knownUntil(_ reader: ReaderOccupancy) -> UInt64 {
        func earlier(_ time: UInt64, _ client: UInt64) -> UInt64 {
            min(time, lines[client]?.drainedNanoseconds ?? .max)
        }
        let time = reader.sessions.keys.reduce(decidedUntil, earlier)
        return reader.waiting.reduce(time) { earlier($0, $1.client) }
    }

    private mutating func apply(
        _ settled: [ReaderOccupancy.Settled], isKnown: Bool, _ clients: inout [UInt64]
    ) {
        for one in settled {
            let call = one.call
            let isSeen = isKnown && !one.isDisturbed && !wasUnseen(during: call.startNanoseconds...call.endNanoseconds)
            lines[call.client]?.settle(call.number) { event in
                guard case .apdu(var exchange) = event else { return }
                exchange.sharingNanoseconds = one.sharingNanoseconds
                exchange.isSharingExact = isSeen
                event = .apdu(exchange)
            }
            if !clients.contains(call.client) { clients.append(call.client) }
        }
    }

    private mutating func take(of client: UInt64) -> [ProbeEvent] {
        let events = lines[client]?.takeSettled() ?? []
        heldCount -= events.count
        if case .clientEnded? = events.last { lines[client] = nil } else { forgetPassing(client) }
        return events
    }

    /// Forgets a client that never made itself known, and of which nothing is open or held.
    private mutating func forgetPassing(_ client: UInt64) {
        guard let line = lines[client], line.isEmpty, line.sessions.isEmpty, !attached.contains(client) else { return }
        lines[client] = nil
        forgetProcess(of: client)
    }

    private mutating func forgetProcess(of client: UInt64) {
        guard let pid = processes.removeValue(forKey: client), !processes.values.contains(pid) else { return }
        knownProcesses.remove(pid)
    }

    // MARK: What is not seen

    private mutating func noteUnseen(from start: UInt64, to end: UInt64) {
        guard start <= end else { return }
        if let last = unseen.last, last.upperBound >= start {
            unseen[unseen.count - 1] = last.lowerBound...max(last.upperBound, end)
            return
        }
        if unseen.count == 64 { unseen.removeFirst() }
        unseen.append(start...end)
    }

    private func wasUnseen(during time: ClosedRange<UInt64>) -> Bool { unseen.contains { $0.overlaps(time) } }
}

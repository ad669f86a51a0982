internal import ProbeEvents
internal import PrometheusClient
internal import SmartCard

/// The last events of each device and session, and of what belongs to none; small, whatever the traffic.
struct FlightRings: Sendable {
    /// Events of each ring that are kept for sure.
    static let length = 200
    /// More rings are not kept: the one that heard nothing for longest makes room.
    private static let ringLimit = 128

    /// What a ring is of.
    enum Place: Hashable {
        case device(String)
        case session(SessionKey)
        /// What belongs to no device: programs, tests, a database, the sources themselves.
        case bench
    }

    private struct Ring {
        var events: [ProbeEvent] = []
        var usedNanoseconds: UInt64 = 0
    }

    private var rings: [Place: Ring] = [:]
    /// Sessions that are open, each with its reader.
    private var open: [SessionKey: String] = [:]

    /// How many sessions with the card in a reader are open.
    func openSessions(_ reader: String) -> Int { open.values.reduce(0) { $0 + ($1 == reader ? 1 : 0) } }

    mutating func note(_ event: ProbeEvent) {
        // The probe's own file has nothing to do with the bench.
        if case .database = event, event.stamp.source == .store { return }
        for place in Self.places(of: event) { append(event, to: place) }
        switch event {
        case .sessionOpened(let opened):
            if open.count < Self.ringLimit { open[SessionKey(opened.client, opened.session)] = opened.reader }
        case .sessionClosed(let closed): open[SessionKey(closed.client, closed.session)] = nil
        case .clientEnded(let ended): open = open.filter { $0.key.client != ended.client.id }
        default: break
        }
    }

    /// What was heard about an event's device and session and beside them, the oldest first; about the end of a test what
    /// happened in it anywhere.
    func around(_ event: ProbeEvent) -> Excerpt {
        var places = Set(Self.places(of: event)).union([.bench])
        var start: UInt64 = 0
        if case .test(.ended(let ended)) = event {
            places.formUnion(rings.keys)
            start = ended.stamp.startNanoseconds
        }
        return Excerpt(rings: places.compactMap { rings[$0]?.events }, startNanoseconds: start)
    }

    /// The rings of some places as they are.
    struct Excerpt: Sendable {
        fileprivate let rings: [[ProbeEvent]]
        fileprivate let startNanoseconds: UInt64

        /// Their events, each once, the oldest first.
        var events: [ProbeEvent] {
            var known: Set<ProbeEvent> = []
            let events = rings.flatMap { $0.suffix(FlightRings.length) }.filter {
                $0.stamp.endNanoseconds >= startNanoseconds && known.insert($0).inserted
            }
            return events.sorted { $0.stamp.startNanoseconds < $1.stamp.startNanoseconds }
                .suffix(2 * FlightRings.length)
        }
    }

    private mutating func append(_ event: ProbeEvent, to place: Place) {
        if rings[place] == nil, rings.count >= Self.ringLimit,
            let idle = rings.min(by: { $0.value.usedNanoseconds < $1.value.usedNanoseconds })?.key
        {
            rings[idle] = nil
        }
        var ring = rings.removeValue(forKey: place) ?? Ring()
        // Half of it at once, so that it costs little.
        if ring.events.count >= 2 * Self.length { ring.events.removeFirst(Self.length) }
        ring.events.append(event)
        ring.usedNanoseconds = event.stamp.startNanoseconds
        rings[place] = ring
    }

    private static func places(of event: ProbeEvent) -> [Place] {
        if case .clientDrained = event { return [] }
        let device = event.subject.device.map { Place.device($0) } ?? .bench
        guard let key = SessionKey(event), key.session != 0 else { return [device] }
        return [device, .session(key)]
    }
}

/// How each card's commands usually go, by reader and name: what a fault is held against.
struct FlightCustom: Sendable {
    private static let limit = 256

    private struct Key: Hashable {
        var reader: String
        var command: CommandName
    }

    private struct Kept {
        var times = LogLinearHistogram()
        var errors: UInt64 = 0
    }

    private var all: [Key: Kept] = [:]

    /// What is known of a command of that card before this one; nil for the first.
    func usual(_ exchange: APDUExchange) -> FlightHeader.Usual? {
        guard let kept = all[Key(reader: exchange.reader, command: exchange.name)], kept.times.count > 0 else {
            return nil
        }
        return FlightHeader.Usual(
            command: exchange.name.name, calls: kept.times.count, errors: kept.errors,
            p50Seconds: Double(kept.times.quantile(0.5)) / 1e9, p95Seconds: Double(kept.times.quantile(0.95)) / 1e9)
    }

    mutating func note(_ exchange: APDUExchange) {
        guard exchange.reachedCard else { return }
        let key = Key(reader: exchange.reader, command: exchange.name)
        guard all[key] != nil || all.count < Self.limit else { return }
        let verdict = APDUVerdict(exchange, CommandAPDU(exchange.command.bytes))
        if exchange.isTimed { all[key, default: Kept()].times.record(exchange.cardNanoseconds) }
        if case .error = verdict { all[key]?.errors += 1 }
    }

    /// Another card may have come.
    mutating func forget(_ reader: String) { all = all.filter { $0.key.reader != reader } }
}

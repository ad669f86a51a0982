internal import ProbeEvents
internal import SmartCard

/// The bench at one moment, part by part.
struct LiveBench: Sendable {
    let identity: BenchIdentity
    let started: EventClock
    /// Commands, errors and losses since the start, by the rules of a run's report.
    private(set) var tally = RunTally()
    private(set) var traffic = LiveTraffic()
    private(set) var received: [SourceKind: UInt64] = [:]
    private(set) var dropped: [SourceKind: UInt64] = [:]
    private(set) var readers = LiveDevices<LiveReader>()
    private(set) var modems = LiveDevices<LiveModem>()
    private(set) var phones = LiveDevices<LivePhone>()
    private(set) var sessions = LiveSessions()
    private(set) var channels = LiveChannels()
    private(set) var ota = LiveOTA()
    private(set) var faults = LiveFaults()
    private(set) var exchanges = LiveRing()
    private var places = LivePlaces()
    private let traces: LiveState.TraceLookup
    private(set) var revision: UInt64 = 0

    init(
        _ identity: BenchIdentity, started: EventClock, traces: @escaping LiveState.TraceLookup = { _, _ in nil }
    ) {
        (self.identity, self.started, self.traces) = (identity, started, traces)
    }

    /// Notes which file was written of a fault.
    mutating func note(_ flight: FlightRecorder.Flight) {
        faults.note(flight)
        revision += 1
    }

    /// Notes how a reader's card is held against its usual.
    mutating func note(_ drifts: [CardDrift], in reader: String) {
        readers.update(reader) { reader in
            reader.drifts = drifts.filter { $0.slowdown > 0 || $0.unusualAnswers > 0 }
        }
        revision += 1
    }

    /// Notes a session over the air that is over.
    mutating func note(_ timeline: OTATimeline) {
        ota.note(timeline)
        revision += 1
    }

    /// Takes one event that came at a moment of CLOCK_MONOTONIC.
    mutating func apply(_ event: ProbeEvent, now: UInt64) {
        tally.apply(event)
        switch event {
        // A loss is no event that was received, and a mark between events is none.
        case .eventsDropped(let loss): dropped[event.stamp.source, default: 0].addSaturating(loss.count)
        case .clientDrained: return
        default: received[event.stamp.source, default: 0] += 1
        }
        revision += 1
        places.note(event)
        switch event {
        case .apdu(let exchange): apply(exchange, now: now)
        case .sessionOpened(let opened):
            sessions.open(opened)
            if opened.type != .at { readers.update(opened.reader) { $0.note(opened) } }
        case .sessionClosed(let closed): sessions.close(closed)
        case .clientEnded(let ended): sessions.end(ended)
        case .operation(let operation): apply(operation)
        case .readerChanged(let change): readers.update(change.reader) { $0.note(change) }
        case .cardIdentified(let card):
            if !card.atr.bytes.isEmpty { readers.update(card.reader) { $0.learn(card.atr.bytes) } }
        case .atCommand(let done): modems.update(done.modem) { $0.note(done) }
        case .modemChanged(let change): modems.update(change.modem) { $0.note(change) }
        case .modemIdentified(let known): modems.update(known.modem) { $0.note(known) }
        case .simChanged(let change): modems.update(change.modem) { $0.sim = change.state }
        case .registrationChanged(let change): modems.update(change.modem) { $0.note(change) }
        case .signalMeasured(let signal): modems.update(signal.modem) { $0.note(signal) }
        case .bipOpened(let opened): channels.open(opened, traces)
        case .bipData(let data): channels.move(data)
        case .bipClosed(let closed): channels.close(closed, traces)
        case .bipFailed(let failed): channels.note(failed)
        case .phone(let event): apply(event)
        case .clientAttached, .clientDrained, .eventsDropped, .sourceState, .urc, .triggerSeen: break
        case .ota(let event): ota.note(event)
        case .tls, .esim, .test, .database: break
        case .bipLinkChanged, .bipDataWaiting: break
        }
        faults.note(event, sessions: sessions, last: exchanges[exchanges.lastID])
    }

    private mutating func apply(_ exchange: APDUExchange, now: UInt64) {
        let command = CommandAPDU(exchange.command.bytes)
        let verdict = APDUVerdict(exchange, command)
        if exchange.interface == .pcsc { readers.update(exchange.reader) { $0.note(exchange, verdict) } }
        let id = exchanges.nextID
        let part = sessions.note(exchange, command, verdict, id: id, traces)
        exchanges.append(
            LiveEntry(
                id: id, exchange: exchange, verdict: verdict, subject: places.observe(exchange), session: part.session,
                continues: part.continues, traceID: part.traceID))
        if exchange.reachedCard { traffic.note(exchange, command, verdict, now: now) }
    }

    private mutating func apply(_ event: PhoneEvent) {
        switch event {
        case .changed(let change): phones.update(change.phone) { $0.note(change) }
        case .identified(let known): phones.update(known.phone) { $0.note(known) }
        case .operation: break
        }
    }

    private mutating func apply(_ operation: ReaderOperation) {
        sessions.note(operation)
        if !operation.reader.isEmpty { readers.update(operation.reader) { $0.note(operation) } }
    }
}

extension BenchStatus {
    /// What is told of a bench.
    init(_ bench: LiveBench, health report: HealthReport?, at clock: EventClock) {
        let now = clock.monotonicNanoseconds
        time = RFC3339.text(wallNanoseconds: clock.wallNanoseconds)
        version = ProbeVersion.current
        uptimeSeconds = Self.seconds(now &- min(bench.started.monotonicNanoseconds, now))
        let identity = bench.identity
        self.bench = Bench(name: identity.bench, site: identity.site, instanceId: identity.instanceID)
        health = Health(report)
        sources = SourceKind.allCases.sorted { $0.name < $1.name }.compactMap { Source($0, bench) }
        readers = bench.readers.all.map { Reader($0, bench.sessions, now: now) }
        modems = bench.modems.all.map { Modem($0) }
        phones = bench.phones.all.map { Phone($0) }
        sessions = bench.sessions.oldest(100).map { Session($0, now: now) }
        sessionCount = bench.sessions.count
        traffic = Traffic(bench, now: now)
        commands = Command.all(bench)
        responseTimeBoundsSeconds = MetricCatalog.apduResponseTimeNanoseconds.map(Self.seconds)
        channels = bench.channels.shown(50).map { Channel($0, now: now) }
        ota = bench.ota.shown(50, now: now)
        faults = bench.faults.latestFirst
        droppedEvents = bench.dropped.values.reduce(into: 0) { $0.addSaturating($1) }
    }

    static func seconds(_ nanoseconds: UInt64) -> Double { Double(nanoseconds) / 1e9 }
}

extension BenchStatus.Health {
    fileprivate init(_ report: HealthReport?) {
        status = report?.status ?? .unknown
        problems = report?.checks.filter { $0.value.status != .healthy }.mapValues(\.message) ?? [:]
    }
}

extension BenchStatus.Source {
    /// Nil for a kind of which nothing was ever heard.
    fileprivate init?(_ kind: SourceKind, _ bench: LiveBench) {
        let fault = bench.tally.openFaults[kind]
        (name, isImpaired, message) = (kind, fault != nil, fault ?? "")
        (received, dropped) = (bench.received[kind] ?? 0, bench.dropped[kind] ?? 0)
        if received == 0 && dropped == 0 { return nil }
    }
}

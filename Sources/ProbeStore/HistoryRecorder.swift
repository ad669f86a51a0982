internal import Observability
internal import ProbeEvents
internal import SmartCard

/// Makes rows of events, and remembers what is open: its row is written again when it changes.
///
/// A value, so that a transaction that fails changes nothing.
struct HistoryRecorder {
    /// Whose run something belongs to.
    enum Owner: Hashable {
        /// The probe's own: what has no process that it knows.
        case probe
        case client(UInt64)
    }

    /// Which session.
    enum SessionKey: Hashable {
        case card(client: UInt64, number: UInt64)
        case ota(device: String, number: UInt64)
    }

    /// Which device of whose run.
    struct DeviceKey: Hashable {
        var owner: Owner
        var name: String
    }

    /// Which status word of whose run.
    struct StatusWordKey: Hashable {
        var owner: Owner
        var word: StatusWord
    }

    /// A command, and by what it is found to which test it belongs.
    struct WaitingAPDU {
        var session: SessionKey
        var row: StoredAPDU
        var startNanoseconds: UInt64
        var client: ClientProcess
    }

    /// What of a row is not in the file yet.
    enum Change: Comparable {
        case none, counts, whole
    }

    /// A row that may change.
    struct Changing<Row> {
        var owner: Owner
        var row: Row
        var change = Change.whole
        /// Whether it is forgotten once it is written.
        var isOver = false

        var isChanged: Bool { change != .none }
    }

    /// What is open at once of each kind; the oldest makes room and stays as it was written last.
    private static let limit = 4_096
    private static let deviceLimit = 256

    let diary: BenchDiary
    let senses: BenchSenses

    var runs: [Owner: Changing<StoredRun>] = [:]
    var devices: [DeviceKey: Changing<StoredDevice>] = [:]
    var sessions: [SessionKey: Changing<StoredSession>] = [:]
    var channels: [BIPLink: Changing<StoredChannel>] = [:]
    var apdus: [WaitingAPDU] = []
    var statusWords: [StatusWordKey: Int64] = [:]
    var handshakes: [StoredHandshake] = []
    var ota: [(owner: Owner, row: StoredOTA)] = []
    var tests = HistoryTests()

    private var cards: [String: String] = [:]
    private var iccidHashes: [String: String] = [:]
    private var eidHashes: [String: String] = [:]
    private var modems: [String: ModemIdentified] = [:]
    /// Of devices that were used since they came.
    private var hardware: [String: DeviceHardware] = [:]
    private var testers = HistoryTesters()
    /// Clients whose end will be told; the run of another one ends with its last session.
    private var attached: Set<UInt64> = []

    /// A recorder of this bench whose own run begins now.
    init(diary: BenchDiary, probe: ClientProcess, senses: BenchSenses) {
        (self.diary, self.senses) = (diary, senses)
        runs[.probe] = Changing(owner: .probe, row: run(of: probe, at: EventClock.now.wallNanoseconds))
    }

    /// Rows that are not written yet and will not come again.
    var rowCount: Int { apdus.count + handshakes.count + ota.count + tests.changedCount }

    /// Whether an event leaves anything in the file.
    static func keeps(_ event: ProbeEvent) -> Bool {
        switch event {
        case .apdu, .sessionOpened, .sessionClosed, .clientAttached, .clientEnded: true
        case .readerChanged, .cardIdentified, .modemIdentified: true
        case .bipOpened, .bipData, .bipClosed, .bipFailed: true
        case .tls(.handshake), .ota(.began), .ota(.ended), .test: true
        case .operation, .clientDrained, .eventsDropped, .sourceState: false
        case .atCommand, .urc, .modemChanged, .simChanged, .registrationChanged, .signalMeasured: false
        case .bipLinkChanged, .bipDataWaiting, .triggerSeen: false
        case .tls, .ota, .esim, .phone, .database: false
        }
    }

    /// Takes an event that it keeps, or a session over the air.
    mutating func take(_ entry: HistoryStore.Entry) {
        switch entry {
        case .event(let event): take(event)
        case .timeline(let timeline):
            let owner = timeline.client.map { Owner.client($0.id) } ?? .probe
            ota.append((runs[owner] == nil ? .probe : owner, StoredOTA(timeline)))
        }
    }

    private mutating func take(_ event: ProbeEvent) {
        switch event {
        case .apdu(let exchange): take(exchange)
        case .sessionOpened(let opened): take(opened)
        case .sessionClosed(let closed): take(closed)
        case .clientAttached(let attached): take(attached)
        case .clientEnded(let ended): take(ended)
        case .readerChanged(let change): take(change)
        case .cardIdentified(let card): take(card)
        case .modemIdentified(let modem): take(modem)
        case .bipOpened(let opened): take(opened)
        case .bipData(let data): take(data)
        case .bipClosed(let closed): take(closed)
        case .bipFailed(let failed): take(failed)
        case .tls(.handshake(let done)): handshakes.append(StoredHandshake(done))
        case .test(.suiteBegan(let began)): testers.begin(began)
        case .test(.suiteEnded(let ended)):
            testers.end(ended)
            tests.end(ended)
        case .test(.began(let began)): take(began)
        case .test(.ended(let ended)): tests.end(ended)
        case .ota(.began(let began)): take(began)
        case .ota(.ended(let ended)): take(ended)
        // What is not kept never comes here; named, so that a new kind is decided in both places.
        case .operation, .clientDrained, .eventsDropped, .sourceState: break
        case .atCommand, .urc, .modemChanged, .simChanged, .registrationChanged, .signalMeasured: break
        case .bipLinkChanged, .bipDataWaiting, .triggerSeen: break
        case .tls, .ota, .esim, .phone, .database: break
        }
    }

    /// The probe ends; what it watched may go on.
    mutating func end() {
        for key in runs.keys where runs[key]?.isOver == false {
            runs[key]?.row.state = .left
            runs[key]?.change = .whole
        }
        runs[.probe]?.row.endedAt = RFC3339.text(wallNanoseconds: EventClock.now.wallNanoseconds)
        runs[.probe]?.row.state = .ended
    }

    // MARK: Runs

    private mutating func take(_ attached: ClientAttached) {
        tests.note(attached)
        openRun(of: attached.client, at: attached.stamp.wallNanoseconds)
        if self.attached.count < Self.limit { self.attached.insert(attached.client.id) }
        let tester = testers[attached.client.pid]
        Self.change(&runs[.client(attached.client.id)]) {
            $0.library = attached.library.isEmpty ? nil : attached.library
            $0.testerVersion = attached.testerVersion ?? tester?.version
            $0.testerCommit = attached.testerCommit ?? tester?.commit
        }
    }

    private mutating func take(_ ended: ClientEnded) {
        tests.note(ended)
        attached.remove(ended.client.id)
        end(.client(ended.client.id), ended.isOrderly ? .ended : .killed)
    }

    private mutating func end(_ owner: Owner, _ state: StoredRun.State) {
        Self.change(&runs[owner], isOver: true) { run in
            run.endedAt = RFC3339.text(wallNanoseconds: EventClock.now.wallNanoseconds)
            run.state = state
        }
        for (key, session) in sessions where session.owner == owner { sessions[key]?.isOver = true }
        for (key, device) in devices where device.owner == owner { devices[key]?.isOver = true }
        for (key, channel) in channels where channel.owner == owner { channels[key]?.isOver = true }
    }

    @discardableResult
    private mutating func openRun(of client: ClientProcess, at wallNanoseconds: UInt64) -> Owner {
        let owner = Owner.client(client.id)
        if runs[owner]?.isOver == true {
            // It goes on: what opens now would else belong to a run that is forgotten.
            Self.change(&runs[owner]) { ($0.endedAt, $0.state) = (nil, .running) }
            runs[owner]?.isOver = false
        }
        guard runs[owner] == nil else { return owner }
        if runs.count >= Self.limit { forgetOldestRun() }
        runs[owner] = Changing(owner: owner, row: run(of: client, at: wallNanoseconds))
        return owner
    }

    private mutating func forgetOldestRun() {
        let open = runs.filter { $0.key != .probe && !$0.value.isOver }
        guard let oldest = open.min(by: { $0.value.row.startedAt < $1.value.row.startedAt }) else { return }
        end(oldest.key, .left)
    }

    private func run(of client: ClientProcess, at wallNanoseconds: UInt64) -> StoredRun {
        StoredRun(
            program: client.program, pid: client.pid, probePid: runs[.probe]?.row.pid ?? client.pid,
            startedAt: RFC3339.text(wallNanoseconds: wallNanoseconds), state: .running, commands: 0, errors: 0,
            probe: diary.probe, bench: diary.bench, site: diary.site, kernel: diary.kernel, pcscLite: diary.pcscLite,
            ccid: diary.ccid, load: senses.load())
    }

    // MARK: Devices

    private mutating func take(_ change: ReaderChange) {
        // One that comes back may be another one, or stand in another place.
        if change.change == .readerWent { hardware[change.reader] = nil }
        note(card: change.atr, in: change.reader)
    }

    /// What a tester says of itself behind the first calls of its process.
    private mutating func take(_ began: TestBegan) {
        tests.begin(began)
        guard let pid = began.pid, let tester = testers.begin(began.suite, in: pid) else { return }
        for (owner, run) in runs where owner != .probe && run.row.pid == pid && !run.isOver {
            Self.change(&runs[owner]) { row in
                row.testerVersion = row.testerVersion ?? tester.version
                row.testerCommit = row.testerCommit ?? tester.commit
            }
        }
    }

    private mutating func note(card atr: HexBytes, in reader: String) {
        guard cards[reader] != nil || cards.count < Self.deviceLimit else { return }
        let atr = atr.bytes.isEmpty ? nil : atr.description
        // What comes after one that went may be another card.
        if cards[reader] != atr { (iccidHashes[reader], eidHashes[reader]) = (nil, nil) }
        cards[reader] = atr
    }

    private mutating func take(_ card: CardIdentified) {
        if let hash = card.iccidHash {
            if iccidHashes.count < Self.deviceLimit { iccidHashes[card.reader] = hash }
        } else if let hash = card.eidHash {
            if eidHashes.count < Self.deviceLimit { eidHashes[card.reader] = hash }
        } else {
            note(card: card.atr, in: card.reader)
        }
        use(card.reader, .reader, openRun(of: card.client, at: card.stamp.wallNanoseconds))
    }

    private mutating func take(_ modem: ModemIdentified) {
        guard modems[modem.modem] != nil || modems.count < Self.deviceLimit else { return }
        modems[modem.modem] = modem
        use(modem.modem, .modem, .probe)
    }

    private mutating func use(_ name: String, _ type: DeviceType, _ owner: Owner) {
        let key = DeviceKey(owner: owner, name: name)
        guard devices[key] != nil || devices.count < Self.limit else { return }
        let modem = modems[name]
        let before = devices[key]
        let found = hardware(of: name, type)
        let row = StoredDevice(
            id: before?.row.id, run: before?.row.run ?? 0, name: name, type: type.name,
            atr: cards[name] ?? before?.row.atr, model: modem?.model, firmware: modem?.firmware ?? found.firmware,
            iccidHash: modem?.identities.first { $0.kind == .iccid }?.hash ?? iccidHashes[name],
            eidHash: eidHashes[name], port: found.port)
        guard row != before?.row else { return }
        devices[key] = Changing(owner: owner, row: row)
    }

    private mutating func hardware(of name: String, _ type: DeviceType) -> DeviceHardware {
        if let known = hardware[name] { return known }
        let found = senses.hardware(type, name)
        if hardware.count < Self.deviceLimit { hardware[name] = found }
        return found
    }

    // MARK: Sessions

    private mutating func take(_ opened: ReaderSessionOpened) {
        let type = opened.type ?? .pcsc
        open(
            .card(client: opened.client.id, number: opened.session),
            openRun(of: opened.client, at: opened.stamp.wallNanoseconds), opened.reader, type, opened.sessionProtocol,
            opened.stamp)
    }

    private mutating func take(_ closed: ReaderSessionClosed) {
        Self.change(&sessions[.card(client: closed.client.id, number: closed.session)], isOver: true) { session in
            session.durationNanoseconds = Int64(clamping: closed.stamp.durationNanoseconds)
            (session.status, session.error) = (closed.status.name, closed.error?.name)
        }
        let owner = Owner.client(closed.client.id)
        guard !attached.contains(closed.client.id),
            !sessions.values.contains(where: { $0.owner == owner && !$0.isOver })
        else { return }
        end(owner, .ended)
    }

    private mutating func take(_ began: OTASessionBegan) {
        let key = SessionKey.ota(device: began.link.device, number: began.link.session)
        open(key, .probe, began.link.device, .ota, began.sessionProtocol, began.stamp)
    }

    private mutating func take(_ ended: OTASessionEnded) {
        let key = SessionKey.ota(device: ended.link.device, number: ended.link.session)
        Self.change(&sessions[key], isOver: true) { session in
            session.durationNanoseconds = Int64(clamping: ended.stamp.durationNanoseconds)
            (session.status, session.error) = (ended.status.name, ended.error?.name)
        }
    }

    private mutating func open(
        _ key: SessionKey, _ owner: Owner, _ device: String, _ type: SessionType, _ spoken: SessionProtocol,
        _ stamp: EventStamp
    ) {
        if sessions.count >= Self.limit { forgetOldestSession() }
        if type != .ota { use(device, type == .at ? .modem : .reader, owner) }
        sessions[key] = Changing(
            owner: owner,
            row: StoredSession(
                run: 0, device: device, type: type.name, protocol: spoken.name,
                startedAt: RFC3339.text(wallNanoseconds: stamp.wallNanoseconds), atr: cards[device], commands: 0,
                errors: 0))
    }

    private mutating func forgetOldestSession() {
        let open = sessions.filter { !$0.value.isOver }
        guard let oldest = open.min(by: { $0.value.row.startedAt < $1.value.row.startedAt }) else { return }
        sessions[oldest.key]?.isOver = true
    }

    // MARK: Commands

    private mutating func take(_ exchange: APDUExchange) {
        var exchange = exchange
        // Whatever a source or a program tells: more is never kept.
        exchange.cut(to: .standard)
        let command = CommandAPDU(exchange.command.bytes)
        let verdict = APDUVerdict(exchange, command)
        // Those of an administration session are read along in it.
        let key: SessionKey =
            exchange.interface == .pskTls
            ? .ota(device: exchange.reader, number: exchange.session)
            : .card(client: exchange.client.id, number: exchange.session)
        openUnseen(key, exchange)
        apdus.append(
            WaitingAPDU(
                session: key, row: StoredAPDU(exchange, command, verdict),
                startNanoseconds: exchange.stamp.startNanoseconds, client: exchange.client))
        let owner = sessions[key]?.owner ?? .probe
        if let word = exchange.statusWord { statusWords[StatusWordKey(owner: owner, word: word), default: 0] += 1 }
        guard exchange.reachedCard else { return }
        let errors: Int64 = if case .error = verdict { 1 } else { 0 }
        Self.change(&runs[owner], .counts) { ($0.commands, $0.errors) = ($0.commands + 1, $0.errors + errors) }
        Self.change(&sessions[key], .counts) { ($0.commands, $0.errors) = ($0.commands + 1, $0.errors + errors) }
    }

    /// A session whose begin was not seen begins with its first command.
    private mutating func openUnseen(_ key: SessionKey, _ exchange: APDUExchange) {
        guard sessions[key] == nil else { return }
        if case .ota(let device, _) = key {
            return open(key, .probe, device, .ota, exchange.sessionProtocol, exchange.stamp)
        }
        open(
            key, openRun(of: exchange.client, at: exchange.stamp.wallNanoseconds), exchange.reader,
            exchange.interface == .at ? .at : .pcsc, exchange.sessionProtocol, exchange.stamp)
    }

    // MARK: Channels

    private mutating func take(_ opened: BIPChannelOpened) {
        var row = channel(opened.link, opened.bearer, opened.stamp)
        (row.transport, row.port) = (opened.transport.name, opened.port.map(Int.init))
        add(row, opened.link)
    }

    private mutating func take(_ data: BIPDataMoved) {
        Self.change(&channels[data.link.opening]) { channel in
            switch data.direction {
            case .sent: channel.sentBytes += Int64(data.bytes)
            case .received: channel.receivedBytes += Int64(data.bytes)
            }
        }
    }

    private mutating func take(_ closed: BIPChannelClosed) {
        if channels[closed.link.opening] == nil { add(channel(closed.link, closed.bearer, closed.stamp), closed.link) }
        Self.change(&channels[closed.link.opening], isOver: true) { channel in
            channel.durationNanoseconds = Int64(clamping: closed.stamp.durationNanoseconds)
            (channel.status, channel.reason) = (closed.status.name, closed.reason.name)
            channel.sentBytes = Int64(clamping: closed.sentBytes)
            channel.receivedBytes = Int64(clamping: closed.receivedBytes)
        }
    }

    /// Of failures only that of the opening is a row: others belong to a channel that is there.
    private mutating func take(_ failed: BIPCommandFailed) {
        guard failed.command == .openChannel else { return }
        add(channel(failed.link, failed.bearer, failed.stamp), failed.link)
        Self.change(&channels[failed.link.opening], isOver: true) { channel in
            channel.durationNanoseconds = 0
            (channel.status, channel.reason) = (SessionStatus.failed.name, failed.error.name)
        }
    }

    private func channel(_ link: BIPLink, _ bearer: BearerType, _ stamp: EventStamp) -> StoredChannel {
        StoredChannel(
            run: 0, device: link.device, channel: Int(link.channel), bearer: bearer.name,
            startedAt: RFC3339.text(wallNanoseconds: stamp.wallNanoseconds), sentBytes: 0, receivedBytes: 0)
    }

    private mutating func add(_ row: StoredChannel, _ link: BIPLink) {
        guard channels.count < Self.limit else { return }
        let owner = link.client.map { Owner.client($0.id) } ?? .probe
        channels[link.opening] = Changing(owner: runs[owner]?.isOver == false ? owner : .probe, row: row)
    }

    private static func change<Row>(
        _ place: inout Changing<Row>?, _ what: Change = .whole, isOver: Bool = false, _ change: (inout Row) -> Void
    ) {
        guard var changing = place else { return }
        // Moved and not shared, so that its row is not copied.
        place = nil
        change(&changing.row)
        (changing.change, changing.isOver) = (max(changing.change, what), changing.isOver || isOver)
        place = changing
    }
}

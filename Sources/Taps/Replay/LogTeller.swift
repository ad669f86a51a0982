internal import Capture
internal import ProbeEvents
internal import SmartCard

/// What came of a log.
package struct LogAccount: Sendable, Hashable {
    /// Lines, or packets.
    package var lines: UInt64 = 0
    /// Commands that were told.
    package var commands: UInt64 = 0
    /// Those whose answer is not in the log.
    package var unanswered: UInt64 = 0
    /// Those of which it does not say how long they took.
    package var untimed: UInt64 = 0
    /// Lines, or packets, that ought to tell something and cannot be read.
    package var unread: UInt64 = 0

    /// Nothing yet.
    package init() {}
}

/// Pairs the commands and answers of a log, and makes the events of them that a tap would have told.
///
/// What a log does not say is not made up: an exchange without a time has none, and one without a time of day is told as
/// of the moment when the log is read.
struct LogTeller {
    /// What a log's times count from.
    enum Epoch {
        /// They are of 1970 in UTC.
        case wall
        /// They are of some moment before the first line, or there are none.
        case unknown
    }

    /// Commands that wait for their answers, a speaker each.
    private static let speakerLimit = 64
    /// Sessions that are remembered; more begin anew.
    private static let sessionLimit = 1_024
    private static let readerLimit = 256
    /// A log may say any time; the sum of two must not overflow.
    private static let latest: UInt64 = 1 << 62

    private struct Pending {
        var speaker: UInt64
        var command: [UInt8]
        var session: UInt64
        var line: UInt64
        var nanoseconds: UInt64?
    }

    private struct Session {
        var trail: SessionTrail
        var client: ClientProcess
        var number: UInt64
        var context: UInt64
        var openedNanoseconds: UInt64?

        /// In its place: a copy of all that a session knows would cost as much as the rest.
        mutating func tell(
            _ asked: Pending, at stamp: EventStamp, response: [UInt8], isTimed: Bool, resultCode: UInt32,
            into events: inout [ProbeEvent]
        ) {
            let exchange = APDUExchange(
                stamp: stamp, client: client, thread: 0, session: number, reader: trail.reader, interface: .pcsc,
                sessionProtocol: trail.activeProtocol, name: trail.name(of: asked.command),
                command: HexBytes(asked.command), response: HexBytes(response), isCut: false, resultCode: resultCode,
                waitNanoseconds: 0, isWaitExact: false, isTimed: isTimed)
            events.append(.apdu(exchange))
            let told = trail.note(exchange)
            if !told.isEmpty { events += told }
        }
    }

    /// What was told since it was taken last.
    var events: [ProbeEvent] = []
    var faults: [LineFault] = []
    private(set) var account = LogAccount()
    /// Cuts what may not leave; nil where the log is only read.
    var redactor: LogRedactor?
    /// Who speaks to cards.
    var client: ClientProcess
    var epoch = Epoch.unknown

    private let anchor: EventClock
    /// Whether a command without its answer is a fault: one without any is how hex lines are written.
    private let missesAnswers: Bool
    private var pending: [Pending] = []
    private var sessions = KeyedSlots<Session>()
    private var readers: [String: UInt64] = [:]
    private var lastNumber: UInt64 = 0
    private var longLine: UInt64 = 0

    init(client: ClientProcess, missesAnswers: Bool, anchor: EventClock = .now) {
        (self.client, self.missesAnswers, self.anchor) = (client, missesAnswers, anchor)
    }

    // MARK: Lines

    mutating func note(lines: UInt64) { account.lines = lines }

    /// A line that is of nothing that is told.
    mutating func other(_ line: LogLine) { redactor?.cutRuns(line) }

    /// A line that ought to say something, and does not; from a place on nothing of it may stay.
    mutating func unread(_ line: LogLine, _ why: String, from place: Int = 0) {
        redactor?.cutDigits(line, from: place)
        unread(line: line.number, why)
    }

    /// A line that is longer than lines are; it may come in pieces.
    mutating func tooLong(_ line: LogLine) {
        redactor?.cutDigits(line)
        guard line.number != longLine else { return }
        longLine = line.number
        unread(line: line.number, "a line of more than \(LogLines.longestBytes) bytes")
    }

    mutating func unread(line: UInt64, _ why: String) {
        account.unread += 1
        faults.append(LineFault(line: line, error: why))
    }

    // MARK: Commands

    /// A command went to the card of a session. A session that nobody opened is one of which nothing is known.
    mutating func command(
        _ text: HexText, speaker: UInt64 = 0, session: UInt64 = 0, line: UInt64, at nanoseconds: UInt64? = nil
    ) {
        loseAnswer(of: speaker, isUnread: missesAnswers)
        redactor?.cut(command: text)
        if pending.count >= Self.speakerLimit { loseAnswer(of: pending[0].speaker, isUnread: missesAnswers) }
        pending.append(
            Pending(speaker: speaker, command: text.bytes, session: session, line: line, nanoseconds: nanoseconds))
    }

    /// Its answer came. Without two times, or a duration, nothing is known of how long that took.
    mutating func answer(
        _ text: HexText, speaker: UInt64 = 0, line: UInt64, at nanoseconds: UInt64? = nil, took duration: UInt64? = nil,
        resultCode: UInt32 = 0
    ) {
        guard let place = pending.firstIndex(where: { $0.speaker == speaker }) else {
            redactor?.cut(answer: text, to: [])
            return unread(line: line, "an answer without its command")
        }
        let asked = pending.remove(at: place)
        if resultCode == 0 {
            redactor?.cut(answer: text, to: asked.command)
        } else {
            // What lies in a buffer after a failure is of anything.
            redactor?.cut(all: text)
        }
        var took = duration
        if took == nil, let begin = asked.nanoseconds, let nanoseconds, nanoseconds >= begin {
            took = nanoseconds - begin
        }
        tell(asked, response: resultCode == 0 ? text.bytes : [], took: took, resultCode: resultCode)
    }

    /// What the last command of a speaker was answered is not in the log, or cannot be read, which was said.
    mutating func loseAnswer(of speaker: UInt64 = 0, isUnread: Bool = false) {
        guard let place = pending.firstIndex(where: { $0.speaker == speaker }) else { return }
        let asked = pending.remove(at: place)
        account.unanswered += 1
        if isUnread { unread(line: asked.line, "a command without its answer") }
        tell(asked, response: [], took: nil)
    }

    /// Whether a speaker's last command waits for its answer, and is this one.
    func waits(_ command: [UInt8], of speaker: UInt64 = 0) -> Bool {
        pending.contains { $0.speaker == speaker && $0.command == command }
    }

    /// Whether a speaker waits for an answer.
    func waits(_ speaker: UInt64 = 0) -> Bool { pending.contains { $0.speaker == speaker } }

    /// The log is at its end.
    mutating func end() {
        while let first = pending.first { loseAnswer(of: first.speaker, isUnread: missesAnswers) }
    }

    private mutating func tell(_ asked: Pending, response: [UInt8], took: UInt64?, resultCode: UInt32 = 0) {
        let key = session(asked.session)
        guard let slot = sessions.slot(of: key) else { return }
        account.commands += 1
        if took == nil { account.untimed += 1 }
        sessions.all[slot].tell(
            asked, at: stamp(asked.nanoseconds, took: took ?? 0), response: response, isTimed: took != nil,
            resultCode: resultCode, into: &events)
    }

    /// An exchange out of a capture: with its time where the capture is the probe's own.
    mutating func tell(_ captured: CapturedExchange, packet: UInt64) {
        let note = captured.note
        var client = client
        if let note {
            // Whether it still runs is not known, and its number means nothing here.
            let id = client.id & ~0xFFFF_FFFF | UInt64(UInt32(bitPattern: note.pid))
            client = ClientProcess(id: id, pid: 0, program: note.program)
        }
        let key = session(ofReader: captured.reader)
        guard let slot = sessions.slot(of: key) else { return }
        let isAnswered = !captured.response.isEmpty || note?.hasNoStatusWord == true
        let isTimed = note?.isTimed == true && isAnswered
        account.commands += 1
        if !isTimed { account.untimed += 1 }
        if !isAnswered {
            account.unanswered += 1
            unread(line: packet, "a command without its answer")
        }
        let exchange = APDUExchange(
            stamp: stamp(
                captured.nanoseconds == 0 ? nil : captured.nanoseconds,
                took: isTimed ? note?.durationNanoseconds ?? 0 : 0),
            client: client, thread: 0, session: 0, reader: captured.reader, interface: captured.interface,
            sessionProtocol: .unknown,
            name: note.flatMap { CommandName(named: $0.name) } ?? sessions.all[slot].trail.name(of: captured.command),
            command: HexBytes(captured.command), response: HexBytes(captured.response),
            isCut: note.map { $0.cutBytes > 0 } ?? false, resultCode: note?.resultCode ?? 0,
            waitNanoseconds: note?.waitNanoseconds ?? 0, isWaitExact: note?.isWaitExact ?? false, isTimed: isTimed)
        events.append(.apdu(exchange))
        let told = sessions.all[slot].trail.note(exchange)
        if !told.isEmpty { events += told }
    }

    // MARK: Sessions

    /// The session of a reader of which nothing else is known.
    private mutating func session(ofReader reader: String) -> UInt64 {
        if let known = readers[reader] { return known }
        if readers.count >= Self.readerLimit { readers = [:] }
        let key = UInt64(readers.count)
        readers[reader] = key
        begin(key, reader: reader)
        return key
    }

    /// A session by its key; made where there is none.
    private mutating func session(_ key: UInt64) -> UInt64 {
        if sessions.slot(of: key) == nil { begin(key, reader: "") }
        return key
    }

    /// What follows under this key is of a new session, which the log tells nothing of beside its commands.
    mutating func begin(_ key: UInt64, reader: String, activeProtocol: SessionProtocol = .unknown) {
        if sessions.count >= Self.sessionLimit { sessions = KeyedSlots() }
        sessions[key] = Session(
            trail: SessionTrail(
                number: 0, client: client, reader: reader, activeProtocol: activeProtocol, openedNanoseconds: 0,
                source: .testerSocket),
            client: client, number: 0, context: 0)
    }

    /// The card in this session was reset.
    mutating func reset(_ key: UInt64, at nanoseconds: UInt64? = nil, to activeProtocol: SessionProtocol? = nil) {
        let stamp = stamp(nanoseconds, took: 0)
        guard let slot = sessions.slot(of: key) else { return }
        events += sessions.all[slot].trail.reconnect(to: activeProtocol, after: stamp)
    }

    /// A session was opened, and the log tells when.
    mutating func open(
        _ key: UInt64, reader: String, activeProtocol: SessionProtocol, shareMode: UInt32 = 0, context: UInt64 = 0,
        at nanoseconds: UInt64?, took duration: UInt64 = 0
    ) {
        close(key, at: nanoseconds, resultCode: 0x8010_001D)
        begin(key, reader: reader, activeProtocol: activeProtocol)
        lastNumber += 1
        let stamp = stamp(nanoseconds, took: duration)
        let opened = nanoseconds.map { $0 &+ duration }
        sessions[key] = Session(
            trail: SessionTrail(
                number: lastNumber, client: client, reader: reader, activeProtocol: activeProtocol,
                openedNanoseconds: opened ?? 0, source: .testerSocket),
            client: client, number: lastNumber, context: context, openedNanoseconds: opened)
        events.append(
            .sessionOpened(
                ReaderSessionOpened(
                    stamp: stamp, client: client, session: lastNumber, reader: reader, sessionProtocol: activeProtocol,
                    shareMode: shareMode, context: context == 0 ? nil : UInt32(truncatingIfNeeded: context))))
    }

    /// A session was closed.
    mutating func close(_ key: UInt64, at nanoseconds: UInt64?, resultCode: UInt32 = 0) {
        guard var session = sessions[key], session.number != 0 else { return }
        sessions[key] = nil
        let opened = session.openedNanoseconds
        let took = opened.flatMap { begin in nanoseconds.map { $0 - min(begin, $0) } }
        events += session.trail.end(stamp(opened ?? nanoseconds, took: took ?? 0), resultCode: resultCode)
    }

    /// All sessions of a context are closed.
    mutating func closeAll(ofContext context: UInt64, at nanoseconds: UInt64?) {
        for key in sessions.keys where sessions[key].map({ $0.context == context && $0.number != 0 }) ?? false {
            close(key, at: nanoseconds)
        }
    }

    /// The ATR of the card in a reader was seen.
    mutating func identify(reader: String, atr: [UInt8], at nanoseconds: UInt64? = nil) {
        guard !atr.isEmpty, atr.count <= 33, !reader.isEmpty else { return }
        events.append(
            .cardIdentified(
                CardIdentified(
                    stamp: stamp(nanoseconds, took: 0), client: client, reader: reader, atr: HexBytes(atr))))
    }

    /// A call on PC/SC other than SCardTransmit.
    mutating func operation(
        _ operation: DeviceOperation, session key: UInt64?, reader: String = "", context: UInt64 = 0,
        controlCode: UInt32 = 0, at nanoseconds: UInt64?, took duration: UInt64, resultCode: UInt32
    ) {
        let session = key.flatMap { sessions[$0] }
        events.append(
            .operation(
                ReaderOperation(
                    stamp: stamp(nanoseconds, took: duration), client: client, thread: 0,
                    session: session?.number ?? 0, reader: session?.trail.reader ?? reader, operation: operation,
                    resultCode: resultCode, waitNanoseconds: 0, isWaitExact: false, controlCode: controlCode,
                    context: context == 0 ? nil : UInt32(truncatingIfNeeded: context))))
    }

    /// The reader of a session.
    func reader(of key: UInt64) -> String { sessions[key]?.trail.reader ?? "" }

    private func stamp(_ nanoseconds: UInt64?, took duration: UInt64) -> EventStamp {
        let wall =
            switch epoch {
            case .wall: nanoseconds ?? anchor.wallNanoseconds
            case .unknown: anchor.wallNanoseconds &+ (nanoseconds ?? 0)
            }
        let start =
            switch epoch {
            case .wall: wall
            case .unknown: anchor.monotonicNanoseconds &+ (nanoseconds ?? 0)
            }
        return EventStamp(
            source: .testerSocket, startNanoseconds: min(start, Self.latest),
            durationNanoseconds: min(duration, Self.latest), wallNanoseconds: min(wall, Self.latest))
    }
}

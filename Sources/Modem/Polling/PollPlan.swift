internal import ProbeEvents

/// What is asked of a modem again and again.
package enum PollItem: Int, Sendable, Hashable, CaseIterable {
    /// Who it is and how it is to talk: once for each time that it comes.
    case setup
    /// The operator comes before the signal: it tells the radio access where a registration does not.
    case sim, registration, operatorChoice, signal, counters, temperature
}

/// How often each thing is asked.
public struct PollIntervals: Sendable, Hashable {
    /// Whether the card is ready.
    public var sim = Duration.seconds(30)
    /// How the modem is registered.
    public var registration = Duration.seconds(10)
    /// How strong the signal is.
    public var signal = Duration.seconds(10)
    /// Which operator it has chosen.
    public var operatorChoice = Duration.seconds(60)
    /// How much data went through it.
    public var counters = Duration.seconds(60)
    /// How warm it is.
    public var temperature = Duration.seconds(60)

    /// The usual intervals.
    public init() {}

    func nanoseconds(of item: PollItem) -> UInt64 {
        switch item {
        case .setup: .max
        case .sim: sim.wholeNanoseconds
        case .registration: registration.wholeNanoseconds
        case .signal: signal.wholeNanoseconds
        case .operatorChoice: operatorChoice.wholeNanoseconds
        case .counters: counters.wholeNanoseconds
        case .temperature: temperature.wholeNanoseconds
        }
    }
}

/// Decides what a modem is asked next, and what its answers mean; a plain value without port and clock.
///
/// A command that the modem does not know is remembered and not sent again until the modem comes anew. Nothing is sent
/// that changes what the modem does: `ATE0`, `ATV1` and `AT+CMEE=1` are about its answers only.
package struct PollPlan: Sendable {
    /// A question of an item.
    package struct Question: Sendable, Equatable {
        /// The item.
        package var item: PollItem
        /// What is sent.
        package var command: ATCommand
    }

    private let intervals: PollIntervals
    /// What is known of the modem.
    package private(set) var reading = ModemReading()
    private var due: [PollItem: UInt64] = [:]
    private var open: [Question] = []
    /// Signals of the round that is under way.
    private var signals: [RadioTechnology: SignalReading] = [:]
    private var refusals: [String: Int] = [:]
    /// Commands that were answered once: they are there, whatever they say later.
    private var known: Set<String> = []

    /// How often a command is refused until it is remembered as missing.
    private static let refusalLimit = 2

    /// A plan for a modem of which nothing is known.
    package init(_ intervals: PollIntervals = PollIntervals()) {
        self.intervals = intervals
    }

    /// Forgets what may be another now: the modem came.
    package mutating func begin(now: UInt64) {
        self = PollPlan(intervals)
        reading.isAnswering = true
        for item in PollItem.allCases { due[item] = now }
    }

    /// The modem went, or does not answer.
    package mutating func pause() {
        open = []
        due = [:]
        reading.isAnswering = false
    }

    /// The next question; nil when none is due.
    package mutating func next(now: UInt64) -> Question? {
        while open.isEmpty {
            let ready = PollItem.allCases.first { now >= due[$0] ?? .max }
            guard let item = ready else { return nil }
            due[item] = now.addingSaturating(intervals.nanoseconds(of: item))
            if item == .signal { signals = [:] }
            open = commands(for: item).filter { !reading.missingCommands.contains($0) }
                .map { Question(item: item, command: ATCommand($0)) }
        }
        return open.removeFirst()
    }

    /// Whether all has been asked that was due when the modem came.
    package func isRoundDone(now: UInt64) -> Bool {
        reading.isAnswering && open.isEmpty && !due.isEmpty && due.values.allSatisfy { $0 > now }
    }

    /// When the next question is due; nil when there is none.
    package var nextDue: UInt64? { open.isEmpty ? due.values.min() : 0 }

    // MARK: Questions

    private var row: VendorRow { VendorTable.row(reading.vendor) }

    private func commands(for item: PollItem) -> [String] {
        switch item {
        case .setup: ["ATE0", "ATV1", "AT+CMEE=1", "AT+CGMI", "AT+CGMM", "AT+CGMR", "AT+CGSN"]
        case .sim: ["AT+CPIN?"]
        case .registration: ["AT+CREG?", "AT+CGREG?", "AT+CEREG?", "AT+C5GREG?"]
        case .signal: (row.signal + [.cesq, .csq]).map(\.command)
        case .operatorChoice: ["AT+COPS?"]
        case .counters: row.counters.map { [$0.command] } ?? []
        case .temperature: row.temperature.map { [$0.command] } ?? []
        }
    }

    // MARK: Answers

    /// Learns from an answer; what changed by it.
    package mutating func take(_ answer: ATAnswer, to question: Question) -> [ModemNews] {
        noteRefusal(answer)
        let lines = answer.texts
        switch question.item {
        case .setup: return takeSetup(answer, lines)
        case .sim: return takeSIM(answer, lines)
        case .registration: return takeRegistration(answer, lines)
        case .signal: return takeSignal(answer, lines)
        case .operatorChoice: return takeOperator(answer, lines)
        case .counters: if answer.isSuccess { reading.counters = row.counters?.counters(lines) }
        case .temperature: if answer.isSuccess { reading.temperatureCelsius = row.temperature?.celsius(lines) }
        }
        return []
    }

    /// Learns from a registration that the modem told by itself.
    package mutating func take(_ seen: ATUnsolicited) -> [ModemNews] {
        guard let registration = Registration(line: String(decoding: seen.line.prefix(256), as: UTF8.self)) else {
            return []
        }
        return note(registration)
    }

    private mutating func noteRefusal(_ answer: ATAnswer) {
        let text = answer.command.text
        if answer.isSuccess { known.insert(text) }
        // Without a card some refuse to tell its state, and with one they do not.
        guard answer.isUnknownCommand, !known.contains(text), answer.command.name != .cpin else {
            refusals[text] = nil
            return
        }
        refusals[text, default: 0] += 1
        guard refusals[text, default: 0] >= Self.refusalLimit else { return }
        reading.missingCommands.insert(text)
    }

    private mutating func takeSetup(_ answer: ATAnswer, _ lines: [String]) -> [ModemNews] {
        switch answer.command.name {
        case .cgmi:
            let maker = ModemIdentity.word(lines) ?? ""
            reading.maker = maker
            reading.vendor = VendorTable.vendor(maker: maker) ?? .unknown
        case .cgmm: reading.model = ModemIdentity.word(lines) ?? ""
        case .cgmr: reading.firmware = ModemIdentity.word(lines) ?? ""
        case .cgsn:
            reading.identities[.imei] = ModemIdentity.number(lines, .imei)
            return [.identified]
        default: break
        }
        return []
    }

    private mutating func takeSIM(_ answer: ATAnswer, _ lines: [String]) -> [ModemNews] {
        switch answer.command.name {
        case .cpin: return takeState(answer)
        case .cimi:
            reading.identities[.imsi] = ModemIdentity.number(lines, .imsi)
            return []
        default: return takeICCID(answer, lines)
        }
    }

    private mutating func takeState(_ answer: ATAnswer) -> [ModemNews] {
        guard let state = SIMState(answer) else { return [] }
        let before = reading.sim
        reading.sim = state
        guard state != before else { return [] }
        reading.identities[.imsi] = nil
        reading.identities[.iccid] = nil
        if state == .ready {
            open = (["AT+CIMI"] + row.iccid).map { Question(item: .sim, command: ATCommand($0)) } + open
        }
        return [.sim(state)]
    }

    /// The first command that gives a number makes the others needless.
    private mutating func takeICCID(_ answer: ATAnswer, _ lines: [String]) -> [ModemNews] {
        let number = answer.isSuccess ? ModemIdentity.number(lines, .iccid) : nil
        let isLast = !open.contains { $0.item == .sim }
        guard number != nil || isLast else { return [] }
        reading.identities[.iccid] = number
        open.removeAll { $0.item == .sim }
        return [.identified]
    }

    private mutating func takeRegistration(_ answer: ATAnswer, _ lines: [String]) -> [ModemNews] {
        guard answer.isSuccess else { return [] }
        return lines.lazy.compactMap { Registration(line: $0) }.first.map { note($0) } ?? []
    }

    private mutating func note(_ registration: Registration) -> [ModemNews] {
        let before = reading.registrations[registration.domain]
        reading.registrations[registration.domain] = registration
        return before == registration ? [] : [.registration(registration)]
    }

    /// A registration is told again with the operator that it is with.
    private mutating func takeOperator(_ answer: ATAnswer, _ lines: [String]) -> [ModemNews] {
        guard answer.isSuccess else { return [] }
        let before = reading.operatorChoice?.name
        reading.operatorChoice = OperatorChoice(lines: lines)
        guard reading.operatorChoice?.name != before else { return [] }
        return RegistrationDomain.allCases.compactMap { reading.registrations[$0] }
            .filter(\.state.isRegistered).map { .registration($0) }
    }

    private mutating func takeSignal(_ answer: ATAnswer, _ lines: [String]) -> [ModemNews] {
        if let dialect = SignalDialect.allCases.first(where: { $0.command == answer.command.text }), answer.isSuccess {
            for found in dialect.readings(lines, technology: reading.technology, model: reading.model) {
                signals[found.technology] = signals[found.technology]?.completed(by: found) ?? found
            }
        }
        guard !open.contains(where: { $0.item == .signal }) else { return [] }
        reading.signals = signals
        return signals.values.sorted { $0.technology.rawValue < $1.technology.rawValue }.map(ModemNews.signal)
    }
}

extension ATAnswer {
    /// Whether the modem says that it does not know the command: ERROR without more, or the errors that say so.
    fileprivate var isUnknownCommand: Bool {
        switch final.result {
        case .error, .vendorError: true
        // Operation not supported, incorrect parameters, language not supported, unknown
        case .cmeError: [4, 50, 58, 100].contains(final.errorCode)
        default: false
        }
    }
}

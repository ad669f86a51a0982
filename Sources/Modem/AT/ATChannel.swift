internal import ProbeEvents

/// What is to be done after a channel heard or was told something.
package enum ATAction: Sendable, Equatable {
    /// Send these bytes.
    case write([UInt8])
    /// A command is done; the number is the one that `send` gave.
    case answered(UInt64, ATAnswer)
    /// The modem said something that nobody had asked for.
    case unsolicited(ATUnsolicited)
    /// The modem answers, for the first time or again.
    case ready
    /// The modem answers no more, and attempts to bring it back go on.
    case stuck
}

/// The talk with a modem: commands in order, one at a time, each timed; a plain value without port and clock.
///
/// Echo may be on or off. Codes that nobody asked for may come anywhere. After a command that ran out of time the
/// channel waits for silence, ends what may be open at the other side (ESC, CR) and asks `AT`, before the next command is
/// written: a late final result would else end the wrong one. Any bytes are taken, in linear time and bounded memory.
package struct ATChannel: Sendable {
    /// Times that belong to the channel itself, nanoseconds.
    package struct Pace: Sendable {
        /// How long the line must be silent before the modem is asked whether it is there.
        package var silence: UInt64 = 300_000_000
        /// How long silence is waited for, at the most.
        package var patience: UInt64 = 2_000_000_000
        /// How long `AT` may take.
        package var probe: UInt64 = 1_000_000_000
        /// How long results that come late are still passed over behind the `OK` to `AT`.
        package var settling: UInt64 = 100_000_000
        /// How often `AT` is tried before the modem is told as stuck.
        package var attempts = 3
        /// How long a command that was given up may still take to end.
        package var abort: UInt64 = 2_000_000_000

        /// The usual times.
        package init() {}
    }

    /// Commands that wait at most; more are refused as aborted.
    package static let queueLimit = 256
    /// Lines of an answer that are kept.
    static let lineLimit = 4_096
    /// Bytes of an answer that are kept.
    static let answerLimitBytes = 1 << 18

    private enum State {
        /// Nothing is under way.
        case idle
        /// A command is: `exchange`.
        case busy
        /// Silence is awaited until `quiet`, and in noise until `latest`.
        case draining(quiet: UInt64, latest: UInt64)
        /// `AT` was sent, and is awaited until then.
        case probing(UInt64)
        /// `AT` was answered; what comes late is passed over.
        case settling(UInt64)
    }

    private struct Waiting {
        var ticket: UInt64
        var command: ATCommand
        /// When it is given up unsent.
        var latest: UInt64
    }

    private let pace: Pace
    private var lines = ATLines()
    private var state: State
    /// The command that is under way; kept apart from the state, so that it grows in place.
    private var exchange: ATExchange?
    private var waiting: [Waiting] = []
    private var header: ATUnsolicited?
    private var lastTicket: UInt64 = 0
    /// How often `AT` was sent since the modem answered last.
    private var attempt = 0
    /// Whether the modem answers; nil before it was first asked.
    package private(set) var isAnswering: Bool?

    /// A channel on a port that was just opened: it asks whether a modem is there before it sends the first command.
    package init(now: UInt64, pace: Pace = Pace()) {
        self.pace = pace
        state = .draining(quiet: now &+ pace.silence, latest: now &+ pace.patience)
    }

    // MARK: Commands

    /// Takes a command; its number, and what is to be done.
    package mutating func send(_ command: ATCommand, now: UInt64) -> (ticket: UInt64, actions: [ATAction]) {
        lastTicket += 1
        guard waiting.count < Self.queueLimit else {
            return (lastTicket, [.answered(lastTicket, ATAnswer(command: command, final: FinalResult(.aborted)))])
        }
        waiting.append(
            Waiting(ticket: lastTicket, command: command, latest: now.addingSaturating(command.timeoutNanoseconds)))
        return (lastTicket, startNext(now))
    }

    /// Gives a command up: one that waits is not sent, one that is under way is interrupted.
    package mutating func abort(_ ticket: UInt64, now: UInt64) -> [ATAction] {
        if let place = waiting.firstIndex(where: { $0.ticket == ticket }) {
            let command = waiting.remove(at: place).command
            return [.answered(ticket, ATAnswer(command: command, final: FinalResult(.aborted)))]
        }
        guard let running = exchange, running.ticket == ticket, !running.isAborting else { return [] }
        exchange?.isAborting = true
        exchange?.deadline = now.addingSaturating(pace.abort)
        // Any character interrupts (V.250, 5.6.1); at a prompt CR would be part of the text.
        return [.write(running.isAtPrompt ? [0x1B] : [0x0D])]
    }

    /// The port is gone: all that was asked ends with it.
    package mutating func closed(now: UInt64) -> [ATAction] {
        var actions: [ATAction] = []
        if let exchange { actions.append(exchange.end(FinalResult(.portLost), now: now)) }
        for entry in waiting {
            actions.append(
                .answered(entry.ticket, ATAnswer(command: entry.command, final: FinalResult(.portLost))))
        }
        let tickets = lastTicket
        self = ATChannel(now: now, pace: pace)
        lastTicket = tickets
        return actions
    }

    // MARK: Time

    /// When `advance` is to be called at the latest; nil when nothing is awaited.
    package var deadline: UInt64? {
        let own: UInt64? =
            switch state {
            case .idle: nil
            case .busy: exchange?.deadline
            case .draining(let quiet, let latest): min(quiet, latest)
            case .probing(let deadline): deadline
            case .settling(let end): end
            }
        return [own, waiting.map(\.latest).min()].compactMap(\.self).min()
    }

    /// Does what time has come for.
    package mutating func advance(now: UInt64) -> [ATAction] {
        var actions = dropExpired(now)
        switch state {
        case .busy:
            guard let running = exchange, now >= running.deadline else { break }
            exchange = nil
            actions.append(running.end(FinalResult(running.isAborting ? .aborted : .timeout), now: now))
            attempt = 0
            drain(now)
        case .draining(let quiet, let latest) where now >= min(quiet, latest): actions += probe(now)
        case .probing(let deadline) where now >= deadline: actions += probeFailed(now)
        case .settling(let end) where now >= end:
            state = .idle
            actions += startNext(now)
        default: break
        }
        return actions
    }

    /// Commands whose time ran out before they could be written.
    private mutating func dropExpired(_ now: UInt64) -> [ATAction] {
        let expired = waiting.filter { now >= $0.latest }
        guard !expired.isEmpty else { return [] }
        waiting.removeAll { now >= $0.latest }
        return expired.map { .answered($0.ticket, ATAnswer(command: $0.command, final: FinalResult(.aborted))) }
    }

    // MARK: Coming back

    private mutating func drain(_ now: UInt64) {
        lines.forget()
        state = .draining(quiet: now.addingSaturating(pace.silence), latest: now.addingSaturating(pace.patience))
    }

    private mutating func probe(_ now: UInt64) -> [ATAction] {
        attempt += 1
        lines.forget()
        state = .probing(now.addingSaturating(pace.probe))
        // ESC ends a prompt, CR a half-written command; where neither is open they do nothing.
        return [.write([0x1B, 0x0D]), .write(Array("AT\r".utf8))]
    }

    private mutating func probeFailed(_ now: UInt64) -> [ATAction] {
        drain(now)
        guard attempt >= pace.attempts, isAnswering != false else { return [] }
        isAnswering = false
        return [.stuck]
    }

    private mutating func probeAnswered(_ now: UInt64) -> [ATAction] {
        attempt = 0
        state = .settling(now.addingSaturating(pace.settling))
        guard isAnswering != true else { return [] }
        isAnswering = true
        return [.ready]
    }

    // MARK: Bytes

    /// Takes what the modem said.
    package mutating func received(_ bytes: some Collection<UInt8>, now: UInt64) -> [ATAction] {
        if case .draining(_, let latest) = state, !bytes.isEmpty {
            state = .draining(quiet: now.addingSaturating(pace.silence), latest: latest)
        }
        var actions: [ATAction] = []
        for byte in bytes {
            if let line = lines.received(byte) {
                actions += take(line, now)
            } else if byte == UInt8(ascii: ">") || byte == UInt8(ascii: " ") {
                actions += lookForPrompt()
            }
        }
        return actions
    }

    private mutating func take(_ line: ATLines.Line, _ now: UInt64) -> [ATAction] {
        if var seen = header {
            header = nil
            // A result in place of the text that is due: it was left out.
            let isResult = exchange != nil && FinalResult(line: line.bytes) != nil
            if !isResult { seen.following = line.bytes }
            return [.unsolicited(seen)] + (isResult ? take(line, now) : [])
        }
        let code = URCName(line: line.bytes)
        switch state {
        case .busy: return takeForExchange(line, code, now)
        case .probing:
            if FinalResult(line: line.bytes)?.result == .ok { return probeAnswered(now) }
        case .idle, .draining, .settling: break
        }
        return unsolicited(line, code)
    }

    private mutating func takeForExchange(_ line: ATLines.Line, _ code: URCName, _ now: UInt64) -> [ATAction] {
        if exchange?.isEcho(line.bytes) == true { return [] }
        if let final = FinalResult(line: line.bytes) {
            guard let ended = exchange, ended.isEnded(by: final) else { return unsolicited(line, code) }
            exchange = nil
            state = .idle
            let result = ended.isAborting && !final.result.isSuccess ? FinalResult(.aborted) : final
            return [ended.end(result, now: now)] + startNext(now)
        }
        let isAnswer = exchange.map { URCTable.isAnswer(line.bytes, code: code, to: $0.question) } ?? false
        guard isAnswer else { return unsolicited(line, code) }
        exchange?.keep(line)
        return []
    }

    /// What comes while nothing is asked; a result or echo that is late is none.
    private mutating func unsolicited(_ line: ATLines.Line, _ code: URCName) -> [ATAction] {
        let seen = ATUnsolicited(code: code, line: line.bytes)
        if URCTable.isFollowed(code) {
            header = seen
            return []
        }
        if code == .other, isLate { return [] }
        return [.unsolicited(seen)]
    }

    private var isLate: Bool {
        switch state {
        case .idle, .busy: false
        // What an answer leaves behind is not known from a code that is not known.
        case .draining, .probing, .settling: true
        }
    }

    /// A prompt is a line that does not end: `> `.
    private mutating func lookForPrompt() -> [ATAction] {
        guard exchange?.isPrompt(lines.partial) == true, let bytes = exchange?.answerPrompt() else { return [] }
        lines.forget()
        return [.write(bytes)]
    }

    private mutating func startNext(_ now: UInt64) -> [ATAction] {
        guard case .idle = state, !waiting.isEmpty else { return [] }
        let next = waiting.removeFirst()
        exchange = ATExchange(ticket: next.ticket, command: next.command, now: now)
        state = .busy
        return [.write(Array(next.command.text.utf8) + [0x0D])]
    }
}

extension UInt64 {
    /// The sum; the largest number in place of one that is larger.
    func addingSaturating(_ other: UInt64) -> UInt64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}

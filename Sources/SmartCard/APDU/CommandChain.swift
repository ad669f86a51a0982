/// One command as the application meant it: over T=0 it may take several exchanges.
public struct LogicalCommand: Hashable, Sendable {
    /// Why nothing more can belong to it.
    public enum Ending: Hashable, Sendable {
        /// Its last status word asks for nothing.
        case complete
        /// Something else was sent instead of what the status word asked for.
        case superseded
        /// Nothing was sent for too long.
        case idle
        /// The card was disconnected.
        case disconnected
        /// The card was reset.
        case reset
        /// The last exchange gave no status word.
        case transportError
    }

    /// The first command.
    public let command: CommandAPDU
    /// The first command's name.
    public let name: CommandName
    /// How many commands were sent.
    public private(set) var exchanges = 1
    /// The time of the exchanges, nanoseconds.
    public private(set) var cardTimeNanoseconds: UInt64
    /// When the first exchange began, nanoseconds of the caller's clock.
    public let startNanoseconds: UInt64
    /// When the last exchange ended, nanoseconds of the caller's clock.
    public private(set) var endNanoseconds: UInt64
    /// The command data of all exchanges, bytes.
    public private(set) var sentBytes: Int
    /// The response data of all exchanges, bytes.
    public private(set) var receivedBytes: Int
    /// The last status word; nil after a transport error.
    public private(set) var statusWord: StatusWord?
    /// Why it ended.
    public internal(set) var ending = Ending.complete

    /// From the first exchange's begin to the last one's end, nanoseconds.
    public var wallTimeNanoseconds: UInt64 {
        endNanoseconds > startNanoseconds ? endNanoseconds - startNanoseconds : 0
    }

    init(_ exchange: ChainedExchange) {
        command = exchange.command
        name = exchange.name
        cardTimeNanoseconds = exchange.durationNanoseconds
        startNanoseconds = exchange.startNanoseconds
        endNanoseconds = exchange.endNanoseconds
        sentBytes = exchange.command.lc
        receivedBytes = exchange.receivedBytes
        statusWord = exchange.statusWord
    }

    // Sums wrap rather than trap: times and lengths are input.
    mutating func join(_ exchange: ChainedExchange) {
        exchanges &+= 1
        cardTimeNanoseconds &+= exchange.durationNanoseconds
        endNanoseconds = max(endNanoseconds, exchange.endNanoseconds)
        sentBytes &+= exchange.command.lc
        receivedBytes &+= exchange.receivedBytes
        statusWord = exchange.statusWord
    }
}

/// One exchange with the card, as ``CommandChain`` takes it.
public struct ChainedExchange: Hashable, Sendable {
    /// The command sent.
    public var command: CommandAPDU
    /// Its name.
    public var name: CommandName
    /// What the command usually is; tells a case 4 that T=0 callers send without Le.
    public var usualCase: UsualCase
    /// The card runs T=0.
    public var isT0: Bool
    /// When it began, nanoseconds of a monotonic clock.
    public var startNanoseconds: UInt64
    /// How long it took, nanoseconds.
    public var durationNanoseconds: UInt64
    /// The response data, bytes.
    public var receivedBytes: Int
    /// The status word; nil when the transmission failed or the response was malformed.
    public var statusWord: StatusWord?

    /// An exchange; name and usual case are looked up, as the context of the session has it before the exchange.
    public init(
        command: CommandAPDU, context: CardContext = CardContext(), isT0: Bool = true, startNanoseconds: UInt64,
        durationNanoseconds: UInt64, receivedBytes: Int, statusWord: StatusWord?
    ) {
        self.command = command
        name = command.name(context: context)
        usualCase = CommandLookup.shared.usualCase(
            cla: command.cla, ins: command.ins, p1: command.p1, p3: command.p3, context: context)
        self.isT0 = isT0
        self.startNanoseconds = startNanoseconds
        self.durationNanoseconds = durationNanoseconds
        self.receivedBytes = receivedBytes
        self.statusWord = statusWord
    }

    var endNanoseconds: UInt64 { startNanoseconds &+ durationNanoseconds }
}

/// Folds T=0 chains (61XX with GET RESPONSE, 6CXX with the command again) into logical commands.
///
/// One for each card handle and logical channel; ``CommandChains`` keeps them for a handle. Clauses: TS 102 221,
/// 7.3.1.1; TS 51.011, 9.4; ISO/IEC 7816-3, 10.3. 91XX, 6310 and command chaining start new commands.
public struct CommandChain: Hashable, Sendable {
    /// The commands that an exchange finished: none, one, or the one before and this one, in this order.
    public struct Finished: Hashable, Sendable, Sequence {
        /// The one before, when the exchange did not continue it.
        public internal(set) var previous: LogicalCommand?
        /// The one that the exchange belongs to, when nothing more can come.
        public internal(set) var current: LogicalCommand?
        /// The exchange continued a command that was pending.
        public internal(set) var joined = false

        /// The one before first, then the one that the exchange belongs to.
        public func makeIterator() -> AnyIterator<LogicalCommand> {
            var rest = [current, previous].compactMap { $0 }
            return AnyIterator { rest.popLast() }
        }
    }

    /// After this long without an exchange a pending command is over, nanoseconds.
    public let idleNanoseconds: UInt64
    /// The command that waits for its continuation.
    public private(set) var pending: LogicalCommand?
    private var last: ChainedExchange?

    /// A chain with nothing pending.
    public init(idleNanoseconds: UInt64 = 5_000_000_000) {
        self.idleNanoseconds = idleNanoseconds
    }

    /// Takes the next exchange on this handle and channel.
    public mutating func observe(_ exchange: ChainedExchange) -> Finished {
        var finished = Finished()
        finished.previous = closeIfIdle(atNanoseconds: exchange.startNanoseconds)
        if let last, var command = pending, exchange.continues(last) {
            command.join(exchange)
            pending = command
            finished.joined = true
        } else {
            if pending != nil { finished.previous = close(.superseded) }
            pending = LogicalCommand(exchange)
        }
        last = exchange
        if exchange.statusWord == nil {
            finished.current = close(.transportError)
        } else if !exchange.asksForMore {
            finished.current = close(.complete)
        }
        return finished
    }

    /// Ends a pending command that has waited too long.
    public mutating func closeIfIdle(atNanoseconds now: UInt64) -> LogicalCommand? {
        guard let pending, now > pending.endNanoseconds, now - pending.endNanoseconds >= idleNanoseconds else {
            return nil
        }
        return close(.idle)
    }

    /// Ends a pending command: the card was disconnected or reset, or the session is over.
    public mutating func close(_ ending: LogicalCommand.Ending) -> LogicalCommand? {
        var command = pending
        command?.ending = ending
        (pending, last) = (nil, nil)
        return command
    }
}

extension ChainedExchange {
    /// The status word asks for a continuation that the application has to send.
    fileprivate var asksForMore: Bool {
        guard let statusWord else { return false }
        switch statusWord.sw1 {
        case 0x61, 0x9F, 0x6C: return true
        case 0x62, 0x63: return isWarningWithoutData
        default: return false
        }
    }

    /// A case 4 command over T=0 that ends with a warning: its data come by GET RESPONSE with P3 = 00, then 6CXX
    /// (TS 102 221, 7.3.1.1.4, clause 4b). 6310 is GlobalPlatform's paging and starts a new command.
    private var isWarningWithoutData: Bool {
        guard isT0, receivedBytes == 0, statusWord?.value != 0x6310 else { return false }
        return command.form == .case4S || (command.lc > 0 && usualCase == .four)
    }

    /// This exchange is what the last one's status word asked for.
    fileprivate func continues(_ last: ChainedExchange) -> Bool {
        guard let word = last.statusWord, !command.isMalformed else { return false }
        switch word.sw1 {
        case 0x61, 0x9F: return isGetResponse(after: last)
        case 0x62, 0x63: return isGetResponse(after: last) && command.p3 == 0
        case 0x6C: return repeats(last, ne: word.sw2 == 0 ? 256 : Int(word.sw2))
        default: return false
        }
    }

    // The class is the last command's. Middleware that sends GET RESPONSE with the ISO class of the same channel
    // whatever came before means the same.
    private func isGetResponse(after last: ChainedExchange) -> Bool {
        guard command.ins == 0xC0, command.p1 == 0, command.p2 == 0, command.lc == 0 else { return false }
        let (mine, other) = (command.classByte, last.command.classByte)
        return mine == other
            || ([.iso, .isoFurther].contains(mine.family) && mine.logicalChannel == other.logicalChannel)
    }

    // Over T=0 the command comes again without data; a T=1 card may say 6CXX too, and then the data come again.
    private func repeats(_ last: ChainedExchange, ne: Int) -> Bool {
        let (mine, other) = (command, last.command)
        return mine.cla == other.cla && mine.ins == other.ins && mine.p1 == other.p1 && mine.p2 == other.p2
            && mine.ne == ne && (mine.lc == 0 || mine.lc == other.lc)
    }
}

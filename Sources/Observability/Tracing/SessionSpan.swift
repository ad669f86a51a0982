internal import ProbeEvents
internal import SmartCard

/// One open session's span, and the commands in it that wait for their continuation.
struct SessionSpan {
    /// When it began, CLOCK_MONOTONIC, nanoseconds.
    let started: UInt64
    /// Its span; nil when its begin was not seen.
    private var span: SpanData?
    /// What its commands are part of, but for those of a test that began in it.
    let context: SpanContext?
    /// The test that it was opened in.
    let test: SpanContext?
    private let manager: SpanManager
    private let collector: Collector?
    private let clock: EventClock
    private var chains = CommandChains()
    private var card = CardContext()
    /// By logical channel: what a command has beside its chain.
    private var parts: [Int: CommandPart] = [:]
    /// When something was last heard of it, CLOCK_MONOTONIC, nanoseconds.
    private var lastNanoseconds: UInt64

    /// The span of a session that begins.
    init(
        _ opened: ReaderSessionOpened, _ context: SpanContext, manager: SpanManager, parent: SpanContext?,
        test: SpanContext?, collector: Collector?
    ) {
        var span = SpanData(
            "reader session", context: context, parent: parent, startNanoseconds: opened.stamp.wallNanoseconds,
            limits: manager.limits)
        if context.isSampled {
            span.set([
                Attribute("cardlink.session.type", .text((opened.type ?? .pcsc).name)),
                Attribute("cardlink.session.protocol", .text(opened.sessionProtocol.name)),
                Attribute("cardlink.session.share_mode", .text(Self.shareMode(opened.shareMode))),
                Attribute("cardlink.reader", .text(opened.reader)),
                Attribute("cardlink.program", .text(opened.client.program)),
                Attribute("process.pid", .integer(Int64(opened.client.pid))),
            ])
        }
        self.span = span
        (self.context, self.test) = (context, test)
        started = opened.stamp.startNanoseconds
        lastNanoseconds = opened.stamp.endNanoseconds
        clock = EventClock(monotonicNanoseconds: started, wallNanoseconds: opened.stamp.wallNanoseconds)
        self.manager = manager
        self.collector = collector
    }

    /// What stands for a session whose begin was not seen: commands under another span.
    init(manager: SpanManager, context: SpanContext?, collector: Collector?) {
        (self.manager, self.collector, self.context, test, span) = (manager, collector, context, nil, nil)
        (started, lastNanoseconds) = (0, 0)
        clock = EventClock(monotonicNanoseconds: 0, wallNanoseconds: 0)
    }

    /// Whether its commands are not kept, so that nothing has to be done for them.
    private var isSilent: Bool { context.map { !$0.isSampled } ?? false }

    /// - Parameter test: the span of the test that it happened in.
    mutating func observe(_ exchange: APDUExchange, in test: SpanContext?) {
        guard !isSilent || test?.isSampled == true else { return }
        let command = CommandAPDU(exchange.command.bytes)
        let chained = ChainedExchange(exchange, command, card)
        card.observe(exchange, command)
        lastNanoseconds = max(lastNanoseconds, exchange.stamp.endNanoseconds)
        let channel = command.classByte.logicalChannel
        let finished = chains.observe(chained)
        if let previous = finished.previous { tell(previous, parts[channel]) }
        if finished.joined {
            parts[channel]?.join(exchange)
        } else {
            parts[channel] = CommandPart(exchange, test: test == self.test ? nil : test)
        }
        if let current = finished.current {
            tell(current, parts[channel])
            parts[channel] = nil
        }
    }

    mutating func note(_ operation: ReaderOperation) {
        guard !isSilent else { return }
        lastNanoseconds = max(lastNanoseconds, operation.stamp.endNanoseconds)
        if operation.operation == .reconnect {
            endCommands(.reset)
            card.reset()
        }
        guard operation.resultCode != 0 || operation.waitNanoseconds > 0 else { return }
        var about = [Attribute("cardlink.operation", .text(operation.operation.name))]
        if operation.waitNanoseconds > 0 {
            about.append(Attribute("cardlink.wait_seconds", .seconds(operation.waitNanoseconds)))
        }
        if let error = DeviceErrorType(pcscResult: operation.resultCode) {
            about.append(Attribute("error.type", .text(error.name)))
        }
        span?.addEvent("operation", wallNanoseconds: operation.stamp.wallNanoseconds, about)
    }

    /// Tells all that waits for a continuation.
    mutating func endCommands(_ ending: LogicalCommand.Ending) {
        for command in chains.closeAll(ending) {
            tell(command, parts[command.command.classByte.logicalChannel])
        }
        parts = [:]
    }

    /// Ends it as it was told.
    consuming func close(_ closed: ReaderSessionClosed) {
        endCommands(.disconnected)
        if let error = closed.error {
            span?.set("error.type", .text(error.name))
            span?.status = .error("")
        }
        if let context = span?.context, context.isSampled {
            collector?.show(context, behind: closed)
        }
        // The stamp of an end has the whole session as its duration.
        end(atNanoseconds: closed.stamp.endNanoseconds)
    }

    /// Ends it without having been told its end.
    consuming func abandon(atNanoseconds end: UInt64? = nil) {
        endCommands(.disconnected)
        span?.set("cardlink.abandoned", true)
        self.end(atNanoseconds: end ?? lastNanoseconds)
    }

    private consuming func end(atNanoseconds end: UInt64) {
        guard var span else { return }
        span.endNanoseconds = max(span.startNanoseconds, clock.wall(atMonotonic: end))
        manager.tell(span)
    }

    private func tell(_ command: LogicalCommand, _ part: CommandPart?) {
        guard let part else { return }
        let parent = part.test ?? self.context
        let context = manager.context(under: parent)
        guard context.isSampled else { return }
        var span = part.span(of: command, context: context, parent: parent, limits: manager.limits)
        if part.test != nil, let session = self.context { span.addLink(session) }
        manager.tell(span)
        for exchange in part.exchanges { collector?.show(context, behind: exchange) }
    }

    private static func shareMode(_ mode: UInt32) -> String {
        switch mode {
        case 1: "exclusive"
        case 2: "shared"
        case 3: "direct"
        default: "unknown"
        }
    }
}

/// What the span of a command has beside its chain: where it went, who else was waited for, how it failed.
private struct CommandPart {
    /// The test that it belongs to and its session does not.
    let test: SpanContext?
    private let name: String
    private let wallNanoseconds: UInt64
    private let reader: String
    private let interface: APDUInterface
    private var cardNanoseconds: UInt64
    private var waitNanoseconds: UInt64
    private var sharingNanoseconds: UInt64
    private var isUpperBound: Bool
    /// The last exchange: how the whole ended.
    private var last: APDUExchange
    /// What was counted of each exchange, of the first ones.
    private(set) var exchanges: [CountedExchange]

    /// A chain can have hundreds, of which a bucket shows one.
    private static let shownExchanges = 8

    init(_ exchange: APDUExchange, test: SpanContext?) {
        self.test = test
        name = exchange.name.name
        wallNanoseconds = exchange.stamp.wallNanoseconds
        reader = exchange.reader
        interface = exchange.interface
        cardNanoseconds = exchange.cardNanoseconds
        waitNanoseconds = exchange.waitNanoseconds
        sharingNanoseconds = exchange.sharingNanoseconds
        isUpperBound = exchange.isUpperBound
        last = exchange
        exchanges = CountedExchange(exchange).map { [$0] } ?? []
    }

    mutating func join(_ exchange: APDUExchange) {
        cardNanoseconds.addSaturating(exchange.cardNanoseconds)
        waitNanoseconds.addSaturating(exchange.waitNanoseconds)
        sharingNanoseconds.addSaturating(exchange.sharingNanoseconds)
        isUpperBound = isUpperBound || exchange.isUpperBound
        if exchanges.count < Self.shownExchanges, let counted = CountedExchange(exchange) { exchanges.append(counted) }
        // What was asked for first tells how an answer is meant.
        let meant = last.name
        last = exchange
        last.name = meant
    }

    func span(of command: LogicalCommand, context: SpanContext, parent: SpanContext?, limits: SpanLimits) -> SpanData {
        var span = SpanData(
            name, kind: .client, context: context, parent: parent, startNanoseconds: wallNanoseconds, limits: limits)
        span.endNanoseconds = max(wallNanoseconds, wallNanoseconds &+ command.wallTimeNanoseconds)
        span.set(about(command))
        switch APDUVerdict(last, command.command) {
        // A program that looks around meets what is not there: nothing failed.
        case .good, .probingRefusal: break
        case .expected(let type):
            span.set("error.type", .text(type.name))
            span.set("cardlink.expected", true)
        case .error(let type):
            span.set("error.type", .text(type.name))
            span.status = .error(command.statusWord == nil ? PCSCResult(last.resultCode).description : "")
        }
        return span
    }

    private func about(_ command: LogicalCommand) -> [Attribute] {
        let sent = command.command
        var about = [
            Attribute("cardlink.command", .text(name)),
            Attribute("cardlink.interface", .text(interface.name)),
            Attribute("cardlink.reader", .text(reader)),
            Attribute("cardlink.apdu.cla", .hex(sent.cla)), Attribute("cardlink.apdu.ins", .hex(sent.ins)),
            Attribute("cardlink.apdu.p1", .hex(sent.p1)), Attribute("cardlink.apdu.p2", .hex(sent.p2)),
            Attribute("cardlink.apdu.lc", .integer(Int64(sent.lc))),
            Attribute("cardlink.apdu.le", .integer(Int64(sent.ne))),
            Attribute("cardlink.apdu.exchanges", .integer(Int64(command.exchanges))),
            Attribute("cardlink.apdu.received_bytes", .integer(Int64(command.receivedBytes))),
            Attribute("cardlink.apdu.card_seconds", .seconds(cardNanoseconds)),
        ]
        if let statusWord = command.statusWord {
            about.append(Attribute("cardlink.apdu.status_word", .text(statusWord.description)))
        }
        if waitNanoseconds > 0 {
            about.append(Attribute("cardlink.apdu.wait_seconds", .seconds(waitNanoseconds)))
        }
        if sharingNanoseconds > 0 {
            about.append(Attribute("cardlink.apdu.sharing_seconds", .seconds(sharingNanoseconds)))
        }
        if isUpperBound { about.append(Attribute("cardlink.apdu.card_seconds_is_upper_bound", true)) }
        return about
    }
}

extension AttributeValue {
    /// Nanoseconds as seconds.
    static func seconds(_ nanoseconds: UInt64) -> AttributeValue { .number(Double(nanoseconds) / 1e9) }

    /// A byte as two hex digits, as people write commands.
    static func hex(_ byte: UInt8) -> AttributeValue {
        .text((byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true))
    }
}

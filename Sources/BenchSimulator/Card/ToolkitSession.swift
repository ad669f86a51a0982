/// A scripted proactive session: what starts it, and its steps.
package struct ProactiveSession: Equatable, Sendable {
    package enum Step: Equatable, Sendable {
        case command(ProactiveCommand)
        /// Nothing is pending until a command comes that matches.
        case wait(CommandPattern)
        /// What follows is of the channel that was opened as this one, from 1.
        case channel(Int)
    }

    package var trigger: CommandPattern
    package var steps: [Step]

    /// Goes on after a command that the terminal could not do; otherwise the session ends there.
    package var continuesAfterError = false

    package init(trigger: CommandPattern, steps: [Step]) {
        self.trigger = trigger
        self.steps = steps
    }

    /// What a card without a script does at an SMS-PP download: one channel, some bytes each way.
    package static let onSMSDownload = ProactiveSession(
        trigger: CommandPattern(bytes: [nil, 0xC2, 0x00, 0x00, nil, 0xD1]),
        steps: [
            .command(.openChannel(ChannelRequest())),
            .command(.sendData(Array("hello".utf8), isImmediate: true)),
            .command(.receiveData(lengthBytes: 0xC8, untilEmpty: true)),
            .command(.closeChannel),
        ])
}

/// Where the card stands in its proactive sessions: one command at a time, TS 102 223, 6.
struct ToolkitSession {
    private let sessions: [ProactiveSession]
    private var steps: [ProactiveSession.Step] = []
    private var continuesAfterError = false
    /// The command that waits for FETCH, or was fetched and waits for its TERMINAL RESPONSE.
    private var current: (command: ProactiveCommand, bytes: [UInt8], isFetched: Bool)?
    private var number: UInt8 = 0
    private var channel: UInt8 = 1
    /// Numbers of the channels, in order of their opening.
    private var opened: [UInt8] = []
    private var repeats = 0
    /// What the card sends of its own accord, before the next step of a session.
    private var messages: [ProactiveCommand] = []

    /// Messages that wait; one more is lost.
    static let mostMessages = 16
    /// RECEIVE DATA in a row before the card believes no more that there will be an end.
    static let repeatLimit = 1000

    init(sessions: [ProactiveSession]) {
        self.sessions = sessions
    }

    /// Length of the command that waits for FETCH; nil when none does.
    var waitingBytes: Int? {
        guard let current, !current.isFetched else { return nil }
        return current.bytes.count
    }

    /// A fetched command waits for its TERMINAL RESPONSE.
    var isBusy: Bool { current?.isFetched ?? false }

    /// The waiting command, without taking it.
    var waitingCommand: [UInt8]? { waitingBytes == nil ? nil : current?.bytes }

    mutating func markFetched() {
        current?.isFetched = true
    }

    /// Has the terminal send a message, as soon as nothing else is with it.
    mutating func send(_ message: ProactiveCommand) {
        if messages.count < Self.mostMessages { messages.append(message) }
    }

    /// A command came that may start a session or end a wait.
    mutating func observe(_ bytes: [UInt8]) {
        guard current == nil else { return }
        if case .wait(let pattern)? = steps.first {
            if pattern.matches(bytes) { steps.removeFirst() }
        } else if steps.isEmpty, let session = sessions.first(where: { $0.trigger.matches(bytes) }) {
            steps = session.steps
            continuesAfterError = session.continuesAfterError
            number = 0
            channel = 1
            opened = []
        }
        advance()
    }

    /// The terminal's answer to the fetched command; false when none was fetched or the answer is broken.
    mutating func respond(_ data: [UInt8]) -> Bool {
        guard isBusy, let command = current?.command, let result = TLV.first(0x03, in: data)?.first else {
            return false
        }
        current = nil
        // 0x and 1x: performed; 2x and 3x: not
        if result >= 0x20, !continuesAfterError, !command.isMessage { steps = [] }
        if command.isOpenChannel, let status = TLV.first(0x38, in: data)?.first, status & 0x07 != 0 {
            channel = status & 0x07
            opened.append(channel)
        }
        if case .receiveData(_, untilEmpty: true) = command, result < 0x20, repeats < Self.repeatLimit,
            let left = TLV.first(0x37, in: data)?.first, left > 0
        {
            repeats += 1
            steps.insert(.command(command), at: 0)
        } else {
            repeats = 0
        }
        advance()
        return true
    }

    private mutating func advance() {
        if !messages.isEmpty { return give(messages.removeFirst()) }
        while case .channel(let place)? = steps.first {
            steps.removeFirst()
            // One that was not opened leaves it as it is.
            if opened.indices.contains(place - 1) { channel = opened[place - 1] }
        }
        guard case .command(let command)? = steps.first else { return }
        steps.removeFirst()
        give(command)
    }

    private mutating func give(_ command: ProactiveCommand) {
        number = number == 0xFE ? 1 : number + 1
        current = (command, command.encoded(number: number, channel: channel), false)
    }
}

extension VirtualCard {
    /// TERMINAL PROFILE: TS 102 221, 11.2.1.
    mutating func terminalProfile(_ context: CommandContext) -> CardAnswer {
        guard !context.command.data.isEmpty else { return .status(0x6700) }
        return .done
    }

    /// FETCH: TS 102 221, 11.2.3; Le must be the length that 91XX told.
    mutating func fetch(_ context: CommandContext) -> CardAnswer {
        guard let bytes = toolkit.waitingCommand else { return .status(0x6985) }
        let expected = context.command.expectedBytes ?? 256
        guard expected == bytes.count || (script.answersWhole && expected > bytes.count) else {
            return .outgoing(bytes)
        }
        toolkit.markFetched()
        return .outgoing(bytes)
    }

    /// TERMINAL RESPONSE: TS 102 221, 11.2.4.
    mutating func terminalResponse(_ context: CommandContext) -> CardAnswer {
        guard toolkit.isBusy else { return .status(0x6985) }
        return toolkit.respond(context.command.data) ? .done : .status(0x6A80)
    }

    /// ENVELOPE: TS 102 221, 11.2.2; while a command is out with the terminal the toolkit is busy (9300).
    mutating func envelope(_ context: CommandContext) -> CardAnswer {
        guard !context.command.data.isEmpty else { return .status(0x6700) }
        guard !toolkit.isBusy else { return .status(0x9300) }
        switch packets?.take(context.command.data) {
        case .answer(let userData): return .afterData(userData)
        case .message(let message): toolkit.send(.sendShortMessage(message))
        case nil: break
        }
        return .done
    }
}

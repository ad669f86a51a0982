@testable import SmartCard

/// libFuzzer: any command and any response are read, every exchange belongs to one logical command, and redaction keeps
/// the bytes that it keeps as they were.
///
/// An input is a session: of each exchange a byte of flags, the command's length in two bytes (little endian) and the
/// command, the response's length and the response.
@_cdecl("LLVMFuzzerTestOneInput")
public func takeSession(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    var rest = UnsafeBufferPointer(start: start, count: count)[...]
    var session = Session()
    while let flags = rest.popFirst() {
        session.take(takeRun(&rest), takeRun(&rest), flags)
    }
    session.end()
    return 0
}

private func takeRun(_ rest: inout UnsafeBufferPointer<UInt8>.SubSequence) -> [UInt8] {
    let length = Int(rest.popFirst() ?? 0) | Int(rest.popFirst() ?? 0) << 8
    defer { rest = rest.dropFirst(length) }
    return Array(rest.prefix(length))
}

private struct Session {
    private var context = CardContext()
    private var chains = CommandChains()
    private var selection = FileSelection()
    private var now: UInt64 = 0
    private var given = (exchanges: 0, sent: 0, received: 0)
    private var told = (exchanges: 0, sent: 0, received: 0)

    /// Flags: bit 0 another protocol than T=0, bit 1 a long pause before, bit 2 a reset before.
    mutating func take(_ command: [UInt8], _ response: [UInt8], _ flags: UInt8) {
        now &+= flags & 2 == 0 ? 1_000_000 : 10_000_000_000
        if flags & 4 != 0 { reset() }
        let read = CommandAPDU(command)
        let answer = ResponseAPDU(response)
        hold(read, of: command)
        look(at: read, command, answer)
        holdRedaction(command, response)
        follow(read, answer, isT0: flags & 1 == 0)
        _ = selection.observe(command: command, response: response)
        if let word = answer.statusWord { context.observe(command: command, statusWord: word) }
    }

    mutating func end() {
        note(chains.closeAll(.disconnected))
        precondition(given == told)
    }

    private mutating func reset() {
        note(chains.closeAll(.reset))
        context.reset()
        selection.forget()
    }

    private mutating func follow(_ command: CommandAPDU, _ answer: ResponseAPDU, isT0: Bool) {
        let exchange = ChainedExchange(
            command: command, context: context, isT0: isT0, startNanoseconds: now, durationNanoseconds: 1_000,
            receivedBytes: answer.dataRange.count, statusWord: answer.statusWord)
        given = (given.exchanges + 1, given.sent + command.lc, given.received + answer.dataRange.count)
        note(Array(chains.observe(exchange)))
        note(chains.closeIdle(atNanoseconds: now))
    }

    private mutating func note(_ commands: [LogicalCommand]) {
        for command in commands {
            told = (
                told.exchanges + command.exchanges, told.sent + command.sentBytes,
                told.received + command.receivedBytes
            )
        }
    }

    private func hold(_ read: CommandAPDU, of bytes: [UInt8]) {
        precondition(read.length == bytes.count && read.lc == read.dataRange.count)
        precondition(read.dataRange.lowerBound >= 0 && read.dataRange.upperBound <= bytes.count)
        precondition((0...65_536).contains(read.ne) && (!read.isMalformed || (read.lc, read.ne) == (0, 0)))
        precondition((0...19).contains(read.classByte.logicalChannel))
        precondition(CommandLookup.shared.commandLength(inExchange: bytes) <= bytes.count)
    }

    private func look(at command: CommandAPDU, _ bytes: [UInt8], _ answer: ResponseAPDU) {
        let name = command.name(context: context)
        _ = (name.name, command.classByte.family.name, command.classByte.isSecured, ChannelRequest(command))
        _ = CardSecret(contents: bytes[command.dataRange])
        guard let word = answer.statusWord else { return }
        _ = (word.label(cla: command.cla).name, word.category(cla: command.cla).name, word.triesLeft)
        _ = (word.meaning(cla: command.cla), word.pendingProactiveCommand(cla: command.cla))
        let isFault = word.errorType(command: name, cla: command.cla) != nil
        precondition(!isFault || !word.isSuccess(cla: command.cla))
    }

    /// A higher level keeps what a lower one does; what was cut stays cut.
    private func holdRedaction(_ command: [UInt8], _ response: [UInt8]) {
        var before: [UInt8]?
        for level in Redaction.Level.allCases {
            let kept = Redaction.kept(command: command, response: response, level: level)
            let whole = command + response
            let left = kept.command + kept.response
            precondition(kept.command.count == command.count && left.count == whole.count)
            precondition(zip(left, whole).allSatisfy { $0 == $1 || $0 == 0 })
            precondition(kept.cut || left == whole)
            if let before { precondition(zip(before, left).allSatisfy { $0 == 0 || $0 == $1 }) }
            let again = Redaction.kept(command: kept.command, response: kept.response, level: level)
            precondition(again.command + again.response == left)
            before = left
        }
    }
}

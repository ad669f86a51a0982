internal import ProbeEvents

/// What a relay heard between a tester and its modem.
package enum TapNews: Sendable, Equatable {
    /// A command of the tester's is done, or was given up.
    case answered(ATAnswer)
    /// The modem said something that nobody had asked for.
    case unsolicited(ATUnsolicited)
    /// A command did not get its answer in time: the first one since the modem answered last.
    case stoppedAnswering
    /// The modem answers again.
    case answersAgain
}

/// Reads what passes between a tester and its modem, on a copy; a plain value without port and clock.
///
/// A command ends with the modem's own final result, whatever the tester makes of it. Commands that are sent while an
/// earlier one is under way are told apart by time: those right behind it are a queue, a later one means that the tester
/// has given it up. Any bytes are taken, in linear time and bounded memory.
package struct TapListener: Sendable {
    /// Commands under way that are followed; a further one takes the place of the oldest.
    static let pendingLimit = 32
    /// Commands that come so soon behind another one are a queue: nobody gives up that fast.
    static let queueNanoseconds: UInt64 = 200_000_000
    /// Lines of the card's toolkit that wait for a result; a further one waits no more.
    static let earlyLimit = 8
    /// A command that is given up before that was not waited for.
    static let impatienceNanoseconds: UInt64 = 1_000_000_000

    private var input = TapInput()
    private var lines = ATLines()
    private var pending: [ATExchange] = []
    private var lastSent: UInt64 = 0
    private var header: ATUnsolicited?
    /// What the card wants next, told before the result of the command that answered it: it is behind that all the same.
    private var early: [ATUnsolicited] = []
    private var isAnswering = true
    /// What passes is data of a connection, and no talk.
    private var isOnline = false
    private var isNumeric = false

    /// A relay of which nothing passed yet.
    package init() {}

    // MARK: Time

    /// When `advance` is to be called at the latest; nil when nothing is awaited.
    package var deadline: UInt64? { pending.first?.deadline }

    /// Gives up what has run out of time.
    package mutating func advance(now: UInt64) -> [TapNews] {
        var news: [TapNews] = []
        while let first = pending.first, now >= first.deadline { news += giveUp(first, .timeout, now) }
        return news
    }

    /// The tester closed its port; the modem still ends what it does.
    package mutating func clientLeft() {
        input = TapInput()
        isOnline = false
    }

    /// The modem's port is gone.
    package mutating func portLost(now: UInt64) -> [TapNews] {
        defer { self = TapListener() }
        return pending.map { .answered($0.answer(FinalResult(.portLost), now: now)) } + takeEarly()
    }

    private mutating func giveUp(_ exchange: ATExchange, _ result: ATResult, _ now: UInt64) -> [TapNews] {
        pending.removeFirst()
        input.isText = false
        let told = [TapNews.answered(exchange.answer(FinalResult(result), now: now))] + takeEarly()
        guard result == .timeout, isAnswering else { return told }
        isAnswering = false
        return told + [.stoppedAnswering]
    }

    private mutating func takeEarly() -> [TapNews] {
        defer { early = [] }
        return early.map(TapNews.unsolicited)
    }

    // MARK: From the tester

    /// Takes what the tester sent.
    package mutating func sent(_ bytes: some Collection<UInt8>, now: UInt64) -> [TapNews] {
        var news: [TapNews] = []
        for byte in bytes {
            guard let command = input.received(byte, isOnline: isOnline) else { continue }
            news += begin(command, now)
        }
        return news
    }

    private mutating func begin(_ text: [UInt8], _ now: UInt64) -> [TapNews] {
        var news: [TapNews] = []
        if now &- lastSent > Self.queueNanoseconds || pending.count >= Self.pendingLimit {
            while let first = pending.first {
                let waited = now &- first.startNanoseconds
                news += giveUp(first, waited < Self.impatienceNanoseconds ? .aborted : .timeout, now)
            }
        }
        lastSent = now
        let command = ATCommand(String(decoding: text, as: UTF8.self))
        if let isVerbose = command.setsVerbose { isNumeric = !isVerbose }
        pending.append(ATExchange(ticket: 0, command: command, now: now))
        return news
    }

    // MARK: From the modem

    /// Takes what the modem said.
    package mutating func received(_ bytes: some Collection<UInt8>, now: UInt64) -> [TapNews] {
        var news: [TapNews] = []
        for byte in bytes {
            if let line = lines.received(byte) {
                isOnline ? takeOnline(line) : take(line, now, &news)
            } else if byte == UInt8(ascii: " ") {
                lookForPrompt()
            }
        }
        return news
    }

    /// In a connection only its end is looked for: NO CARRIER, or the OK behind the escape.
    private mutating func takeOnline(_ line: ATLines.Line) {
        guard let final = FinalResult(line: line.bytes) else { return }
        if final.result == .noCarrier || (final.result == .ok && input.hasEscaped) { isOnline = false }
    }

    private mutating func take(_ line: ATLines.Line, _ now: UInt64, _ news: inout [TapNews]) {
        if var seen = header {
            header = nil
            let isResult = !pending.isEmpty && FinalResult(line: line.bytes) != nil
            if !isResult { seen.following = line.bytes }
            news.append(.unsolicited(seen))
            if !isResult { return }
        }
        if !pending.isEmpty, pending[0].isEcho(line.bytes) { return }
        if input.isEchoOfNoise(line.bytes) { return }
        // Time runs out in silence only: how long it waits is the tester's business.
        if !pending.isEmpty { pending[0].extend(from: now) }
        if !isAnswering {
            isAnswering = true
            news.append(.answersAgain)
        }
        if let final = final(line.bytes) { return takeFinal(final, line, now, &news) }
        let code = URCName(line: line.bytes)
        guard !pending.isEmpty, URCTable.isAnswer(line.bytes, code: code, to: pending[0].question) else {
            return tellUnsolicited(line, code, &news)
        }
        pending[0].keep(line)
    }

    private func final(_ line: [UInt8]) -> FinalResult? {
        FinalResult(line: line) ?? (isNumeric && !pending.isEmpty ? FinalResult(numeric: line) : nil)
    }

    private mutating func takeFinal(
        _ final: FinalResult, _ line: ATLines.Line, _ now: UInt64, _ news: inout [TapNews]
    ) {
        guard let first = pending.first, first.isEnded(by: final) else {
            // What is late for a command that was given up concerns nobody.
            if final.isOfCall { tellUnsolicited(line, URCName(line: line.bytes), &news) }
            return
        }
        pending.removeFirst()
        input.isText = false
        isOnline = final.result == .connect
        news.append(.answered(first.answer(final, now: now)))
        news += takeEarly()
    }

    private mutating func tellUnsolicited(_ line: ATLines.Line, _ code: URCName, _ news: inout [TapNews]) {
        let seen = ATUnsolicited(code: code, line: line.bytes)
        if code.isToolkit, early.count < Self.earlyLimit, pending.first?.isForCard == true { return early.append(seen) }
        if URCTable.isFollowed(code) { header = seen } else { news.append(.unsolicited(seen)) }
    }

    /// From a prompt on the tester sends text, until Control-Z or ESC.
    private mutating func lookForPrompt() {
        guard !pending.isEmpty, pending[0].isPrompt(lines.partial) else { return }
        pending[0].noteForeignPrompt()
        lines.forget()
        input.isText = true
    }
}

/// What a tester sends, cut into command lines.
struct TapInput: Sendable {
    /// Whether text of a message is awaited, which is none of our business.
    var isText = false
    private var line: [UInt8] = []
    /// What was sent besides commands, and may come back.
    private var noise: [UInt8] = []
    private var pluses = 0

    /// Whether the last bytes were those that lead back from data to talk.
    var hasEscaped: Bool { pluses == 3 }

    /// Whether a line of the modem's is what was sent last besides commands: some testers begin with ESC and CR.
    func isEchoOfNoise(_ line: [UInt8]) -> Bool { line == noise }

    /// Takes a byte; the command line that it ends, from its AT on.
    mutating func received(_ byte: UInt8, isOnline: Bool) -> [UInt8]? {
        pluses = byte == UInt8(ascii: "+") ? min(pluses + 1, 4) : 0
        if isOnline { return nil }
        if isText {
            if byte == 0x1A || byte == 0x1B { isText = false }
            return nil
        }
        switch byte {
        case 0x0D: return endLine()
        // A line feed behind the CR is no further command.
        case 0x0A, 0x00: break
        case 0x08, 0x7F: _ = line.popLast()
        default: if line.count < ATLines.longestBytes { line.append(byte) }
        }
        return nil
    }

    private mutating func endLine() -> [UInt8]? {
        defer { line = [] }
        // Noise before a command is passed over by the modem, too (V.250, 5.2.1).
        let start = zip(line.indices, line.indices.dropFirst()).first {
            line[$0] | 0x20 == 0x61 && line[$1] | 0x20 == 0x74
        }
        if start == nil { noise = line }
        return start.map { Array(line[$0.0...]) }
    }
}

extension ATCommand {
    /// Whether basic commands of this line turn results to words or to numbers; nil when they say nothing of it.
    var setsVerbose: Bool? {
        var rest = text.utf8.dropFirst(2).map { (0x61...0x7A).contains($0) ? $0 - 0x20 : $0 }[...]
        var isVerbose: Bool?
        while let letter = rest.first, letter == UInt8(ascii: "&") || (0x41...0x5A).contains(letter) {
            let head = letter == UInt8(ascii: "&") ? 2 : 1
            let digits = rest.dropFirst(head).prefix { (0x30...0x39).contains($0) }
            switch letter {
            case UInt8(ascii: "V"): isVerbose = digits.contains { $0 != 0x30 }
            case UInt8(ascii: "Z"): isVerbose = true
            case UInt8(ascii: "&") where rest.dropFirst().first == UInt8(ascii: "F"): isVerbose = true
            // A number behind D is dialled.
            case UInt8(ascii: "D"): return isVerbose
            default: break
            }
            rest = rest.dropFirst(head + digits.count)
        }
        return isVerbose
    }
}

internal import Capture
package import ProbeEvents
package import SmartCard

/// What a piece of a log told.
package struct LogNews: Sendable {
    /// Events, in order.
    package var events: [ProbeEvent] = []
    /// What is wrong with which line, or packet.
    package var faults: [LineFault] = []
    /// The log again, without what may not leave; empty where it is only read.
    package var redacted: [UInt8] = []
}

/// Reads a log piece by piece, and keeps no more of it than a line, or what a dump or call that is not whole has.
package protocol LogReader: AnyObject {
    /// What came of it so far.
    var account: LogAccount { get }
    /// What was cut out of it so far.
    var cuts: LogCuts { get }

    /// Reads on; the pieces may be cut anywhere.
    func received(_ piece: UnsafeRawBufferPointer) -> LogNews
    /// Nothing more comes.
    func ended() -> LogNews
}

extension LogFormat {
    /// A reader of such a log by another program; nil for what the probe writes itself as events, and for test reports.
    ///
    /// - Parameters:
    ///   - client: whom the log speaks of, where it does not say so.
    ///   - level: how much of the log is written again; nil to read it only.
    package func reader(client: ClientProcess, redacting level: Redaction.Level?) -> (any LogReader)? {
        func lines(
            _ grammar: some LogGrammar, missesAnswers: Bool = true, epoch: LogTeller.Epoch = .unknown
        )
            -> any LogReader
        {
            var teller = LogTeller(client: client, missesAnswers: missesAnswers)
            teller.epoch = epoch
            teller.redactor = level.map(LogRedactor.init)
            return LineLogReader(grammar, teller)
        }
        return switch self {
        case .events, .junit: nil
        case .pcscd: lines(PCSCDLog())
        case .spy: lines(SpyLog(), epoch: .wall)
        case .openSC: lines(OpenSCLog())
        case .apdu4j: lines(APDU4JLog())
        case .hex: lines(HexLog(), missesAnswers: false)
        case .capture: PacketLogReader(client: client, redacting: level)
        }
    }

    /// Whether its times are of a day.
    package var hasTimeOfDay: Bool {
        switch self {
        case .events, .junit, .spy, .capture: true
        case .pcscd, .openSC, .apdu4j, .hex: false
        }
    }
}

/// Reads a log of lines.
final class LineLogReader<Grammar: LogGrammar>: LogReader {
    private var grammar: Grammar
    private var teller: LogTeller
    private var lines = LogLines()

    init(_ grammar: Grammar, _ teller: LogTeller) { (self.grammar, self.teller) = (grammar, teller) }

    var account: LogAccount { teller.account }
    var cuts: LogCuts { teller.redactor?.cuts ?? LogCuts() }

    func received(_ piece: UnsafeRawBufferPointer) -> LogNews {
        lines.received(piece) { read($0) }
        return news(isEnd: false)
    }

    func ended() -> LogNews {
        lines.ended { read($0) }
        grammar.ended(&teller)
        teller.end()
        return news(isEnd: true)
    }

    private func read(_ line: LogLine) {
        teller.redactor?.append(line)
        teller.note(lines: line.number)
        guard line.isTooLong else { return grammar.read(line, &teller) }
        // Of a line in pieces nothing is read but its begin, where grammars say that it is none.
        teller.tooLong(line)
    }

    private func news(isEnd: Bool) -> LogNews {
        let news = LogNews(
            events: teller.events, faults: teller.faults, redacted: teller.redactor?.take(isEnd: isEnd) ?? [])
        teller.events.removeAll(keepingCapacity: true)
        teller.faults.removeAll(keepingCapacity: true)
        return news
    }
}

/// Reads GSMTAP in capture files. Of a fault it is told once, since nothing behind it can be read.
final class PacketLogReader: LogReader {
    private var stream = CaptureStream()
    private var teller: LogTeller
    private let level: Redaction.Level?
    private var last: CapturedExchange?
    private var lastPacket: UInt64 = 0
    private var isBroken = false
    /// Where in the window which byte is to be written.
    private var patches: [(place: Int, byte: UInt8)] = []
    private(set) var cuts = LogCuts()

    init(client: ClientProcess, redacting level: Redaction.Level?) {
        teller = LogTeller(client: client, missesAnswers: true)
        teller.epoch = .wall
        self.level = level
    }

    var account: LogAccount { teller.account }

    func received(_ piece: UnsafeRawBufferPointer) -> LogNews {
        // What cannot be read cannot be judged either, and is not written again.
        guard !isBroken else { return LogNews() }
        do throws(CaptureReadError) {
            try stream.received(Array(piece))
            while let packet = try stream.next() { read(packet) }
        } catch {
            isBroken = true
            teller.unread(line: teller.account.lines, error.explanation)
        }
        return news()
    }

    func ended() -> LogNews {
        if !isBroken, let cut = stream.truncation { teller.unread(line: teller.account.lines, cut.explanation) }
        finishLast()
        patches = []
        var news = news()
        news.redacted = []
        return news
    }

    private func read(_ packet: CaptureReader.Packet) {
        teller.note(lines: teller.account.lines + 1)
        guard let range = GSMTAP.payloadRange(of: packet.data, linkType: packet.linkType) else { return }
        let start = packet.dataOffset + range.lowerBound
        switch CapturedExchange.part(packet) {
        case .exchange(let exchange):
            finishLast()
            cut(exchange, start)
            (last, lastPacket) = (exchange, teller.account.lines)
            if !exchange.isContinued { finishLast() }
        case .response(let response):
            guard var exchange = last else {
                cut(response, at: start + 5, of: [])
                return teller.unread(line: teller.account.lines, "an answer without its command")
            }
            exchange.response = response
            last = nil
            cut(response, at: start + 5, of: exchange.command)
            teller.tell(exchange, packet: lastPacket)
        case nil: return
        }
    }

    private func finishLast() {
        guard var exchange = last else { return }
        last = nil
        if exchange.isContinued { exchange.response = [] }
        teller.tell(exchange, packet: lastPacket)
    }

    // MARK: Redaction

    private func cut(_ exchange: CapturedExchange, _ start: Int) {
        guard let level else { return }
        let kept = Redaction.kept(command: exchange.command, response: exchange.response, level: level)
        guard kept.cut else { return }
        let places = exchange.places
        let before = patches.count
        patch(exchange.command[places.command], kept.command[places.command], at: start + places.payload.lowerBound)
        if !exchange.isContinued {
            patch(exchange.response[...], kept.response[...], at: start + places.response.lowerBound)
        }
        if patches.count > before { cuts.commands[CommandAPDU(exchange.command).name(), default: 0] += 1 }
    }

    private func cut(_ response: [UInt8], at start: Int, of command: [UInt8]) {
        guard let level else { return }
        let before = patches.count
        patch(
            response[...], Redaction.kept(command: command, response: response, level: level).response[...], at: start)
        if patches.count > before { cuts.commands[CommandAPDU(command).name(), default: 0] += 1 }
    }

    private func patch(_ before: ArraySlice<UInt8>, _ after: ArraySlice<UInt8>, at start: Int) {
        for (index, pair) in zip(before, after).enumerated() where pair.0 != pair.1 {
            patches.append((start + index, pair.1))
            cuts.bytes += 1
        }
    }

    private func news() -> LogNews {
        var news = LogNews(events: teller.events, faults: teller.faults)
        (teller.events, teller.faults) = ([], [])
        guard level != nil else { return news }
        news.redacted = Array(stream.window)
        for patch in patches where patch.place < news.redacted.count { news.redacted[patch.place] = patch.byte }
        patches = []
        return news
    }
}

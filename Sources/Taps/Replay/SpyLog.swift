internal import ProbeEvents

/// Reads what libpcscspy writes: each call between `>|seconds|microseconds|NAME` and
/// `<|seconds|microseconds|NAME|words|0xRESULT`, a value a line, all behind the thread's number and `@`.
///
/// It has every call of one program, so that sessions and operations are told as the probe's own tap tells them. Values
/// that are no `0x…` number are bytes in hex, or a reader's name.
struct SpyLog: LogGrammar {
    private static let threadLimit = 64
    private static let valueLimit = 64
    private static let atrAttribute: UInt64 = 0x0009_0303

    /// A call of which not all is read yet.
    private struct Call {
        var name: DeviceOperation?
        var isTransmit: Bool
        var began: UInt64
        var line: UInt64
        var numbers: [UInt64] = []
        var names: [String] = []
        /// The buffers with bytes in them, and before them for SCardTransmit the command.
        var buffers: [HexText] = []
        /// The ATRs in the cards' states, by reader.
        var cards: [(reader: String, atr: [UInt8])] = []
        var isBroken = false

        /// Whether its bytes are judged when it ends, and held back until then: what lies in a buffer after a failure is of
        /// anything.
        var isJudgedAtItsEnd: Bool {
            isTransmit || name == .status || name == .getAttribute && numbers.dropFirst().first == SpyLog.atrAttribute
        }
    }

    private static let operations: [String: DeviceOperation] = Dictionary(
        uniqueKeysWithValues: [
            .connect, .reconnect, .disconnect, .beginTransaction, .endTransaction, .control, .status, .getAttribute,
            .setAttribute, .waitForChange, .cancel, .establishContext, .releaseContext, .listReaders,
        ].map { (operation: DeviceOperation) in (operation.functionName, operation) })

    private var calls: [UInt64: Call] = [:]

    /// Whether a line begins or ends a call.
    static func isStatement(_ line: LogLine) -> Bool {
        let start = content(line).start
        return (line.has(">|", at: start) || line.has("<|", at: start)) && line.find("|SCard", from: start) != nil
    }

    mutating func read(_ line: LogLine, _ teller: inout LogTeller) {
        let (thread, start) = Self.content(line)
        if line.has(">|", at: start) {
            begin(line, thread, start + 2, &teller)
        } else if line.has("<|", at: start) {
            end(line, thread, start + 2, &teller)
        } else {
            value(line, thread, start, &teller)
        }
    }

    mutating func ended(_ teller: inout LogTeller) {
        for thread in calls.keys.sorted() { lose(thread, &teller) }
    }

    /// `7F2AC20FCB80@`, and what stands behind it.
    private static func content(_ line: LogLine) -> (thread: UInt64, start: Int) {
        guard let thread = line.hexadecimal(at: 0), line[thread.end] == UInt8(ascii: "@") else { return (0, 0) }
        return (thread.value, thread.end + 1)
    }

    private static func time(_ line: LogLine, _ place: Int) -> (nanoseconds: UInt64, end: Int)? {
        guard let seconds = line.decimal(at: place), line[seconds.end] == UInt8(ascii: "|"),
            let part = line.decimal(at: seconds.end + 1), line[part.end] == UInt8(ascii: "|"),
            seconds.value < 1 << 33, part.value < 1_000_000
        else { return nil }
        return (seconds.value * 1_000_000_000 + part.value * 1_000, part.end + 1)
    }

    // MARK: Calls

    private mutating func begin(_ line: LogLine, _ thread: UInt64, _ place: Int, _ teller: inout LogTeller) {
        lose(thread, &teller)
        guard let time = Self.time(line, place), !line.isTooLong else { return teller.unread(line, "no call") }
        if calls.count >= Self.threadLimit, let some = calls.keys.min() { lose(some, &teller) }
        let name = line.words(time.end..<(line.count - (line[line.count - 1] == 0x0D ? 1 : 0)))
        calls[thread] = Call(
            name: Self.operations[name], isTransmit: name == "SCardTransmit", began: time.nanoseconds,
            line: line.number)
    }

    private mutating func value(_ line: LogLine, _ thread: UInt64, _ start: Int, _ teller: inout LogTeller) {
        guard var call = calls[thread], !line.isTooLong else {
            // What is left of a call whose begin is missing.
            if calls[thread] == nil { return teller.other(line) }
            calls[thread]?.isBroken = true
            teller.redactor?.cutDigits(line, from: start)
            return
        }
        calls[thread] = nil
        defer { calls[thread] = call }
        guard call.numbers.count + call.names.count + call.buffers.count < Self.valueLimit else {
            return teller.other(line)
        }
        if line.has("0x", at: start), let number = line.hexadecimal(at: start + 2), line.isBlank(from: number.end) {
            call.numbers.append(number.value)
            return
        }
        var text = HexText()
        let end = text.read(line, at: start, notesPlaces: teller.redactor != nil)
        if !text.bytes.isEmpty, line.isBlank(from: end) {
            take(text, line, thread, &call, &teller)
        } else if text.bytes.isEmpty {
            call.names.append(line.words(start..<line.count))
        } else {
            call.isBroken = true
            teller.redactor?.cutDigits(line, from: start)
        }
    }

    /// Bytes: of SCardTransmit the command, then the answer; of a card's state its ATR; of other calls anything.
    private func take(
        _ text: HexText, _ line: LogLine, _ thread: UInt64, _ call: inout Call, _ teller: inout LogTeller
    ) {
        call.buffers.append(text)
        if call.name == .waitForChange, let reader = call.names.last(where: { !$0.isEmpty }) {
            call.cards.append((reader, text.bytes))
        }
        if call.isTransmit, call.buffers.count == 1 {
            command(call, thread, &teller)
        } else if call.isJudgedAtItsEnd {
            teller.redactor?.hold(line, for: thread)
        } else if call.name != .waitForChange || ![0x3B, 0x3F].contains(text.bytes[0]) || text.bytes.count > 33 {
            // A call that waits for hours would hold back all that others do meanwhile.
            teller.redactor?.cut(all: text)
        }
    }

    private func command(_ call: Call, _ thread: UInt64, _ teller: inout LogTeller) {
        guard let text = call.buffers.first else { return }
        // The last number before says how long it is.
        guard call.numbers.last == UInt64(text.bytes.count) else {
            teller.redactor?.cut(all: text)
            return
        }
        teller.command(
            text, speaker: thread, session: call.numbers.first ?? 0, line: call.line, at: call.began)
    }

    private mutating func end(_ line: LogLine, _ thread: UInt64, _ place: Int, _ teller: inout LogTeller) {
        guard let call = calls.removeValue(forKey: thread) else {
            return teller.unread(line: line.number, "the end of a call without its begin")
        }
        defer { teller.redactor?.release(thread) }
        guard let time = Self.time(line, place),
            let bar = (0..<line.count).last(where: { line[$0] == UInt8(ascii: "|") }),
            line.has("0x", at: bar + 1), let code = line.hexadecimal(at: bar + 3), line.isBlank(from: code.end)
        else { return lose(call, thread, line.number, &teller) }
        let result = UInt32(truncatingIfNeeded: code.value)
        let took = time.nanoseconds - min(call.began, time.nanoseconds)
        if call.isTransmit {
            answer(call, thread, line.number, result, time.nanoseconds, &teller)
        } else if let name = call.name {
            tell(name, call, result, took, &teller)
        }
    }

    private func answer(
        _ call: Call, _ thread: UInt64, _ line: UInt64, _ result: UInt32, _ now: UInt64, _ teller: inout LogTeller
    ) {
        guard teller.waits(thread), !call.isBroken, call.buffers.count <= 2 else {
            return lose(call, thread, line, &teller)
        }
        let text = call.buffers.count == 2 ? call.buffers[1] : HexText()
        guard result != 0 || call.numbers.last ?? 0 == UInt64(text.bytes.count) else {
            return lose(call, thread, line, &teller)
        }
        teller.answer(text, speaker: thread, line: line, at: now, resultCode: result)
    }

    /// A call of which not all can be read.
    private mutating func lose(_ thread: UInt64, _ teller: inout LogTeller) {
        guard let call = calls.removeValue(forKey: thread) else { return }
        lose(call, thread, call.line, &teller)
        teller.redactor?.release(thread)
    }

    private func lose(_ call: Call, _ thread: UInt64, _ line: UInt64, _ teller: inout LogTeller) {
        let held = call.isJudgedAtItsEnd ? call.buffers.dropFirst(call.isTransmit ? 1 : 0) : []
        for text in held { teller.redactor?.cut(all: text) }
        teller.loseAnswer(of: thread)
        teller.unread(line: line, "a call that cannot be read to its end")
    }

    // MARK: Sessions

    private func tell(
        _ name: DeviceOperation, _ call: Call, _ result: UInt32, _ took: UInt64, _ teller: inout LogTeller
    ) {
        let handle = call.numbers.first ?? 0
        let reader = name == .connect && ![0x8010_0003, 0x8010_0004].contains(result) ? call.names.first ?? "" : ""
        let hasSession: Bool =
            switch name {
            case .connect, .establishContext, .releaseContext, .listReaders, .waitForChange, .cancel, .command: false
            case .reconnect, .disconnect, .beginTransaction, .endTransaction, .control, .status, .getAttribute,
                .setAttribute:
                true
            }
        let hasContext = name == .connect || name == .listReaders || name == .waitForChange
        let control = name == .control ? call.numbers.dropFirst().first ?? 0 : 0
        // A session that was closed by this is closed behind it.
        func operation(_ key: UInt64?) {
            teller.operation(
                name, session: key, reader: reader, context: hasContext ? handle : 0,
                controlCode: UInt32(truncatingIfNeeded: control), at: call.began, took: took, resultCode: result)
        }
        operation(hasSession ? handle : nil)
        let end = call.began &+ took
        switch name {
        case .connect where result == 0: connected(call, reader, took, &teller)
        case .reconnect where result == 0:
            let active = UInt32(truncatingIfNeeded: call.numbers.last ?? 0)
            teller.reset(handle, at: end, to: active == 0 ? nil : SessionProtocol(pcsc: active))
        case .endTransaction where result == 0 && (1...3).contains(call.numbers.last ?? 0):
            teller.reset(handle, at: end)
        // INVALID_HANDLE, NO_SERVICE, READER_UNAVAILABLE: it is no session any more.
        case .disconnect where [0, 0x8010_0003, 0x8010_001D, 0x8010_0017].contains(result):
            teller.close(handle, at: end, resultCode: result)
        case .waitForChange where result == 0:
            for card in call.cards { teller.identify(reader: card.reader, atr: card.atr, at: end) }
        case .releaseContext where result == 0: teller.closeAll(ofContext: handle, at: end)
        case .status where result == 0,
            .getAttribute where result == 0 && call.isJudgedAtItsEnd:
            teller.identify(reader: teller.reader(of: handle), atr: call.buffers.last?.bytes ?? [], at: end)
        case .getAttribute where call.isJudgedAtItsEnd, .status: call.buffers.forEach { teller.redactor?.cut(all: $0) }
        default: break
        }
    }

    /// Handle and protocol are the last two numbers.
    private func connected(_ call: Call, _ reader: String, _ took: UInt64, _ teller: inout LogTeller) {
        guard call.numbers.count >= 4 else { return }
        teller.open(
            call.numbers[call.numbers.count - 2], reader: reader,
            activeProtocol: SessionProtocol(pcsc: UInt32(truncatingIfNeeded: call.numbers.last ?? 0)),
            shareMode: UInt32(truncatingIfNeeded: call.numbers[1]), context: call.numbers[0], at: call.began,
            took: took)
    }
}

/// Something that a modem does with its port, one after the other.
package struct ModemOutput: Equatable, Sendable {
    package enum Action: Equatable, Sendable {
        case send([UInt8])
        /// The port hangs up, and comes back after a time, or never.
        case hangUp(returnsAfter: Duration?)
        /// What the card asked, by its number, is given up after a time.
        case expect(number: Int, within: Duration)
    }

    /// Before it is done.
    package var delay: Duration = .zero
    package var action: Action
    /// For the log: the final result that it ends with, or the line that was not asked for.
    package var note: String = ""
    /// Whether it was not asked for, and waits for nothing before it.
    package var isUnsolicited = false
}

/// An AT modem as a pure state machine: bytes in, what it does out; no clock, no port, and no input that it traps on.
package struct VirtualModem: Sendable {
    package let script: ModemScript

    private var input = ModemInput()
    private var rules: [(rule: ModemRule, matched: Int, acted: Int)]
    private var isEchoing: Bool
    private var isVerbose = true
    var errorMode = 0
    /// `<n>` of +CREG and its relatives.
    var registrationModes: [String: Int] = [:]
    var radioState = 1
    var messageFormat = 0
    var characterSet = "GSM"
    var messagesSent = 0
    var card: ModemCard?
    var toolkit = ModemToolkitState()
    /// A message whose text is awaited.
    private var awaitedMessage = ""

    package init(script: ModemScript = ModemScript()) {
        self.script = script
        rules = script.rules.map { ($0, 0, 0) }
        isEchoing = script.echoes
        card = script.card.map { ModemCard(script: $0) }
    }

    /// Power goes and comes: settings and card begin anew, what rules have counted stays.
    mutating func restart() {
        let counted = rules
        self = VirtualModem(script: script)
        rules = counted
    }

    /// What the modem says by itself when it has come.
    package var greeting: [ModemOutput] {
        script.messages.filter { $0.command == nil }.flatMap(outputs)
    }

    /// Takes bytes; the command lines that they end, each with what the modem does about it.
    package mutating func received(_ bytes: some Sequence<UInt8>) -> [(command: String, outputs: [ModemOutput])] {
        var done: [(String, [ModemOutput])] = []
        var echo: [UInt8] = []
        for byte in bytes {
            if isEchoing { echo.append(byte) }
            guard let piece = input.received(byte) else { continue }
            var outputs = echo.isEmpty ? [] : [ModemOutput(action: .send(echo))]
            echo = []
            switch piece {
            case .command(let text):
                outputs += execute(text)
                done.append((text, outputs))
            case .text(let text):
                outputs += finishMessage(text)
                done.append((text == nil ? "ESC" : "TEXT", outputs))
            }
        }
        if !echo.isEmpty { done.append(("", [ModemOutput(action: .send(echo))])) }
        return done
    }

    // MARK: Command lines

    private mutating func execute(_ text: String) -> [ModemOutput] {
        let before = script.messages.filter { $0.isBrought(by: text) && $0.isBeforeAnswer }.flatMap(outputs)
        let behind = script.messages.filter { $0.isBrought(by: text) && !$0.isBeforeAnswer }.flatMap(outputs)
        let rule = nextRule(for: text)
        if rule?.isSilent == true { return before + behind + toolkitNews(after: text) }
        let delay = rule?.delay ?? script.delay
        var answer: (bytes: [UInt8], note: String)
        if let raw = rule?.raw {
            answer = (raw, "raw")
        } else if let lines = rule?.lines {
            answer = (lines.flatMap(framed), lines.last ?? "")
        } else {
            answer = run(text)
        }
        guard let cut = rule?.hangsUpAfterBytes else {
            return before + [ModemOutput(delay: delay, action: .send(answer.bytes), note: answer.note)] + behind
                + toolkitNews(after: text)
        }
        answer.bytes = Array(answer.bytes.prefix(cut))
        return before + [
            ModemOutput(delay: delay, action: .send(answer.bytes), note: "cut"),
            ModemOutput(action: .hangUp(returnsAfter: rule?.returnsAfter)),
        ]
    }

    private mutating func nextRule(for command: String) -> ModemRule? {
        var acting: ModemRule?
        for index in rules.indices where rules[index].rule.matches(command) {
            rules[index].matched += 1
            let entry = rules[index]
            guard acting == nil, entry.matched > entry.rule.after, entry.acted < entry.rule.times ?? .max else {
                continue
            }
            rules[index].acted += 1
            acting = entry.rule
        }
        return acting
    }

    /// Runs the commands of a line one after the other; the first that fails ends it (V.250, 5.2.1).
    private mutating func run(_ text: String) -> (bytes: [UInt8], note: String) {
        var bytes: [UInt8] = []
        for part in Self.commands(in: text) {
            let reply = perform(part)
            bytes += reply.lines.flatMap(framed)
            switch reply.end {
            case .ok: continue
            case .prompt(let message):
                awaitedMessage = message
                input.isAtPrompt = true
                return (bytes + Array("\r\n> ".utf8), "")
            case .error, .failed:
                let result = final(reply.end)
                return (bytes + result.bytes, result.note)
            case .result(let text): return (bytes + framed(text), text)
            }
        }
        let result = final(.ok)
        return (bytes + result.bytes, result.note)
    }

    /// `AT+CSQ;+CREG?` as two commands; basic commands may stand side by side: `ATE0V1`.
    private static func commands(in text: String) -> [String] {
        var isQuoted = false
        let parts = text.dropFirst(2).split { character in
            if character == "\"" { isQuoted.toggle() }
            return character == ";" && !isQuoted
        }
        return parts.isEmpty ? ["AT"] : parts.flatMap { basicCommands(in: $0) }.map { "AT" + $0 }
    }

    private static func basicCommands(in part: Substring) -> [String] {
        var commands: [String] = []
        var rest = part.drop { $0 == " " }
        while let first = rest.first, "EVQXZIHO&".contains(first.uppercased()) {
            let letters = first == "&" ? 2 : 1
            let digits = rest.dropFirst(letters).prefix { $0.isNumber }
            commands.append(String(rest.prefix(letters + digits.count)))
            rest = rest.dropFirst(letters + digits.count).drop { $0 == " " }
        }
        return rest.isEmpty ? commands : commands + [String(rest)]
    }

    private mutating func finishMessage(_ text: [UInt8]?) -> [ModemOutput] {
        // ESC ends a message without sending it: OK (TS 27.005, 3.5.1).
        guard text != nil else { return [ModemOutput(action: .send(framed("OK")), note: "OK")] }
        messagesSent += 1
        let bytes = framed("\(awaitedMessage): \(messagesSent)") + framed("OK")
        return [ModemOutput(delay: script.delay, action: .send(bytes), note: "OK")]
    }

    // MARK: Words

    mutating func setEcho(_ isOn: Bool) { isEchoing = isOn }
    mutating func setVerbose(_ isOn: Bool) { isVerbose = isOn }

    private func framed(_ line: String) -> [UInt8] {
        Array((isVerbose ? "\r\n\(line)\r\n" : "\(line)\r\n").utf8)
    }

    private func final(_ end: ModemReply.End) -> (bytes: [UInt8], note: String) {
        switch end {
        case .ok: return isVerbose ? (framed("OK"), "OK") : (Array("0\r".utf8), "OK")
        case .failed(let code) where errorMode > 0:
            let text = errorMode == 1 ? "\(code)" : ModemReply.text(of: code)
            return (framed("+CME ERROR: \(text)"), "+CME ERROR: \(text)")
        default: return isVerbose ? (framed("ERROR"), "ERROR") : (Array("4\r".utf8), "ERROR")
        }
    }

    private func outputs(of message: ModemMessage) -> [ModemOutput] {
        let note: String = if case .line(let text) = message.content { text } else { "raw" }
        return (0..<max(1, message.times)).map { number in
            ModemOutput(
                delay: number == 0 ? message.after : message.pause, action: .send(message.bytes), note: note,
                isUnsolicited: true)
        }
    }
}

/// What a command is answered by.
struct ModemReply {
    enum End: Equatable {
        case ok, error
        /// An error of the equipment, by its number.
        case failed(Int)
        /// A text is awaited; the prefix of the line that tells its number.
        case prompt(String)
        /// A result of another kind.
        case result(String)
    }

    var lines: [String] = []
    var end: End = .ok

    static let error = ModemReply(end: .error)

    static func line(_ text: String) -> ModemReply { ModemReply(lines: [text]) }

    /// What AT+CMEE=2 shows.
    static func text(of code: Int) -> String {
        switch code {
        case 3: "operation not allowed"
        case 4: "operation not supported"
        case 10: "SIM not inserted"
        case 11: "SIM PIN required"
        case 12: "SIM PUK required"
        case 13: "SIM failure"
        case 16: "incorrect password"
        case 50: "incorrect parameters"
        default: "unknown"
        }
    }
}

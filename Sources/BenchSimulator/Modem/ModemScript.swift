/// Everything that can be said about a virtual modem; the default is one that works and answers at once.
package struct ModemScript: Sendable {
    package var profile = ModemProfile.table[0]
    /// 14 or 15 digits; the last of 15 is the Luhn digit.
    package var imei = "356938035643809"
    package var card: CardScript? = CardScript()
    /// Whether what is sent comes back before the answer, until ATE0.
    package var echoes = true
    /// Before every answer, unless a rule says otherwise.
    package var delay: Duration = .zero
    package var network = ModemNetwork()
    package var rules: [ModemRule] = []
    package var messages: [ModemMessage] = []
    /// How the card's commands are put to a program; nil for a modem that keeps them to itself.
    package var toolkit: ModemToolkitRules?
    /// Largest piece that is written at once; nil for whole answers.
    package var chunkBytes: Int?
    /// Between two pieces.
    package var chunkPause = Duration.milliseconds(1)

    package init() {}
}

/// What the modem says of its network.
package struct ModemNetwork: Sendable, Equatable {
    package var operatorName = "CardLink Test"
    /// State of registration by the number of TS 27.007, in all domains.
    package var state = 1
    /// `AcT` by the number of TS 27.007.
    package var accessTechnology = 7
    /// Strength of the channel, dBm.
    package var rssi = -73
    /// Power of the reference signal, dBm.
    package var rsrp = -95
    /// Quality of the reference signal, dB.
    package var rsrq = -11

    package init() {}
}

/// When a modem begins to put its card's commands to a program, in the lines of its maker, and how long it waits.
package struct ModemToolkitRules: Sendable, Equatable {
    /// The command line at which the card is told of its terminal; a star at its end stands for anything.
    package var on: String
    /// How long the answer to a command is awaited, before the card is told that there is none.
    package var timeout = Duration.seconds(30)

    package init(on: String) { self.on = on }
}

/// One way in which the modem departs from what it would do at a command.
package struct ModemRule: Sendable, Equatable {
    /// The command's text, in upper case; a star at its end stands for anything.
    package var pattern: String
    package var delay: Duration?
    /// The lines of the answer, its final result last; nil for what the modem would say.
    package var lines: [String]?
    /// In place of lines: bytes as they stand.
    package var raw: [UInt8]?
    /// No answer at all.
    package var isSilent = false
    /// Matching commands that pass before the rule acts.
    package var after = 0
    /// How often it acts; nil for ever.
    package var times: Int?
    /// Bytes of the answer after which the port hangs up; nil for none.
    package var hangsUpAfterBytes: Int?
    /// How long after that it comes back; nil leaves it gone.
    package var returnsAfter: Duration?

    package init(pattern: String) {
        self.pattern = pattern.uppercased()
    }

    func matches(_ command: String) -> Bool {
        let command = command.uppercased()
        return pattern.hasSuffix("*") ? command.hasPrefix(pattern.dropLast()) : command == pattern
    }
}

/// Something that the modem says by itself.
package struct ModemMessage: Sendable, Equatable {
    /// A line, which goes out between CR LF, or bytes as they stand.
    package enum Content: Sendable, Equatable {
        case line(String)
        case raw([UInt8])
    }

    package var content: Content
    /// After the modem came, or after the command.
    package var after: Duration = .zero
    /// The command that brings it; nil for the modem's coming.
    package var command: String?
    package var times = 1
    /// Between two of them.
    package var pause: Duration = .zero
    /// Before the answer of its command, and not behind it.
    package var isBeforeAnswer = false

    package init(content: Content) {
        self.content = content
    }

    func isBrought(by command: String) -> Bool {
        self.command.map { ModemRule(pattern: $0).matches(command) } ?? false
    }

    var bytes: [UInt8] {
        switch content {
        case .line(let text): Array("\r\n\(text)\r\n".utf8)
        case .raw(let bytes): bytes
        }
    }
}

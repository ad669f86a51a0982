public import ProbeEvents

/// A command for a modem.
public struct ATCommand: Sendable, Hashable {
    /// Its text, `AT+CSQ`, without the CR that ends it.
    public var text: String
    /// What is sent at the prompt behind it, such as a message; nil for a command without prompt.
    public var data: [UInt8]?
    /// How long its final result is awaited, nanoseconds.
    public var timeoutNanoseconds: UInt64

    /// A command with the time that its kind takes, unless another one is given.
    ///
    /// Line ends and control characters in the text, which would make a second command of it, are left out.
    public init(_ text: String, data: [UInt8]? = nil, timeout: Duration? = nil) {
        self.text = String(String.UnicodeScalarView(text.unicodeScalars.filter { $0.isASCII && $0.value >= 0x20 }))
        self.data = data
        timeoutNanoseconds =
            timeout.map(\.wholeNanoseconds) ?? ATCommandClass(text: self.text, hasData: data != nil).nanoseconds
    }

    /// Its name for metrics.
    public var name: ATCommandName { ATCommandName(text: text.utf8) }
}

/// Kinds of command by how long they may take.
package enum ATCommandClass: Sendable {
    /// Asks what the modem knows.
    case query
    /// Sets something, or asks the card.
    case action
    /// Sends or reads messages.
    case message
    /// Asks the network: search, attach, contexts, radio on and off.
    case network
    /// Makes or takes a call, or a data connection.
    case call

    private static let networkNames: Set<ATCommandName> = [.cops, .cfun, .cgatt, .cgact]
    private static let queries: Set<ATCommandName> = [
        .at, .ate, .ati, .cgmi, .cgmm, .cgmr, .cgsn, .csq, .cesq, .creg, .cgreg, .cereg, .c5greg, .cmee, .cgpaddr,
        .cgcontrdp,
    ]

    /// The class of a command.
    init(text: String, hasData: Bool) {
        let name = ATCommandName(text: text.utf8)
        let head = text.prefix(10).uppercased()
        if hasData || name == .cmgs {
            self = .message
        } else if ["ATD", "ATA", "ATO", "ATH", "AT+CGDATA"].contains(where: head.hasPrefix) {
            self = .call
        } else if Self.queries.contains(name) || (text.hasSuffix("?") && !text.hasSuffix("=?")) {
            self = .query
        } else {
            self = Self.networkNames.contains(name) ? .network : .action
        }
    }

    /// The longest that such a command takes: V.250 and TS 27.007 name no times; vendors' manuals have these.
    var nanoseconds: UInt64 {
        switch self {
        case .query: 5_000_000_000
        case .action: 15_000_000_000
        case .message: 60_000_000_000
        case .call: 120_000_000_000
        case .network: 180_000_000_000
        }
    }
}

/// What a modem answered.
public struct ATAnswer: Sendable, Equatable {
    /// The command.
    public var command: ATCommand
    /// How it ended.
    public var final: FinalResult
    /// The lines before the final result that belong to it, without echo and unasked codes.
    public var lines: [[UInt8]] = []
    /// Whether lines were left out or cut, since there were too many.
    public var isCut = false
    /// When it was written, nanoseconds on CLOCK_MONOTONIC; nil for one that never was.
    public var sentNanoseconds: UInt64?
    /// Time from there to the final result, or until it was given up, nanoseconds.
    public var durationNanoseconds: UInt64 = 0

    /// Whether the modem did what it was asked.
    public var isSuccess: Bool { final.result.isSuccess }

    /// The lines as text.
    public var texts: [String] { lines.map { String(decoding: $0, as: UTF8.self) } }
}

extension Duration {
    /// Nanoseconds; a negative time is none.
    var wholeNanoseconds: UInt64 {
        let (seconds, attoseconds) = components
        let (whole, overflow) = UInt64(clamping: seconds).multipliedReportingOverflow(by: 1_000_000_000)
        return overflow ? .max : whole &+ UInt64(clamping: attoseconds / 1_000_000_000)
    }
}

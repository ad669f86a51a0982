/// How a terminal carried out a proactive command: the Result object (TS 102 223, 8.12).
public struct ToolkitResult: Hashable, Sendable {
    /// What the first digit of the general result says.
    public enum Category: Hashable, Sendable {
        /// 0X: it was done.
        case performed
        /// 1X: the user ended it.
        case user
        /// 2X: it may be tried again.
        case temporary
        /// 3X: trying the same again is useless.
        case permanent
        /// Anything else.
        case unknown
    }

    /// The general result.
    public let general: UInt8
    /// The first byte of the additional information, if there is one.
    public let additional: UInt8?

    /// A result from its bytes.
    public init(general: UInt8, additional: UInt8? = nil) { (self.general, self.additional) = (general, additional) }

    /// Reads the value of the Result object; nil when it is empty.
    public init?(_ value: some Collection<UInt8>) {
        guard let general = value.first else { return nil }
        self.init(general: general, additional: value.dropFirst().first)
    }

    /// What it comes to.
    public var category: Category {
        switch general >> 4 {
        case 0: .performed
        case 1: .user
        case 2: .temporary
        case 3: .permanent
        default: .unknown
        }
    }

    /// Whether the command was done.
    public var isPerformed: Bool { category == .performed }

    /// In words: the general result, and the additional information where it has a meaning.
    public var meaning: String {
        let text = Self.generalResults[general] ?? "result \(hexByte(general))"
        guard let additional else { return text }
        let table = Self.additionalResults[general] ?? [:]
        return "\(text): \(table[additional] ?? "cause \(hexByte(additional))")"
    }

    private static let generalResults: [UInt8: String] = [
        0x00: "performed",
        0x01: "performed with partial comprehension",
        0x02: "performed with missing information",
        0x03: "REFRESH performed, more files read",
        0x04: "performed without the icon",
        0x05: "performed, modified by call control",
        0x06: "performed, limited service",
        0x07: "performed with modification",
        0x08: "REFRESH performed, application not active",
        0x09: "performed, tone not played",
        0x10: "session ended by the user",
        0x11: "backward move asked for by the user",
        0x12: "no response from the user",
        0x13: "help asked for by the user",
        0x14: "transaction ended by the user",
        0x20: "terminal currently unable",
        0x21: "network currently unable",
        0x22: "not accepted by the user",
        0x23: "call cleared by the user",
        0x24: "contradiction with the timer's state",
        0x25: "call control, temporary problem",
        0x26: "browser launch error",
        0x27: "MMS, temporary problem",
        0x30: "beyond the terminal's capabilities",
        0x31: "command type not understood",
        0x32: "command data not understood",
        0x33: "command number not known",
        0x34: "SS return error",
        0x35: "SMS RP-ERROR",
        0x36: "required values missing",
        0x37: "USSD return error",
        0x38: "MultipleCard error",
        0x39: "call control, permanent problem",
        0x3A: "BIP error",
        0x3B: "access technology unable to process",
        0x3C: "frames error",
        0x3D: "MMS error",
    ]

    /// By general result. That of 21 is the network's cause, which has no table here.
    private static let additionalResults: [UInt8: [UInt8: String]] = [
        0x20: [
            0x00: "no cause",
            0x01: "screen busy",
            0x02: "busy on a call",
            0x03: "busy on SS",
            0x04: "no service",
            0x05: "access class barred",
            0x06: "radio resource not granted",
            0x07: "not in a speech call",
            0x08: "busy on USSD",
            0x09: "busy on DTMF",
            0x0A: "no application active",
        ],
        0x3A: [
            0x00: "no cause",
            0x01: "no channel available",
            0x02: "channel closed",
            0x03: "channel identifier not valid",
            0x04: "buffer size not available",
            0x05: "security error",
            0x06: "transport level not available",
            0x07: "remote device not reachable",
            0x08: "service error",
            0x09: "service identifier unknown",
            0x10: "port not available",
            0x11: "launch parameters missing or incorrect",
            0x12: "application launch failed",
        ],
    ]
}

/// Two hex digits, upper case.
func hexByte(_ byte: UInt8) -> String {
    let digits = String(byte, radix: 16, uppercase: true)
    return digits.count == 1 ? "0" + digits : digits
}

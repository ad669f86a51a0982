/// A COMPREHENSION-TLV tag of proactive commands, terminal responses and envelopes: number, name, may it be kept.
///
/// Clause: ETSI TS 101 220, 7.2. To add a tag, add a row to ``all``.
public struct ToolkitTag: Hashable, Sendable {
    /// The number without the comprehension bit.
    public let number: UInt16
    /// What the value holds.
    public let name: String
    /// The value says how a channel does and nothing about a person, so redaction keeps it.
    public let isKept: Bool

    private init(_ number: UInt16, _ name: String, kept: Bool = false) {
        (self.number, self.name, self.isKept) = (number, name, kept)
    }

    /// The tag with this number; nil when the table has no row for it.
    public static func named(_ number: UInt16) -> ToolkitTag? {
        all.first { $0.number == number }
    }

    /// The table.
    public static let all: [ToolkitTag] = [
        ToolkitTag(0x01, "command details", kept: true),
        ToolkitTag(0x02, "device identities", kept: true),
        ToolkitTag(0x03, "result", kept: true),
        ToolkitTag(0x04, "duration"),
        ToolkitTag(0x05, "alpha identifier"),
        ToolkitTag(0x06, "address"),
        ToolkitTag(0x08, "subaddress"),
        ToolkitTag(0x0B, "SMS TPDU"),
        ToolkitTag(0x0C, "cell broadcast page"),
        ToolkitTag(0x0D, "text string"),
        ToolkitTag(0x19, "event list", kept: true),
        ToolkitTag(0x1E, "icon identifier"),
        ToolkitTag(0x2F, "AID"),
        ToolkitTag(0x35, "bearer description", kept: true),
        ToolkitTag(0x36, "channel data"),
        ToolkitTag(0x37, "channel data length", kept: true),
        ToolkitTag(0x38, "channel status", kept: true),
        ToolkitTag(0x39, "buffer size", kept: true),
        ToolkitTag(0x3C, "transport level", kept: true),
        ToolkitTag(0x3E, "other address"),
        ToolkitTag(0x3F, "access technology"),
        ToolkitTag(0x40, "DNS server address"),
        ToolkitTag(0x41, "service record"),
        ToolkitTag(0x42, "device filter"),
        ToolkitTag(0x43, "service search"),
        ToolkitTag(0x44, "attribute information"),
        ToolkitTag(0x45, "service availability"),
        ToolkitTag(0x47, "network access name"),
        ToolkitTag(0x49, "remote entity address"),
        ToolkitTag(0x50, "text attribute"),
        ToolkitTag(0x68, "frame identifier"),
    ]

    /// The TPDU of a short message.
    static let message: UInt16 = 0x0B
    /// A page of a cell broadcast.
    static let page: UInt16 = 0x0C

    private static let kept = Set(all.filter(\.isKept).map(\.number))

    /// True when the value of this tag may be kept.
    static func isKept(_ number: UInt16) -> Bool {
        kept.contains(number)
    }

    /// True for the BER tag of a proactive command (D0) or of an envelope (D1..DF).
    static func isOuter(_ tag: UInt8) -> Bool {
        tag & 0xF0 == 0xD0
    }
}

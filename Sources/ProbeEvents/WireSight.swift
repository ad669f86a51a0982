package import SmartCard

/// What passed on a wire, as a capture shows it: more than an event tells, and never a secret.
///
/// The tap that saw it cuts it before it tells; what was cut has its length still.
package enum WireSight: Sendable, Hashable {
    /// A connection did something.
    case stream(StreamSight)
    /// A line went to a modem or came from it.
    case line(ATLineSight)
    /// A modem told what its card wants, or what the card was answered.
    case toolkit(ToolkitSight)
}

/// A capture, as a tap sees it: hears what passes, and says how much of it may be kept.
///
/// Like an ``EventSink`` it never blocks whoever tells.
package protocol WireSink: AnyObject, Sendable {
    /// How much of commands to cards, and of their responses, may be kept.
    var level: Redaction.Level { get }
    /// Whether identities stay in clear.
    var showsIdentities: Bool { get }
    /// Takes what was seen; called from any thread, in order for one wire.
    func receive(_ sight: WireSight)
}

/// What one side of a TCP connection did.
package struct StreamSight: Sendable, Hashable {
    /// What it did.
    package enum Deed: Sendable, Hashable {
        /// The client connected, from an address to another one.
        case opened(client: StreamEnd, server: StreamEnd)
        /// It sent bytes.
        case sent([UInt8])
        /// It sends no more.
        case closed
        /// It broke off.
        case reset
        /// Nothing more comes of either side.
        case over
    }

    /// Which connection of which tap.
    package var link: TLSLink
    /// The side.
    package var peer: TLSPeer
    /// What it did.
    package var deed: Deed
    /// When, nanoseconds since 1970 in UTC.
    package var wallNanoseconds: UInt64
    /// Bytes that were written as 00.
    package var cutBytes = 0
    /// What became of identities: `identity hashed`; empty when there was none.
    package var remark = ""

    /// A deed from its parts.
    package init(link: TLSLink, peer: TLSPeer, deed: Deed, wallNanoseconds: UInt64) {
        (self.link, self.peer, self.deed, self.wallNanoseconds) = (link, peer, deed, wallNanoseconds)
    }
}

/// An end of a TCP connection.
package struct StreamEnd: Sendable, Hashable {
    /// An IPv4 address of four bytes or an IPv6 address of sixteen.
    package var address: [UInt8]
    /// Its port.
    package var port: UInt16

    /// An end from its parts.
    package init(address: [UInt8], port: UInt16) { (self.address, self.port) = (address, port) }
}

/// A line between a program and a modem.
package struct ATLineSight: Sendable, Hashable {
    /// The modem's stable name on this bench.
    package var modem: String
    /// Whether it went to the modem.
    package var isSent: Bool
    /// Its bytes without line end; a character that may not be shown is `*`, a digit of hex `0`.
    package var line: [UInt8]
    /// Characters that were replaced so, or left out.
    package var cutCharacters: Int
    /// When its end passed, nanoseconds since 1970 in UTC.
    package var wallNanoseconds: UInt64

    /// A line from its parts.
    package init(modem: String, isSent: Bool, line: [UInt8], cutCharacters: Int, wallNanoseconds: UInt64) {
        (self.modem, self.isSent, self.line) = (modem, isSent, line)
        (self.cutCharacters, self.wallNanoseconds) = (cutCharacters, wallNanoseconds)
    }
}

/// What passed between the toolkit of a card in a modem and its terminal, as the modem's lines tell it.
package struct ToolkitSight: Sendable, Hashable {
    /// Whose words they are.
    package enum Kind: Sendable, Hashable {
        /// The card's command.
        case command
        /// The terminal's answer.
        case response
        /// The terminal's message to the card.
        case envelope
    }

    /// The modem's stable name on this bench.
    package var modem: String
    /// Whose words they are.
    package var kind: Kind
    /// Them; bytes that may not be shown are 0.
    package var bytes: [UInt8]
    /// Bytes that were written as 00.
    package var cutBytes: Int
    /// When the line's end passed, nanoseconds since 1970 in UTC.
    package var wallNanoseconds: UInt64

    /// Words from their parts.
    package init(modem: String, kind: Kind, bytes: [UInt8], cutBytes: Int, wallNanoseconds: UInt64) {
        (self.modem, self.kind, self.bytes) = (modem, kind, bytes)
        (self.cutBytes, self.wallNanoseconds) = (cutBytes, wallNanoseconds)
    }
}

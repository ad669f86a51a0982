internal import ProbeEvents
internal import SmartCard

/// Tells a capture the lines between a program and a modem, and what they say of the card's toolkit.
struct ATLineCopy: Sendable {
    private let modem: String
    private let sink: any WireSink
    private var mask: ATLineMask
    private var sent = ATLines()
    private var received = ATLines()

    /// A copy of a wire on which nothing passed yet.
    init(modem: String, into sink: any WireSink) {
        (self.modem, self.sink) = (modem, sink)
        mask = ATLineMask(level: sink.level)
    }

    /// Whose modem it is, where that is known otherwise than by its answers.
    mutating func note(_ vendor: ModemVendor) {
        if vendor != .unknown { mask.vendor = vendor }
    }

    /// Takes what a program sent.
    mutating func sent(_ bytes: some Collection<UInt8>) {
        for byte in bytes {
            // Text for a message ends with these (TS 27.005, 3.5.1).
            let isEnd = byte == 0x1A || byte == 0x1B
            guard let line = sent.received(isEnd ? 0x0D : byte) else { continue }
            tell(mask.sent(line.bytes), isSent: true)
        }
    }

    /// Takes what the modem said.
    mutating func received(_ bytes: some Collection<UInt8>) {
        for byte in bytes {
            guard let line = received.received(byte) else { continue }
            tell(mask.received(line.bytes), isSent: false)
        }
    }

    /// The wire is gone; another one may come.
    mutating func forget() { self = ATLineCopy(modem: modem, into: sink) }

    private func tell(_ masked: ATLineMask.Masked, isSent: Bool) {
        let wall = EventClock.now.wallNanoseconds
        sink.receive(
            .line(
                ATLineSight(
                    modem: modem, isSent: isSent, line: masked.line, cutCharacters: masked.cutCharacters,
                    wallNanoseconds: wall)))
        guard let words = masked.toolkit else { return }
        sink.receive(
            .toolkit(
                ToolkitSight(
                    modem: modem, kind: words.kind, bytes: words.bytes, cutBytes: words.cutBytes,
                    wallNanoseconds: wall)))
    }
}

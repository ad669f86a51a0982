internal import ProbeEvents
internal import SmartCard

/// What a modem told of its card's toolkit, as the exchange that carries such words between a terminal and a card.
///
/// That exchange was between the modem and its card, and nobody saw it: the comment says so, and it counts as none.
struct ToolkitPacket {
    /// `CLA INS P1 P2 P3 [data] SW1 SW2`; of a status word that is not known 0000.
    let payload: [UInt8]
    let comment: String

    /// What the comment begins with, by which a reader knows it.
    static let mark = "toolkit: "

    init(_ sight: ToolkitSight) {
        let length = UInt8(truncatingIfNeeded: sight.bytes.count)
        let ins: UInt8 =
            switch sight.kind {
            case .command: 0x12
            case .response: 0x14
            case .envelope: 0xC2
            }
        let statusWord: [UInt8] = sight.kind == .command ? [0x90, 0x00] : [0x00, 0x00]
        payload = [0x80, ins, 0x00, 0x00, length] + sight.bytes + statusWord
        let cut = sight.cutBytes > 0 ? "; \(sight.cutBytes) bytes cut" : ""
        comment = "\(Self.mark)\(Self.words(sight)); as the lines of its modem tell it, no exchange\(cut)"
    }

    private static func words(_ sight: ToolkitSight) -> String {
        switch sight.kind {
        case .command: "the card wants \(name((try? ProactiveCommand(sight.bytes))?.details))"
        case .response: "answer to \(name((try? TerminalResponse(sight.bytes))?.details))"
        case .envelope: "envelope to the card"
        }
    }

    private static func name(_ details: CommandDetails?) -> String { details?.type.name ?? "a command" }
}

internal import ProbeEvents
internal import SmartCard

/// One command as the program means it, and the exchanges that it takes; no I/O.
///
/// Clauses: TS 102 221, 7.3.1.1; TS 51.011, 9.4; ISO/IEC 7816-3, 10.3.
struct FollowedCommand {
    /// A card that goes on and on is stopped here: 65,536 bytes in pieces of 256, and the exchanges around them.
    static let mostExchanges = 260

    /// What is to be sent next; nil when nothing is.
    private(set) var next: [UInt8]?
    private let command: CommandAPDU
    private let isT0: Bool
    private var last: [UInt8]
    private var exchanges = 0
    private var data: [UInt8] = []
    private var statusWord = StatusWord(0)

    init(_ bytes: [UInt8], over sessionProtocol: SessionProtocol) {
        command = CommandAPDU(bytes)
        isT0 = sessionProtocol == .t0
        last = isT0 && command.form == .case4S ? bytes.dropLast() : bytes
        next = last
    }

    /// What came of it so far.
    var response: CardResponse {
        CardResponse(data: data, statusWord: statusWord, cla: command.cla, exchanges: exchanges)
    }

    mutating func receive(_ answer: CardResponse) {
        exchanges += 1
        data += answer.data
        statusWord = answer.statusWord
        next = exchanges < Self.mostExchanges ? continuation(answer) : nil
        last = next ?? last
    }

    private func continuation(_ answer: CardResponse) -> [UInt8]? {
        switch answer.statusWord.sw1 {
        case 0x61: getResponse(answer.statusWord.sw2)
        case 0x9F where command.cla == 0xA0: getResponse(answer.statusWord.sw2)
        case 0x6C: again(expecting: answer.statusWord.sw2)
        // The data of a command that ends with a warning wait as well; GET RESPONSE with 00 asks how much they are.
        case 0x62, 0x63: hidesData(answer) ? getResponse(0) : nil
        default: nil
        }
    }

    private func hidesData(_ answer: CardResponse) -> Bool {
        isT0 && exchanges == 1 && command.form == .case4S && answer.data.isEmpty && answer.statusWord.value != 0x6310
    }

    /// In the command's own class, which tells the logical channel.
    private func getResponse(_ length: UInt8) -> [UInt8] {
        [command.cla, 0xC0, 0x00, 0x00, length]
    }

    /// The same once more with the right Le: once only, a card that says 6CXX twice to it means something else.
    private func again(expecting length: UInt8) -> [UInt8]? {
        let sent = CommandAPDU(last)
        guard sent.ne != (length == 0 ? 256 : Int(length)) else { return nil }
        switch sent.form {
        case .case1: return last + [length]
        case .case2S, .case4S: return last.dropLast() + [length]
        default: return nil
        }
    }
}

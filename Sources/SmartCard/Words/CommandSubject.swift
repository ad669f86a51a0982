/// What a command is about, as far as the commands before tell: the file that it works on, and where names are looked up.
public struct CommandSubject: Hashable, Sendable {
    /// The file.
    public var target: FileSelection.Target
    /// The directory before the command; nil when it is not known.
    public var directory: CardDirectory?
    /// The application before the command; nil when it is not known.
    public var application: CardDirectory?

    /// A command of which nothing is known but itself.
    public init() { (target, directory, application) = (.none, nil, nil) }
}

/// Follows which directory and file are selected on each logical channel of a card, in order to name them.
///
/// One for a card, whoever talks to it: selections are the card's.
public struct CardPlace: Hashable, Sendable {
    private struct Channel: Hashable {
        var directory: CardDirectory?
        var application: CardDirectory?
    }

    private var selection = FileSelection()
    private var channels: [Int: Channel] = [:]

    /// A card of which nothing is known.
    public init() {}

    /// Forgets all: the card may have been reset, or commands were not seen.
    public mutating func forget() { self = CardPlace() }

    /// What an exchange was about; learns from it for the next one. `response` has the status word; it is empty when the
    /// transmission failed.
    public mutating func observe(command bytes: [UInt8], response: [UInt8]) -> CommandSubject {
        let command = CommandAPDU(bytes)
        let channel = command.classByte.logicalChannel
        var subject = CommandSubject()
        subject.directory = channels[channel]?.directory
        subject.application = channels[channel]?.application
        subject.target = selection.observe(command: bytes, response: response)
        guard let statusWord = ResponseAPDU(response).statusWord else {
            channels = [:]
            return subject
        }
        guard !command.isMalformed, statusWord.isSuccess(cla: command.cla) else { return subject }
        switch command.ins {
        case 0xA4 where Redaction.isPlain(command.cla) && command.cla != 0xFF:
            select(command, bytes[command.dataRange], on: channel)
        case 0x70: changeChannels(ChannelRequest(command))
        default: break
        }
        return subject
    }

    private mutating func select(_ command: CommandAPDU, _ data: ArraySlice<UInt8>, on channel: Int) {
        let now = channels[channel] ?? Channel()
        switch command.p1 {
        case 0x04:
            let application = ApplicationNames.row(of: data)?.directory ?? .otherApplication
            channels[channel] = Channel(directory: application, application: application)
        case 0x00 where data.isEmpty: channels[channel] = Channel(directory: .master, application: now.application)
        case 0x00, 0x08, 0x09:
            let start = command.p1 == 0x08 ? .master : now.directory
            let end = CommandWords.path(data, from: start, application: now.application).directory
            channels[channel] = Channel(directory: end, application: now.application)
        case 0x02: break
        default: channels[channel] = Channel(directory: nil, application: now.application)
        }
    }

    private mutating func changeChannels(_ request: ChannelRequest?) {
        switch request {
        case .open(let number), .close(let number): channels[Int(number)] = nil
        case .openAny: channels = channels.filter { $0.key == 0 }
        case nil: channels = [:]
        }
    }
}

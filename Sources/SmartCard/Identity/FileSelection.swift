/// Follows which file is selected on each logical channel of a card, from what one session says to it.
///
/// Where it is not certain it says so: after a SELECT that failed, a channel opened or closed, a reset, anything that
/// creates or deletes a file, and at the begin. Clauses: ISO/IEC 7816-4, 7.1 and 11.1; TS 102 221, 8.4 and 11.1.1.
public struct FileSelection: Hashable, Sendable {
    /// What a command works on.
    public enum Target: Hashable, Sendable {
        /// A file that is known.
        case file(CardFile)
        /// A file, and nobody can tell which.
        case unknown
        /// No file at all.
        case none
    }

    /// The directory that is selected, as far as short identifiers mean something in it.
    private enum Directory: Hashable {
        case unknown, master, usim
    }

    private struct Channel: Hashable {
        var directory = Directory.unknown
        var file: CardFile?
    }

    private var channels: [Int: Channel] = [:]

    /// A card of which nothing is known.
    public init() {}

    /// Forgets all: the card was reset, somebody else may have selected something, or events were lost.
    public mutating func forget() { channels = [:] }

    /// What an exchange worked on; learns from it for the next one. `response` is that with the status word; empty when
    /// the transmission failed, after which nothing is certain.
    public mutating func observe(command bytes: [UInt8], response: [UInt8]) -> Target {
        let command = CommandAPDU(bytes)
        guard let statusWord = ResponseAPDU(response).statusWord else {
            let target = target(command)
            forget()
            return target
        }
        guard isUnderstood(command) else {
            forget()
            return .none
        }
        guard command.cla != 0xFF else { return .none }
        let channel = command.classByte.logicalChannel
        let isDone = statusWord.isSuccess(cla: command.cla)
        switch (command.cla, command.ins) {
        case (_, 0xA4):
            channels[channel] = isDone ? selected(command, bytes[command.dataRange], channels[channel]) : nil
        case (_, 0x70): isDone ? changeChannels(ChannelRequest(command)) : ()
        // SELECT DATA, and what makes, deletes, ends or resizes a file.
        case (_, 0xA5), (_, 0xD4), (_, 0xE0), (_, 0xE4), (_, 0xE6), (_, 0xE8), (_, 0xFE): channels[channel] = nil
        default:
            let target = target(command)
            note(target, isDone, of: command, on: channel)
            return target
        }
        return .none
    }

    /// Whether the table says what the command does: one that it does not know, or that cannot be read, may select.
    private func isUnderstood(_ command: CommandAPDU) -> Bool {
        guard !command.isMalformed, Redaction.isPlain(command.cla), command.name() != .other else { return false }
        // Some readers take commands for the card inside those for themselves.
        return command.cla != 0xFF || [0xB0, 0xCA, 0xD6].contains(command.ins)
    }

    // MARK: Selecting

    private func selected(_ command: CommandAPDU, _ data: ArraySlice<UInt8>, _ before: Channel?) -> Channel? {
        let identifiers = Self.identifiers(data)
        switch command.p1 {
        case 0x00 where data.isEmpty: return Channel(directory: .master)
        case 0x00: return identifiers?.count == 1 ? Self.channel(identifiers, from: before?.directory) : nil
        case 0x02:
            return identifiers?.count == 1 ? Channel(directory: before?.directory ?? .unknown, file: file(data)) : nil
        case 0x04:
            // Application code 1002 of the 3GPP's RID: USIM (TS 101 220, annex E).
            let isUSIM = data.starts(with: [0xA0, 0x00, 0x00, 0x00, 0x87, 0x10, 0x02])
            return Channel(directory: isUSIM ? .usim : .unknown)
        case 0x08: return Self.channel(identifiers, from: .master)
        case 0x09: return Self.channel(identifiers, from: before?.directory)
        default: return nil
        }
    }

    private func file(_ data: ArraySlice<UInt8>) -> CardFile? { Self.identifiers(data)?.last.map { CardFile($0) } }

    /// Where a path leads: its last identifier is a file, unless it is one that stands for directories.
    private static func channel(_ path: [UInt16]?, from start: Directory?) -> Channel? {
        guard let path, let last = path.last else { return nil }
        guard !isDirectory(last) else { return Channel(directory: last == 0x3F00 ? .master : .unknown) }
        // A path through a directory ends in it; one identifier alone may be found in a parent as well.
        let directory: Directory = path.count == 1 ? start ?? .unknown : .unknown
        return Channel(directory: last >> 8 == 0x2F ? .master : directory, file: CardFile(last))
    }

    /// MF, the current application, and directories of the first and second level (TS 102 221, 8.6).
    private static func isDirectory(_ identifier: UInt16) -> Bool {
        identifier == 0x3F00 || identifier >> 8 == 0x7F || identifier >> 8 == 0x5F
    }

    private static func identifiers(_ data: ArraySlice<UInt8>) -> [UInt16]? {
        guard !data.isEmpty, data.count.isMultiple(of: 2) else { return nil }
        return stride(from: data.startIndex, to: data.endIndex, by: 2).map {
            UInt16(data[$0]) << 8 | UInt16(data[$0 + 1])
        }
    }

    private mutating func changeChannels(_ request: ChannelRequest?) {
        switch request {
        case .open(let number), .close(let number): channels[Int(number)] = nil
        // Which one the card chose stands in the response; that it is none of those in use does not help.
        case .openAny: channels = channels.filter { $0.key == 0 }
        case nil: forget()
        }
    }

    // MARK: Working on files

    /// The commands on a file that name it by a short identifier in P1, in P2, or not at all.
    private enum Addressing {
        case p1, p2, odd, selected

        init?(_ command: CommandAPDU) {
            switch (command.cla, command.ins) {
            case (0xA0, 0xB0), (0xA0, 0xD6), (0xA0, 0xB2), (0xA0, 0xDC), (0xA0, 0xA2), (0xA0, 0x32): self = .selected
            case (_, 0xB0), (_, 0xD6), (_, 0xD0), (_, 0x0E), (_, 0xA0): self = .p1
            case (_, 0xB1), (_, 0xD7), (_, 0xD1), (_, 0x0F), (_, 0xA1): self = .odd
            case (0x80...0x83, 0xCB), (0xC0...0xDF, 0xCB): self = .p2
            case (_, 0xB2), (_, 0xB3), (_, 0xDC), (_, 0xDD), (_, 0xD2), (_, 0xE2), (_, 0xA2), (_, 0x32): self = .p2
            default: return nil
            }
        }
    }

    private func target(_ command: CommandAPDU) -> Target {
        guard CommandLookup.shared.payload(cla: command.cla, ins: command.ins, p1: command.p1) == .file,
            let addressing = Addressing(command)
        else { return .none }
        let channel = channels[command.classByte.logicalChannel]
        switch addressing {
        case .selected: return channel?.file.map(Target.file) ?? .unknown
        // ISO/IEC 7816-4, 11.2.2: P1 begins with 100.
        case .p1 where command.p1 & 0x80 == 0: return channel?.file.map(Target.file) ?? .unknown
        case .p1: return command.p1 & 0x60 == 0 ? file(short: command.p1 & 0x1F, in: channel) : .unknown
        case .p2:
            let short = command.p2 >> 3
            return short == 0 ? channel?.file.map(Target.file) ?? .unknown : file(short: short, in: channel)
        case .odd:
            let identifier = UInt16(command.p1) << 8 | UInt16(command.p2)
            if identifier == 0 { return channel?.file.map(Target.file) ?? .unknown }
            return identifier < 0x20 ? file(short: UInt8(identifier), in: channel) : .file(CardFile(identifier))
        }
    }

    private func file(short: UInt8, in channel: Channel?) -> Target {
        let known: [UInt8: UInt16] =
            switch channel?.directory {
            case .master: Self.shortInMaster
            case .usim: Self.shortInUSIM
            case .unknown, nil: [:]
            }
        return known[short].map { .file(CardFile($0)) } ?? .unknown
    }

    /// A file that a command named by itself is selected from then on (ISO/IEC 7816-4, 11.2.2).
    private mutating func note(_ target: Target, _ isDone: Bool, of command: CommandAPDU, on channel: Int) {
        switch target {
        case .file(let file) where isDone: channels[channel]?.file = file
        case .unknown: channels[channel]?.file = nil
        case .file, .none: break
        }
    }

    // TS 102 221, 13, and TS 31.102, annex H.
    private static let shortInMaster: [UInt8: UInt16] = [0x02: 0x2FE2, 0x05: 0x2F05, 0x06: 0x2F06, 0x1E: 0x2F00]
    private static let shortInUSIM: [UInt8: UInt16] = [
        0x01: 0x6FB7, 0x02: 0x6F05, 0x03: 0x6FAD, 0x04: 0x6F38, 0x05: 0x6F56, 0x06: 0x6F78, 0x07: 0x6F07, 0x08: 0x6F08,
        0x09: 0x6F09,
    ]
}

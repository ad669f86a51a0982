/// One command in work: where it came in and what it asks.
struct CommandContext {
    let command: CardCommand
    let channel: Int
    let isGSM: Bool
}

extension VirtualCard {
    /// Finds the command's function by class and instruction.
    mutating func dispatch(_ command: CardCommand, channel: Int, isGSM: Bool) -> CardAnswer {
        let context = CommandContext(command: command, channel: channel, isGSM: isGSM)
        if command.ins != 0x82 { isSecureChannelStarted = false }
        guard !isGSM else { return dispatchGSM(context) }
        return command.cla & 0x80 == 0 ? dispatchISO(context) : dispatchProprietary(context)
    }

    private mutating func dispatchISO(_ context: CommandContext) -> CardAnswer {
        switch context.command.ins {
        case 0x20: verifyPIN(context)
        case 0x24: changePIN(context)
        case 0x26: setPIN(enabled: false, context)
        case 0x28: setPIN(enabled: true, context)
        case 0x2C: unblockPIN(context)
        case 0x70: manageChannel(context)
        case 0x82: externalAuthenticate(context)
        case 0x84: .outgoingPrefix(Self.challenge(bytes: context.command.expectedBytes ?? 8))
        case 0x88: authenticate(context)
        case 0xA2: searchRecord(context)
        case 0xA4: select(context)
        case 0xB0: readBinary(context)
        case 0xB2: readRecord(context)
        case 0xCA: getData(context)
        case 0xD6: updateBinary(context)
        case 0xDC: updateRecord(context)
        default: .status(0x6D00)
        }
    }

    private mutating func dispatchProprietary(_ context: CommandContext) -> CardAnswer {
        let command = context.command
        // with class 84 only the answer to INITIALIZE UPDATE is possible: no secure channel ever opens
        guard command.cla & 0x04 == 0 || command.ins == 0x82 else { return .status(0x6882) }
        return switch command.ins {
        case 0x10: terminalProfile(context)
        case 0x12: fetch(context)
        case 0x14: terminalResponse(context)
        case 0x50: initializeUpdate(context)
        case 0x82: externalAuthenticate(context)
        case 0xAA: .done
        case 0xC2: envelope(context)
        case 0xCA: getData(context)
        case 0xE2: storeData(context)
        // ETSI's STATUS uses the low half of P1 only, GlobalPlatform's GET STATUS always one of the high bits
        case 0xF2: command.p1 & 0xF0 == 0 ? status(context) : getStatus(context)
        default: .status(0x6D00)
        }
    }

    private mutating func dispatchGSM(_ context: CommandContext) -> CardAnswer {
        switch context.command.ins {
        case 0x10: terminalProfile(context)
        case 0x12: fetch(context)
        case 0x14: terminalResponse(context)
        case 0x20: verifyPIN(context)
        case 0x24: changePIN(context)
        case 0x26: setPIN(enabled: false, context)
        case 0x28: setPIN(enabled: true, context)
        case 0x2C: unblockPIN(context)
        case 0x88: authenticate(context)
        case 0xA2: searchRecord(context)
        case 0xA4: select(context)
        case 0xB0: readBinary(context)
        case 0xB2: readRecord(context)
        case 0xC2: envelope(context)
        case 0xD6: updateBinary(context)
        case 0xDC: updateRecord(context)
        case 0xF2: status(context)
        default: .status(0x6D00)
        }
    }

    // MARK: Logical channels

    /// MANAGE CHANNEL: TS 102 221, 11.1.17.
    private mutating func manageChannel(_ context: CommandContext) -> CardAnswer {
        let number = Int(context.command.p2)
        switch context.command.p1 {
        case 0x00 where number == 0:
            guard let free = channels.firstIndex(where: { $0 == nil }) else { return .status(0x6A81) }
            open(free, from: context.channel)
            return .outgoing([UInt8(clamping: free)])
        case 0x00:
            guard channels.indices.contains(number), channels[number] == nil else { return .status(0x6A81) }
            open(number, from: context.channel)
            return .done
        case 0x80:
            guard number > 0 else { return .status(0x6A86) }
            guard channels.indices.contains(number), channels[number] != nil else { return .status(0x6881) }
            channels[number] = nil
            return .done
        default:
            return .status(0x6A86)
        }
    }

    /// Opened from the basic channel it starts in the MF, from another one where that one stands.
    private mutating func open(_ number: Int, from origin: Int) {
        channels[number] = origin == 0 ? LogicalChannel() : channels[origin]
    }

    static func challenge(bytes count: Int) -> [UInt8] {
        (0..<min(count, 256)).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 11) }
    }
}

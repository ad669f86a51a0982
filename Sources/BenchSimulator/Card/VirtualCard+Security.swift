extension VirtualCard {
    /// VERIFY PIN: TS 102 221, 11.1.9; VERIFY CHV with class A0.
    mutating func verifyPIN(_ context: CommandContext) -> CardAnswer {
        guard context.command.p1 == 0 else { return .status(0x6A86) }
        return .status(pins.verify(keyReference(context), context.command.data))
    }

    /// CHANGE PIN: TS 102 221, 11.1.10.
    mutating func changePIN(_ context: CommandContext) -> CardAnswer {
        guard context.command.p1 == 0 else { return .status(0x6A86) }
        return .status(pins.change(keyReference(context), context.command.data))
    }

    /// DISABLE PIN and ENABLE PIN: TS 102 221, 11.1.11 and 11.1.12.
    mutating func setPIN(enabled: Bool, _ context: CommandContext) -> CardAnswer {
        guard context.command.p1 == 0 else { return .status(0x6A86) }
        return .status(pins.setEnabled(enabled, keyReference(context), context.command.data))
    }

    /// UNBLOCK PIN: TS 102 221, 11.1.13.
    mutating func unblockPIN(_ context: CommandContext) -> CardAnswer {
        guard context.command.p1 == 0 else { return .status(0x6A86) }
        return .status(pins.unblock(keyReference(context), context.command.data))
    }

    /// AUTHENTICATE with fixed answers: 3GPP TS 31.102, 7.1; RUN GSM ALGORITHM with class A0.
    ///
    /// An AUTN of zeros fails its MAC (9862), one of FF is out of step (tag DC), so that both can be tried.
    mutating func authenticate(_ context: CommandContext) -> CardAnswer {
        let command = context.command
        if context.isGSM {
            guard command.data.count == 16 else { return .status(0x6700) }
            return pins.allows(.pin1) ? .afterData(Self.gsmTriplet) : .status(0x6982)
        }
        guard channels[context.channel]?.application != nil else { return .status(0x6985) }
        guard command.p1 == 0, command.p2 & 0x7F <= 0x01, command.p2 & 0x80 != 0 else { return .status(0x6A86) }
        guard pins.allows(.pin1) else { return .status(0x6982) }
        guard command.p2 & 0x01 == 1 else {
            guard command.data.count == 17, command.data.first == 16 else { return .status(0x6A80) }
            return .afterData([4] + Self.gsmTriplet.prefix(4) + [8] + Self.gsmTriplet.dropFirst(4))
        }
        let data = command.data
        guard data.count == 34, data[0] == 16, data[17] == 16 else { return .status(0x6A80) }
        let token = data[18...]
        if token.allSatisfy({ $0 == 0x00 }) { return .status(0x9862) }
        if token.allSatisfy({ $0 == 0xFF }) { return .afterData([0xDC, 14] + (0..<14).map { 0xA0 | $0 }) }
        return .afterData(Self.umtsQuintet)
    }

    /// CHV1 is PIN1, CHV2 is PIN2; UNBLOCK CHV names the first by 00.
    private func keyReference(_ context: CommandContext) -> UInt8 {
        let reference = context.command.p2
        guard context.isGSM else { return reference }
        return switch reference {
        case 0x00 where context.command.ins == 0x2C: PINReference.pin1.rawValue
        case 0x02: PINReference.pin2.rawValue
        default: reference
        }
    }

    /// SRES and Kc.
    private static let gsmTriplet: [UInt8] = [0xA1, 0xA2, 0xA3, 0xA4, 1, 2, 3, 4, 5, 6, 7, 8]

    /// Tag DB, then RES, CK, IK and Kc, each behind its length.
    private static let umtsQuintet: [UInt8] =
        [0xDB, 8] + (0x10..<0x18) + [16] + (0x20..<0x30) + [16] + (0x30..<0x40) + [8] + gsmTriplet.dropFirst(4)
}

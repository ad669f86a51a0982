/// The issuer security domain as it answers before any key is used: GlobalPlatform Card Specification 2.3.1, 11.
enum SecurityDomain {
    static let identifier: [UInt8] = [0xA0, 0x00, 0x00, 0x01, 0x51, 0x00, 0x00, 0x00]
    /// Shortest partial name: the provider's part of the AID.
    private static let shortestName = 5

    /// An empty name stands for the default application, which is this one.
    static func isNamed(by name: [UInt8]) -> Bool {
        name.isEmpty || (name.count >= shortestName && identifier.starts(with: name))
    }

    /// FCI template: name, and the most that a command may carry.
    static let fileControlInformation =
        TLV.encode(0x6F, TLV.encode(0x84, identifier) + TLV.encode(0xA5, TLV.encode(0x9F65, [0xFF])))

    /// Card recognition data: GP 2.3.1 by its object identifiers, with SCP02 option 15.
    static let recognition = TLV.encode(
        0x66,
        TLV.encode(
            0x73,
            TLV.encode(0x06, globalPlatform(1))
                + TLV.encode(0x60, TLV.encode(0x06, globalPlatform(2) + [0x02, 0x03, 0x01]))
                + TLV.encode(0x63, TLV.encode(0x06, globalPlatform(3)))
                + TLV.encode(0x64, TLV.encode(0x06, globalPlatform(4) + [0x02, 0x15]))))

    /// 1.2.840.114283.n
    private static func globalPlatform(_ arc: UInt8) -> [UInt8] { [0x2A, 0x86, 0x48, 0x86, 0xFC, 0x6B, arc] }

    /// Card production life cycle data: 42 bytes, all of a test card.
    static let productionLifeCycle = TLV.encode(
        0x9F7F, [0x00, 0x00, 0x00, 0x00, 0x00, 0x00] + [UInt8](repeating: 0x00, count: 36))

    /// Key information template: one set of three DES keys of 16 bytes, version 01.
    static let keyInformation = TLV.encode(
        0xE0, (1...3).flatMap { TLV.encode(0xC0, [$0, 0x01, 0x80, 0x10]) })

    /// What GET DATA knows by tag.
    static func data(_ tag: UInt16) -> [UInt8]? {
        switch tag {
        case 0x0042: TLV.encode(0x42, [0x00, 0x10, 0x1F])
        case 0x0045: TLV.encode(0x45, [0x00, 0x00, 0x00, 0x00, 0x01])
        case 0x0066: recognition
        case 0x9F7F: productionLifeCycle
        case 0x00E0: keyInformation
        default: nil
        }
    }

    /// One entry of GET STATUS (tag E3): name, life cycle state, privileges.
    static func entry(_ name: [UInt8], state: UInt8, privileges: [UInt8]) -> [UInt8] {
        TLV.encode(0xE3, TLV.encode(0x4F, name) + TLV.encode(0x9F70, [state]) + TLV.encode(0xC5, privileges))
    }
}

extension VirtualCard {
    /// GET DATA: GP 11.3; only the security domain has data objects.
    mutating func getData(_ context: CommandContext) -> CardAnswer {
        guard isSecurityDomain(context) else { return .status(0x6D00) }
        let tag = UInt16(context.command.p1) << 8 | UInt16(context.command.p2)
        return SecurityDomain.data(tag).map(CardAnswer.outgoing) ?? .status(0x6A88)
    }

    /// GET STATUS: GP 11.4, in TLV form; told without a secure channel, since no key of this card is of any use.
    mutating func getStatus(_ context: CommandContext) -> CardAnswer {
        guard isSecurityDomain(context) else { return .status(0x6985) }
        let command = context.command
        guard command.p2 & 0xFE == 0x02 else { return .status(0x6A86) }
        guard command.data.starts(with: [0x4F]) else { return .status(0x6A80) }
        // no further occurrence is ever held back
        guard command.p2 & 0x01 == 0 else { return .status(0x6A88) }
        return switch command.p1 {
        case 0x80: .afterData(SecurityDomain.entry(SecurityDomain.identifier, state: 0x0F, privileges: [0x9E, 0, 0]))
        case 0x40: .afterData(SecurityDomain.entry(StandardFiles.usimAID, state: 0x07, privileges: [0, 0, 0]))
        case 0x10, 0x20: .status(0x6A88)
        default: .status(0x6A86)
        }
    }

    /// INITIALIZE UPDATE: GP E.5.1; 28 bytes in the form of SCP02, with a cryptogram that is not one.
    mutating func initializeUpdate(_ context: CommandContext) -> CardAnswer {
        guard isSecurityDomain(context) else { return .status(0x6985) }
        let command = context.command
        guard command.data.count == 8 else { return .status(0x6700) }
        guard command.p1 <= 0x01, command.p2 == 0 else { return .status(0x6A88) }
        isSecureChannelStarted = true
        let diversification: [UInt8] = [0x00, 0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88]
        return .afterData(diversification + [0x01, 0x02, 0x00, 0x01] + Self.challenge(bytes: 6) + command.data)
    }

    /// EXTERNAL AUTHENTICATE: refused always, as with keys that do not fit.
    mutating func externalAuthenticate(_ context: CommandContext) -> CardAnswer {
        guard isSecurityDomain(context), isSecureChannelStarted else { return .status(0x6985) }
        isSecureChannelStarted = false
        return .status(context.command.data.count == 16 ? 0x6300 : 0x6700)
    }

    private func isSecurityDomain(_ context: CommandContext) -> Bool {
        channels[context.channel]?.isSecurityDomain ?? false
    }
}

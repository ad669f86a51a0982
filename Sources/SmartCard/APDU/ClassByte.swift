/// The class byte of a command, taken apart (ISO/IEC 7816-4, 5.4.1; TS 102 221, 10.1.1; GPCS, 11.1.4).
public struct ClassByte: Hashable, Sendable {
    /// Who defined the commands of a class.
    public enum Family: UInt8, Hashable, Sendable, CaseIterable {
        /// 00-1F: ISO interindustry, first values.
        case iso
        /// 40-7F: ISO interindustry, further values.
        case isoFurther
        /// 80-8F: ETSI and 3GPP UICC, GlobalPlatform.
        case uicc
        /// C0-FE: the same on further logical channels.
        case uiccFurther
        /// A0: the GSM SIM of TS 51.011.
        case gsm
        /// 90-9F and B0-BF: other proprietary; 90 wraps DESFire commands.
        case proprietary
        /// FF: no class of a card's; the reader's driver handles it (PC/SC part 3).
        case pseudo
        /// 20-3F and A1-AF: nobody's.
        case reserved

        /// The label value: `iso`, `iso_ext`, `uicc_gp`, `uicc_gp_ext`, `gsm`, `proprietary`, `pseudo`, `reserved`.
        public var name: String {
            switch self {
            case .iso: "iso"
            case .isoFurther: "iso_ext"
            case .uicc: "uicc_gp"
            case .uiccFurther: "uicc_gp_ext"
            case .gsm: "gsm"
            case .proprietary: "proprietary"
            case .pseudo: "pseudo"
            case .reserved: "reserved"
            }
        }

        /// The family for people: `UICC or GlobalPlatform`.
        package var words: String {
            switch self {
            case .iso: "ISO"
            case .isoFurther: "ISO, further channels"
            case .uicc: "UICC or GlobalPlatform"
            case .uiccFurther: "UICC or GlobalPlatform, further channels"
            case .gsm: "GSM"
            case .proprietary, .pseudo, .reserved: name
            }
        }
    }

    /// How the command is protected.
    public enum SecureMessaging: Hashable, Sendable {
        /// In the clear.
        case none
        /// A way of its own: of GlobalPlatform in class 84.
        case proprietary
        /// ISO secure messaging, header not authenticated.
        case iso
        /// ISO secure messaging, header authenticated.
        case isoWithHeader
        /// The class does not tell.
        case unknown
    }

    /// The byte.
    public let value: UInt8

    /// Takes the first byte of a command.
    @inlinable
    public init(_ value: UInt8) {
        self.value = value
    }

    /// Who defined the class.
    public var family: Family {
        switch value {
        case 0x00...0x1F: .iso
        case 0x40...0x7F: .isoFurther
        case 0x80...0x8F: .uicc
        case 0xC0...0xFE: .uiccFurther
        case 0xA0: .gsm
        case 0x90...0x9F, 0xB0...0xBF: .proprietary
        case 0xFF: .pseudo
        default: .reserved
        }
    }

    /// The logical channel, 0 to 19; 0 in a class that has none.
    @inlinable
    public var logicalChannel: Int {
        switch value {
        case 0x00...0x1F, 0x80...0x8F: Int(value & 0x03)
        case 0x40...0x7F, 0xC0...0xFE: 4 + Int(value & 0x0F)
        default: 0
        }
    }

    /// How the command is protected.
    public var secureMessaging: SecureMessaging {
        switch family {
        case .iso, .uicc:
            switch value & 0x0C {
            case 0x00: .none
            case 0x04: .proprietary
            case 0x08: .iso
            default: .isoWithHeader
            }
        case .isoFurther, .uiccFurther: value & 0x20 == 0 ? .none : .iso
        case .gsm, .pseudo: .none
        case .proprietary, .reserved: .unknown
        }
    }

    /// The class says that the command is protected.
    public var isSecured: Bool {
        switch secureMessaging {
        case .none, .unknown: false
        case .proprietary, .iso, .isoWithHeader: true
        }
    }

    /// More commands follow that belong to this one (command chaining, b5); in ISO classes only.
    public var isChained: Bool {
        switch family {
        case .iso, .isoFurther: value & 0x10 != 0
        default: false
        }
    }
}

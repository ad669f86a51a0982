/// A command's usual case.
public enum UsualCase: UInt8, Hashable, Sendable, CaseIterable {
    /// No data either way.
    case one
    /// Response data only.
    case two
    /// Command data only.
    case three
    /// Data both ways.
    case four
    /// GET DATA and its like: P3 = 00 is case 2 (GPCS wants Le = 00), anything else case 4.
    case twoOrFour

    /// The case once P3 is known; nil P3 counts as 00.
    public func resolved(p3: UInt8?) -> UsualCase {
        guard self == .twoOrFour else { return self }
        return (p3 ?? 0) == 0 ? .two : .four
    }
}

/// What redaction does with a command's data and its response; see ``Redaction``.
public enum PayloadPolicy: UInt8, Hashable, Sendable, CaseIterable {
    /// Kept at every level.
    case keep
    /// Data of the toolkit and of eUICCs: the values that tell of channels and results are kept, the others cut, at every
    /// level.
    case parse
    /// Kept when a capture was asked for.
    case capture
    /// The contents of files: kept when a capture with them was asked for.
    case file
    /// Response data: kept when a capture was asked for and it is the control parameters of a file, else cut.
    case fileControl
    /// Secret or unknown: cut at every level.
    case cut
}

/// The classes that a row of the command table is about.
struct ClassSet: OptionSet, Hashable, Sendable {
    let rawValue: UInt8

    /// 00-1F and 40-7F, with or without secure messaging and chaining.
    static let iso = ClassSet(rawValue: 1 << 0)
    /// 80 exactly.
    static let uicc80 = ClassSet(rawValue: 1 << 1)
    /// 81-8F and C0-FE.
    static let uiccNot80 = ClassSet(rawValue: 1 << 2)
    /// A0.
    static let gsm = ClassSet(rawValue: 1 << 3)
    /// 90.
    static let desfire = ClassSet(rawValue: 1 << 4)
    /// FF.
    static let pseudo = ClassSet(rawValue: 1 << 5)

    /// 80-8F and C0-FE.
    static let uicc: ClassSet = [.uicc80, .uiccNot80]

    /// The number of groups that a class byte can be in, the last one being "no row has it".
    static let groupCount = 7

    /// The group of a class byte: the number of its bit above, or the last group.
    static func group(of cla: UInt8) -> Int {
        switch ClassByte(cla).family {
        case .iso, .isoFurther: 0
        case .uicc where cla == 0x80: 1
        case .uicc, .uiccFurther: 2
        case .gsm: 3
        case .proprietary where cla == 0x90: 4
        case .pseudo: 5
        case .proprietary, .reserved: 6
        }
    }

    func contains(group: Int) -> Bool {
        rawValue & (1 << UInt8(truncatingIfNeeded: group)) != 0
    }
}

/// What tells two commands with the same class and instruction apart.
@usableFromInline
enum RowCondition: UInt8, Hashable, Sendable {
    /// There is but one.
    case always
    /// GlobalPlatform always sets one of the high four bits of P1, ETSI none.
    case highP1
    /// A GlobalPlatform secure channel is open.
    case secureChannel
    /// The application last selected by AID is no 3GPP one.
    case otherApplication
    /// The application last selected by AID is a 3GPP one.
    case threeGPPApplication
}

/// A row of the command table.
struct CommandRow: Sendable {
    let name: String
    let classes: ClassSet
    /// Nil: every instruction that has no row of its own.
    let ins: UInt8?
    let usualCase: UsualCase
    let payload: PayloadPolicy
    let clause: String
    let condition: RowCondition
    /// 63CX counts internal retries of a write; elsewhere it counts the tries that a PIN has left.
    let countsRetries: Bool

    init(
        _ name: String, _ classes: ClassSet, _ ins: UInt8?, _ usualCase: UsualCase, _ payload: PayloadPolicy,
        _ clause: String, when condition: RowCondition = .always, retries: Bool = false
    ) {
        (self.name, self.classes, self.ins, self.usualCase) = (name, classes, ins, usualCase)
        (self.payload, self.clause, self.condition, self.countsRetries) = (payload, clause, condition, retries)
    }
}

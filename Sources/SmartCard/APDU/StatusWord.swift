/// What a status word says in general.
public enum StatusWordCategory: UInt8, Hashable, Sendable, CaseIterable {
    /// Done.
    case success
    /// Done so far; more is to be fetched.
    case continued
    /// Done, or partly, with a remark.
    case warning
    /// To be sent again.
    case retry
    /// Refused or failed.
    case error

    /// The label value.
    public var name: String {
        switch self {
        case .success: "success"
        case .continued: "continued"
        case .warning: "warning"
        case .retry: "retry"
        case .error: "error"
        }
    }
}

/// The two bytes SW1 SW2 that end a response (ISO/IEC 7816-4, 5.6).
///
/// Its meaning depends on the class of the command in two cases: 92XX (class A0: memory) and 91XX (class 90: a DESFire
/// status). Each function asks ``StatusWordLookup/shared``; a hot path keeps a copy of that.
public struct StatusWord: Hashable, Sendable {
    /// SW1 and SW2.
    public let value: UInt16

    /// A status word from its number: SW1 is the high byte.
    @inlinable
    public init(_ value: UInt16) {
        self.value = value
    }

    /// A status word from its two bytes.
    @inlinable
    public init(sw1: UInt8, sw2: UInt8) {
        value = UInt16(sw1) << 8 | UInt16(sw2)
    }

    /// The first byte.
    @inlinable public var sw1: UInt8 { UInt8(truncatingIfNeeded: value >> 8) }
    /// The second byte.
    @inlinable public var sw2: UInt8 { UInt8(truncatingIfNeeded: value) }

    /// The label in a class without dialect.
    @inlinable public var label: StatusWordLabel { label(cla: 0) }

    /// The label, folded: 9000, 6A82, 61XX, 63CX, OTHER.
    @inlinable
    public func label(cla: UInt8) -> StatusWordLabel { StatusWordLookup.shared.label(self, cla: cla) }

    /// The label value `success`: normal processing, 62XX and 6310.
    @inlinable
    public func isSuccess(cla: UInt8) -> Bool { StatusWordLookup.shared.isSuccess(self, cla: cla) }

    /// What it says in general.
    @inlinable
    public func category(cla: UInt8) -> StatusWordCategory { StatusWordLookup.shared.category(self, cla: cla) }

    /// The label value `error_type`; nil when it is no error, as 6CXX and 9300, which are routine.
    @inlinable
    public func errorType(command: CommandName, cla: UInt8) -> APDUErrorType? {
        StatusWordLookup.shared.errorType(self, command: command, cla: cla)
    }

    /// What it says, in words.
    public func meaning(cla: UInt8 = 0) -> String { StatusWordLookup.shared.meaning(self, cla: cla) }

    /// The tries that a PIN has left, 0 to 15; nil for anything but 63CX, 6983 and 9840.
    ///
    /// Of use after VERIFY, CHANGE and UNBLOCK; a gauge, never a label.
    public var triesLeft: Int? {
        switch value {
        case 0x63C0...0x63CF: Int(value & 0x0F)
        case 0x6983, 0x9840: 0
        default: nil
        }
    }

    /// The length of a proactive command to be fetched, 1 to 256 bytes; nil when none is pending.
    public func pendingProactiveCommand(cla: UInt8) -> Int? {
        guard sw1 == 0x91, cla != 0x90 else { return nil }
        return sw2 == 0 ? 256 : Int(sw2)
    }
}

extension StatusWord: CustomStringConvertible {
    /// Four digits, upper case.
    public var description: String {
        let digits = String(value, radix: 16, uppercase: true)
        return String(repeating: "0", count: 4 - digits.count) + digits
    }
}

/// A folded status word as a small dense number: the index of an array, and the value of the label `status_word`.
public struct StatusWordLabel: Hashable, Sendable {
    @usableFromInline let raw: UInt8

    @inlinable
    init(raw: UInt8) {
        self.raw = raw
    }

    /// The number, 0 to `count - 1`.
    @inlinable public var index: Int { Int(raw) }

    /// The label value: 9000, 6A82, 61XX, 63CX, OTHER.
    public var name: String { StatusWordLabel.names[index] }

    /// The label with this value; nil when the table has none.
    public init?(named name: String) {
        guard let index = StatusWordLabel.names.firstIndex(of: name) else { return nil }
        self.init(raw: UInt8(truncatingIfNeeded: index))
    }

    /// The label with this number; nil when it is out of bounds.
    public init?(index: Int) {
        guard StatusWordLabel.names.indices.contains(index) else { return nil }
        self.init(raw: UInt8(truncatingIfNeeded: index))
    }

    /// The number of labels.
    public static let count = names.count

    /// Every label, by number.
    public static let all = names.indices.map { StatusWordLabel(raw: UInt8(truncatingIfNeeded: $0)) }

    /// A status word that no row is about.
    @inlinable public static var other: StatusWordLabel { StatusWordLabel(raw: 0) }

    static let names: [String] = {
        var names = ["OTHER"]
        for row in StatusWordTable.rows where !names.contains(row.label) { names.append(row.label) }
        return names
    }()
}

extension StatusWordLabel: CustomStringConvertible {
    /// The label value.
    public var description: String { name }
}

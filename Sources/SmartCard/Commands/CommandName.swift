/// A command's name as a small dense number: the index of an array, and the value of the label `command`.
public struct CommandName: Hashable, Sendable {
    @usableFromInline let raw: UInt8

    @inlinable
    init(raw: UInt8) {
        self.raw = raw
    }

    /// The number, 0 to `count - 1`.
    @inlinable
    public var index: Int { Int(raw) }

    /// The label value: SELECT, READ BINARY, OTHER.
    public var name: String { CommandName.names[index] }

    /// The name with this label value; nil when the table has none.
    public init?(named name: String) {
        guard let index = CommandName.names.firstIndex(of: name) else { return nil }
        self.init(raw: UInt8(truncatingIfNeeded: index))
    }

    /// The name with this number; nil when it is out of bounds.
    public init?(index: Int) {
        guard CommandName.names.indices.contains(index) else { return nil }
        self.init(raw: UInt8(truncatingIfNeeded: index))
    }

    /// The number of names.
    public static let count = names.count

    /// Every name, by number.
    public static let all = names.indices.map { CommandName(raw: UInt8(truncatingIfNeeded: $0)) }

    /// Fewer bytes than a header has.
    @inlinable public static var malformed: CommandName { CommandName(raw: 0) }
    /// No row.
    @inlinable public static var other: CommandName { CommandName(raw: 1) }
    /// DESFire, wrapped in class 90.
    @inlinable public static var proprietary: CommandName { CommandName(raw: 2) }
    /// For the reader's driver, class FF.
    @inlinable public static var pseudo: CommandName { CommandName(raw: 3) }
    /// SELECT.
    @inlinable public static var select: CommandName { CommandName(raw: 4) }
    /// MANAGE CHANNEL.
    @inlinable public static var manageChannel: CommandName { CommandName(raw: 5) }
    /// GET RESPONSE.
    @inlinable public static var getResponse: CommandName { CommandName(raw: 6) }
    /// INITIALIZE UPDATE.
    @inlinable public static var initializeUpdate: CommandName { CommandName(raw: 7) }
    /// FETCH.
    @inlinable public static var fetch: CommandName { CommandName(raw: 8) }
    /// TERMINAL RESPONSE.
    @inlinable public static var terminalResponse: CommandName { CommandName(raw: 9) }
    /// ENVELOPE.
    @inlinable public static var envelope: CommandName { CommandName(raw: 10) }

    // Those with a constant above first, in its order; then the table's, as they come.
    static let names: [String] = {
        var names = [
            "MALFORMED", "OTHER", "PROPRIETARY", "PSEUDO",
            "SELECT", "MANAGE CHANNEL", "GET RESPONSE", "INITIALIZE UPDATE", "FETCH", "TERMINAL RESPONSE", "ENVELOPE",
        ]
        for row in CommandTable.rows where !names.contains(row.name) { names.append(row.name) }
        return names
    }()
}

extension CommandName: CustomStringConvertible {
    /// The label value.
    public var description: String { name }
}

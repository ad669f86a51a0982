/// The command table, laid out for looking up: three loads from a few kilobytes, no allocation, no lock.
///
/// A hot path keeps a copy (two pointers) instead of asking ``shared`` each time: ``shared`` is initialised on first use,
/// and each access checks for that.
public struct CommandLookup: @unchecked Sendable {
    // Sendable: the pointers' memory is written in `init` only, before anyone has a copy, and never freed.

    /// What a row is once found; `alternate` is the row that holds under `condition`.
    @usableFromInline
    struct Entry {
        @usableFromInline let name: UInt8
        @usableFromInline let condition: RowCondition
        @usableFromInline let alternate: UInt8
        @usableFromInline let usualCase: UsualCase
        @usableFromInline let payload: PayloadPolicy
    }

    /// The lookup over ``CommandTable``.
    public static let shared = CommandLookup(CommandTable.rows)

    // 256 groups, then 256 row numbers for each group. Every index below is made of bytes and a group that the first
    // 256 hold, so it is in bounds by construction.
    @usableFromInline let table: UnsafePointer<UInt8>
    @usableFromInline let entries: UnsafePointer<Entry>

    /// The command's name. `length` is that of the whole command: below 4 the name is MALFORMED.
    @inlinable
    public func name(
        cla: UInt8, ins: UInt8, p1: UInt8, length: Int, context: CardContext = CardContext()
    ) -> CommandName {
        guard length >= CommandAPDU.headerLength else { return .malformed }
        return CommandName(raw: entry(cla: cla, ins: ins, p1: p1, context: context).name)
    }

    /// The command's usual case.
    @inlinable
    public func usualCase(
        cla: UInt8, ins: UInt8, p1: UInt8, p3: UInt8?, context: CardContext = CardContext()
    ) -> UsualCase {
        entry(cla: cla, ins: ins, p1: p1, context: context).usualCase.resolved(p3: p3)
    }

    /// The command's payload policy, which never depends on what was selected.
    @inlinable
    public func payload(cla: UInt8, ins: UInt8, p1: UInt8) -> PayloadPolicy {
        entry(cla: cla, ins: ins, p1: p1, context: CardContext()).payload
    }

    /// Where the command ends in a run of bytes that holds command and response without a mark between (GSMTAP):
    /// 5 bytes in cases 1 and 2, 5 + P3 in 3 and 4, never past the end.
    public func commandLength(inExchange bytes: some Collection<UInt8>) -> Int {
        let header = Array(bytes.prefix(5))
        guard header.count == 5 else { return header.count }
        switch usualCase(cla: header[0], ins: header[1], p1: header[2], p3: header[4]) {
        case .one, .two, .twoOrFour: return 5
        case .three, .four: return min(bytes.count, 5 + Int(header[4]))
        }
    }

    @inlinable
    func entry(cla: UInt8, ins: UInt8, p1: UInt8, context: CardContext) -> Entry {
        let group = Int(table[Int(cla)])
        let entry = entries[Int(table[256 + group << 8 + Int(ins)])]
        if entry.condition == .always { return entry }
        return holds(entry.condition, cla: cla, p1: p1, context: context) ? entries[Int(entry.alternate)] : entry
    }

    @inlinable
    func holds(_ condition: RowCondition, cla: UInt8, p1: UInt8, context: CardContext) -> Bool {
        let channel = ClassByte(cla).logicalChannel
        switch condition {
        case .always: return false
        case .highP1: return p1 & 0xF0 != 0
        // Secure messaging in the class says as much to a tap that came too late to see the channel opened.
        case .secureChannel: return context.hasSecureChannel(on: channel) || ClassByte(cla).isSecured
        case .otherApplication: return context.application(on: channel) == .other
        case .threeGPPApplication: return context.application(on: channel) == .threeGPP
        }
    }

    private init(_ rows: [CommandRow]) {
        let table = UnsafeMutablePointer<UInt8>.allocate(capacity: 256 + ClassSet.groupCount << 8)
        table.initialize(repeating: 0, count: 256 + ClassSet.groupCount << 8)
        for cla in UInt8.min...UInt8.max { table[Int(cla)] = UInt8(truncatingIfNeeded: ClassSet.group(of: cla)) }
        // Entry 0 is "no row".
        var entries = [
            Entry(name: CommandName.other.raw, condition: .always, alternate: 0, usualCase: .four, payload: .cut)
        ]
        // Rows for every instruction first, so that one for a single instruction stands over them.
        for row in rows.filter({ $0.ins == nil }) + rows.filter({ $0.ins != nil && $0.condition == .always }) {
            for group in 0..<ClassSet.groupCount where row.classes.contains(group: group) {
                let number = UInt8(truncatingIfNeeded: entries.count)
                let alternate = rows.first {
                    $0.ins == row.ins && $0.condition != .always && $0.classes.contains(group: group)
                }
                entries.append(Entry(row, alternate.map { ($0.condition, number &+ 1) }))
                if let alternate { entries.append(Entry(alternate, nil)) }
                for ins in row.ins.map({ $0...$0 }) ?? UInt8.min...UInt8.max {
                    table[256 + group << 8 + Int(ins)] = number
                }
            }
        }
        precondition(entries.count <= 256, "row numbers are bytes: the command table has become too long")
        let stored = UnsafeMutablePointer<Entry>.allocate(capacity: entries.count)
        stored.initialize(from: entries, count: entries.count)
        self.table = UnsafePointer(table)
        self.entries = UnsafePointer(stored)
    }
}

extension CommandLookup.Entry {
    fileprivate init(_ row: CommandRow, _ alternate: (condition: RowCondition, number: UInt8)?) {
        name = UInt8(truncatingIfNeeded: CommandName.names.firstIndex(of: row.name) ?? CommandName.other.index)
        condition = alternate?.condition ?? .always
        self.alternate = alternate?.number ?? 0
        usualCase = row.usualCase
        payload = row.payload
    }
}

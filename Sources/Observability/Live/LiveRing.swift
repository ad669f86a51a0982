internal import ProbeEvents
internal import SmartCard

/// An exchange as it is remembered, and what it belongs to.
struct LiveEntry: Sendable {
    let id: UInt64
    let exchange: APDUExchange
    let verdict: APDUVerdict
    /// What it was about.
    let subject: CommandSubject
    /// Empty when the session's opening was not seen.
    let session: String
    /// The exchange that it goes on.
    let continues: UInt64?
    /// In hex; nil where its session is in no trace.
    let traceID: String?

    fileprivate var bytes: Int { exchange.command.bytes.count + exchange.response.bytes.count }
}

/// The last exchanges, bounded in number and in bytes; the oldest makes room.
struct LiveRing: Sendable {
    private static let limit = 4_096
    private static let longestChain: UInt64 = 1_024
    private static let byteLimit = 1 << 20

    private var slots: [LiveEntry?] = Array(repeating: nil, count: Self.limit)
    private var bytes = 0
    /// The ids of what is remembered.
    private var first: UInt64 = 1
    private(set) var lastID: UInt64 = 0

    /// The id of the exchange that comes next.
    var nextID: UInt64 { lastID + 1 }

    subscript(id: UInt64) -> LiveEntry? { first <= id && id <= lastID ? slots[Self.slot(id)] : nil }

    mutating func append(_ entry: LiveEntry) {
        lastID += 1
        if lastID - first >= UInt64(Self.limit) { removeFirst() }
        slots[Self.slot(lastID)] = entry
        bytes += entry.bytes
        while bytes > Self.byteLimit, first < lastID { removeFirst() }
    }

    /// Those behind an id, the oldest first, and how many behind it are no longer remembered.
    func entries(after id: UInt64, atMost limit: Int) -> (entries: [LiveEntry], missed: UInt64) {
        guard id < lastID else { return ([], 0) }
        let start = max(first, id + 1)
        let end = start + min(lastID - start, UInt64(max(1, limit)) - 1)
        return ((start...end).compactMap { slots[Self.slot($0)] }, start - id - 1)
    }

    /// The exchanges that are one command with this one, by id.
    func chain(of entry: LiveEntry) -> [UInt64] {
        let head = entry.continues ?? entry.id
        var chain = [head]
        // A chain ends where its session begins another command; a bench has few sessions, and a chain few exchanges.
        let next = max(head + 1, first)
        let end = max(next, min(lastID + 1, head + Self.longestChain))
        chain += (next..<end).filter { self[$0]?.continues == head }
        return chain
    }

    private mutating func removeFirst() {
        bytes -= slots[Self.slot(first)]?.bytes ?? 0
        slots[Self.slot(first)] = nil
        first += 1
    }

    private static func slot(_ id: UInt64) -> Int { Int(id % UInt64(limit)) }
}

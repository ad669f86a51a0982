/// Values by key in order of first sight, for at most so many keys; what comes later shares one value.
struct BoundedTable<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private var entries: [(key: Key, value: Value)] = []
    /// What was counted for keys that came when the table was full; nil when there was none.
    private var rest: Value?
    private var places: [Key: Int] = [:]
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    /// All entries; the shared one comes last, with no key.
    var all: [(key: Key?, value: Value)] {
        entries.map { ($0.key, $0.value) } + (rest.map { [(nil, $0)] } ?? [])
    }

    /// The value of a key; nil when it has none of its own.
    func value(of key: Key) -> Value? { places[key].map { entries[$0].value } }

    /// Changes the value of a key, a new one when the key is new; the shared one when the table is full.
    mutating func update<Result>(
        _ key: Key, new: @autoclosure () -> Value, _ change: (inout Value) -> Result
    ) -> Result {
        if let place = places[key] { return change(&entries[place].value) }
        guard entries.count < limit else {
            var shared = rest ?? new()
            defer { rest = shared }
            return change(&shared)
        }
        var value = new()
        let result = change(&value)
        places[key] = entries.count
        entries.append((key, value))
        return result
    }
}

extension UInt64 {
    /// Adds and stays at the largest value: durations come from other processes and may be anything.
    mutating func addSaturating(_ other: UInt64) {
        let (sum, overflow) = addingReportingOverflow(other)
        self = overflow ? .max : sum
    }
}

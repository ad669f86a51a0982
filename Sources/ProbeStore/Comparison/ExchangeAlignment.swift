package import Observability

extension RunComparison {
    /// Exchanges that differ in the same way.
    package struct Change: Sendable, Encodable, Equatable {
        /// In which way.
        package enum Kind: String, Sendable, Encodable {
            /// Only the second run has them.
            case added
            /// Only the first run has them.
            case gone
            /// The card answered with another status word.
            case statusWord = "status_word"
            /// The card answered with data of another length.
            case length
        }

        package var kind: Kind
        package var command: String
        /// CLA, INS, P1 and P2 of the first one, in hex.
        package var header: String
        /// How many.
        package var count: Int
        /// The place of the first one in the first run, counted from 1; null for what it does not have.
        package var firstPlace: OrNull<Int>
        /// The same in the second run.
        package var secondPlace: OrNull<Int>
        /// The status word in the first run; null for none.
        package var firstStatusWord: OrNull<String>
        /// The same in the second run.
        package var secondStatusWord: OrNull<String>

        package static func == (one: Self, other: Self) -> Bool {
            (one.kind, one.command, one.header, one.count) == (other.kind, other.command, other.header, other.count)
                && (one.firstPlace.value, one.secondPlace.value) == (other.firstPlace.value, other.secondPlace.value)
                && one.firstStatusWord.value == other.firstStatusWord.value
                && one.secondStatusWord.value == other.secondStatusWord.value
        }
    }
}

/// The exchanges of two runs side by side: first those that are wholly the same, then, in what is left between them, those
/// with the same command.
struct ExchangeAlignment {
    private typealias Exchange = ComparedRun.Exchange
    private typealias Change = RunComparison.Change

    /// What tells an exchange from others.
    private struct Key: Hashable {
        var command: String
        var header: String
        var sentBytes: Int
        var receivedBytes = -1
        var statusWord: String?
    }

    /// By what changes are put together.
    private struct Kind: Hashable {
        var kind: RunComparison.Change.Kind
        var command: String
        var first: String?
        var second: String?
    }

    private(set) var sameCount = 0
    private(set) var isExact = true
    private(set) var changes: [RunComparison.Change] = []
    private var places: [Kind: Int] = [:]

    init(_ first: [ComparedRun.Exchange], _ second: [ComparedRun.Exchange]) {
        let whole = Self.numbers(first, second) {
            Key(
                command: $0.command, header: $0.header, sentBytes: $0.sentBytes, receivedBytes: $0.receivedBytes,
                statusWord: $0.statusWord)
        }
        let commands = Self.numbers(first, second) {
            Key(command: $0.command, header: $0.header, sentBytes: $0.sentBytes)
        }
        let same = SequenceAlignment(whole.first, whole.second)
        (sameCount, isExact) = (same.pairs.count, same.isExact)
        var (x, y) = (0, 0)
        for pair in same.pairs + [.init(first: first.count, second: second.count)] {
            if pair.first > x || pair.second > y {
                let rest = SequenceAlignment(commands.first[x..<pair.first], commands.second[y..<pair.second])
                for answered in rest.pairs + [pair] {
                    (x..<answered.first).forEach { note(first[$0], $0, nil, nil) }
                    (y..<answered.second).forEach { note(nil, nil, second[$0], $0) }
                    if answered != pair {
                        note(first[answered.first], answered.first, second[answered.second], answered.second)
                    }
                    (x, y) = (answered.first + 1, answered.second + 1)
                }
            }
            (x, y) = (pair.first + 1, pair.second + 1)
        }
    }

    private mutating func note(
        _ old: ComparedRun.Exchange?, _ oldPlace: Int?, _ new: ComparedRun.Exchange?, _ newPlace: Int?
    ) {
        guard let shown = old ?? new else { return }
        let kind: Change.Kind =
            old == nil ? .added : new == nil ? .gone : old?.statusWord != new?.statusWord ? .statusWord : .length
        let key = Kind(kind: kind, command: shown.command, first: old?.statusWord, second: new?.statusWord)
        if let place = places[key] { return changes[place].count += 1 }
        places[key] = changes.count
        changes.append(
            Change(
                kind: kind, command: shown.command, header: shown.header, count: 1,
                firstPlace: OrNull(oldPlace.map { $0 + 1 }), secondPlace: OrNull(newPlace.map { $0 + 1 }),
                firstStatusWord: OrNull(old?.statusWord), secondStatusWord: OrNull(new?.statusWord)))
    }

    /// Equal numbers for equal keys.
    private static func numbers(
        _ first: [ComparedRun.Exchange], _ second: [ComparedRun.Exchange], _ key: (ComparedRun.Exchange) -> Key
    ) -> (first: [Int32], second: [Int32]) {
        var known: [Key: Int32] = [:]
        func number(_ exchange: ComparedRun.Exchange) -> Int32 {
            let key = key(exchange)
            if let number = known[key] { return number }
            let number = Int32(known.count)
            known[key] = number
            return number
        }
        return (first.map(number), second.map(number))
    }
}

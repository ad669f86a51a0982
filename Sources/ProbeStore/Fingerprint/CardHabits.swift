internal import Observability
internal import SmartCard

/// What one card in one reader usually does, by command: how long it takes, what it answers.
///
/// Testers differ in what they ask: a time is held against those of the same question with an answer of the same length,
/// and only how much longer it took is compared by command; an answer likewise against those to the same question.
struct CardHabits: Sendable {
    /// What one command usually is like.
    struct Habit: Sendable {
        /// Commands that were answered.
        fileprivate(set) var calls: UInt64 = 0
        fileprivate(set) var errors: UInt64 = 0
        /// Whether the last one was an error.
        fileprivate(set) var isLastError = false
        /// Some of the times, nanoseconds.
        fileprivate(set) var times = Thinned(limit: 256)
        /// How much longer than the same question usually, in thousandths.
        fileprivate var slower = Drift()
        /// 1 for an answer that is not the question's usual one, else 0.
        fileprivate var unusual = Drift()

        /// Whether enough is known to tell drift.
        var isKnown: Bool { slower.isKnown || unusual.isKnown }
    }

    /// A command, in the file or application that was selected last, as a hash: it may be long.
    private typealias Question = Int

    private struct Timed: Hashable {
        var question: Question
        var statusWord: StatusWord
        var receivedBytes: Int
    }

    /// How long the same takes.
    private struct Pace {
        var times = Thinned(limit: 32)
        var median: UInt64?
    }

    /// How often each kind of answer came.
    private struct Answers {
        private var counts: [Int: Int] = [:]
        private(set) var total = 0
        /// The kind that nearly all answers were of; nil where there is none. It stays while most are.
        private(set) var usual: Int?

        mutating func add(_ kind: Int) {
            total += 1
            counts[kind, default: 0] += 1
            if let known = usual, (counts[known] ?? 0) * 2 < total { usual = nil }
            guard usual == nil, total >= CardHabits.fewestAlike else { return }
            usual = counts.first { $0.value * 20 >= total * 19 }?.key
        }
    }

    /// With less of the same nothing is compared with it.
    static let fewestAlike = 6
    /// Questions that are known at once.
    private static let questionLimit = 256
    /// What is called a large effect (Romano 2006), for times; answers are 0 or 1, and differ in a third of them.
    private static let leastEffect = (time: 0.474, answer: 0.33)
    /// Less than a quarter more matters to nobody.
    private static let leastSlowdown = 0.25

    private(set) var habits: [CommandName: Habit] = [:]
    private var paces: [Timed: Pace] = [:]
    private var answers: [Question: Answers] = [:]

    init() {}

    /// Notes what the card did before; nobody judges it.
    mutating func learn(_ exchange: CardExchange, selected: Int) {
        _ = take(exchange, selected) { drift, value, _ in
            drift.learn(value)
            return false
        }
    }

    /// Notes what the card does now; whether there is something new to tell of it.
    mutating func note(_ exchange: CardExchange, selected: Int) -> Bool {
        take(exchange, selected) { drift, value, usually in
            if let usually {
                drift.note(value, leastEffect: Self.leastEffect.time) { Self.slowdown($0, $1, usually) }
            } else {
                drift.note(value, leastEffect: Self.leastEffect.answer) { batch, _ in
                    Double(batch.reduce(0, +)) / Double(batch.count)
                }
            }
        }
    }

    /// How far it is from its usual, command by command.
    var drifts: [CardDrift] {
        habits.filter(\.value.isKnown).map { command, habit in
            CardDrift(command: command, slowdown: habit.slower.level, unusualAnswers: habit.unusual.level)
        }.sorted { $0.command.index < $1.command.index }
    }

    /// How much longer, where that is more than the machine's own unrest: which holds up some commands, and a card that is
    /// slower the quick ones too.
    private static func slowdown(_ batch: [UInt64], _ usual: [UInt64], _ usually: UInt64) -> Double? {
        let (now, before) = (Double(batch.quantile(25)), Double(max(1, usual.quantile(25))))
        let slowdown = now / before - 1
        let more = (now - before) / 1_000 * Double(usually)
        return slowdown >= leastSlowdown && more >= Double(CommandComparison.leastNanoseconds) ? slowdown : nil
    }

    private mutating func take(
        _ exchange: CardExchange, _ selected: Int, _ note: (inout Drift, UInt64, _ usually: UInt64?) -> Bool
    ) -> Bool {
        var hasher = Hasher()
        hasher.combine(selected)
        hasher.combine(exchange.bytes)
        let question = hasher.finalize()
        var habit = habits[exchange.command] ?? Habit()
        defer { habits[exchange.command] = habit }
        habit.calls += 1
        if exchange.isError { habit.errors += 1 }
        habit.isLastError = exchange.isError
        var isNews = false
        if let kind = exchange.kindOfAnswer, let usual = usual(question, answering: kind) {
            isNews = note(&habit.unusual, kind == usual ? 0 : 1, nil)
        }
        guard let time = exchange.nanoseconds else { return isNews }
        habit.times.add(time)
        let timed = Timed(
            question: question, statusWord: exchange.statusWord, receivedBytes: exchange.receivedBytes)
        if let median = pace(timed, taking: time) {
            isNews = note(&habit.slower, (time &* 1_000) / max(1, median), median) || isNews
        }
        return isNews
    }

    /// What was usual before this answer.
    private mutating func usual(_ question: Question, answering kind: Int) -> Int? {
        guard answers[question] != nil || Self.makeRoom(&answers, { $0.total }) else { return nil }
        let usual = answers[question]?.usual
        answers[question, default: Answers()].add(kind)
        return usual
    }

    /// The median of the same before this time.
    private mutating func pace(_ timed: Timed, taking time: UInt64) -> UInt64? {
        guard var pace = paces[timed] ?? (Self.makeRoom(&paces, { $0.times.values.count }) ? Pace() : nil) else {
            return nil
        }
        let median = pace.median
        pace.times.add(time)
        if pace.times.values.count >= Self.fewestAlike { pace.median = pace.times.quantile(50) }
        paces[timed] = pace
        return median
    }

    /// Whether one more has room, in place of those that were met too seldom to judge by.
    private static func makeRoom<Key, Value>(_ all: inout [Key: Value], _ count: (Value) -> Int) -> Bool {
        if all.count >= questionLimit { all = all.filter { count($0.value) >= fewestAlike } }
        return all.count < questionLimit
    }
}

internal import GRDB
internal import Observability
internal import ProbeEvents

/// The tests that run, and those that ended lately: which of them a command belongs to.
///
/// It is asked when rows are written: by then a test's begin is known that was heard behind its first command.
struct HistoryTests {
    private struct Waiting {
        var row: StoredTest
        var isChanged = true
    }

    private var trail = TestTrail<Int>()
    /// By number.
    private var rows: [Int: Waiting] = [:]
    private var next = 0

    /// Rows that are not written yet.
    private(set) var changedCount = 0

    mutating func note(_ attached: ClientAttached) { trail.note(attached) }

    mutating func note(_ ended: ClientEnded) { trail.note(ended) }

    mutating func begin(_ began: TestBegan) {
        guard trail.begin(began, next) else { return }
        add(StoredTest(began))
    }

    mutating func end(_ ended: TestEnded) {
        var number = next
        trail.end(ended) { known in
            number = known ?? number
            return number
        }
        guard var waiting = rows[number] else { return add(StoredTest(ended)) }
        waiting.row.note(ended)
        if !waiting.isChanged { changedCount += 1 }
        waiting.isChanged = true
        rows[number] = waiting
    }

    /// What still ran of a suite that is over has no result, unless its own end comes late.
    mutating func end(_ ended: TestSuiteEnded) {
        var left: [Int] = []
        trail.end(ended) { left.append($0) }
        for number in left {
            guard var waiting = rows[number] else { continue }
            waiting.row.status = StoredTest.interruptedStatus
            if !waiting.isChanged { changedCount += 1 }
            waiting.isChanged = true
            rows[number] = waiting
        }
    }

    /// The number of the row of the test that something belongs to; nil for none.
    func id(_ nanoseconds: UInt64, _ client: ClientProcess) -> Int64? {
        trail.isEmpty ? nil : trail.about(nanoseconds, client).flatMap { rows[$0]?.row.id }
    }

    /// Writes what is new or has changed, in the order of their begins.
    mutating func write(to database: Database, run: Int64) throws {
        for number in rows.keys.filter({ rows[$0]?.isChanged == true }).sorted() {
            guard var waiting = rows[number] else { continue }
            waiting.row.run = run
            try waiting.row.save(database)
            rows[number] = waiting
        }
    }

    /// All of it is in the file, or given up.
    mutating func settle() {
        let known = Set(trail.remembered)
        for number in rows.keys {
            if known.contains(number) { rows[number]?.isChanged = false } else { rows[number] = nil }
        }
        changedCount = 0
    }

    /// The file is a new one: tests that run are written into it again.
    mutating func beginAnew() {
        for (number, waiting) in rows {
            rows[number]?.row.id = nil
            guard waiting.row.status == StoredTest.runningStatus, !waiting.isChanged else { continue }
            rows[number]?.isChanged = true
            changedCount += 1
        }
    }

    private mutating func add(_ row: StoredTest) {
        rows[next] = Waiting(row: row)
        next += 1
        changedCount += 1
    }
}

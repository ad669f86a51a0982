/// Who may use a card among the tasks of this program: while one has a transaction, the others wait.
struct TransactionTurns {
    /// The transactions, by number, that the present task and its children are within.
    @TaskLocal static var mine: Set<UInt64> = []

    private struct Waiter {
        var number: UInt64
        var continuation: CheckedContinuation<Void, Never>
    }

    private var holder: UInt64?
    private var depth = 0
    private var waiters: [Waiter] = []

    /// Whether the present task must wait.
    var isTaken: Bool { holder.map { !Self.mine.contains($0) } ?? false }

    /// A transaction began: its number, by which its task is known. One within another has the number of that.
    mutating func begin() -> UInt64 {
        depth += 1
        let number = holder ?? CallTeller.newNumber()
        holder = number
        return number
    }

    /// A transaction is over; when it was the outermost, all who wait look again, in their order.
    mutating func end() {
        depth -= 1
        guard depth == 0 else { return }
        holder = nil
        let all = waiters
        waiters = []
        for waiter in all { waiter.continuation.resume() }
    }

    mutating func add(_ number: UInt64, _ continuation: CheckedContinuation<Void, Never>) {
        waiters.append(Waiter(number: number, continuation: continuation))
    }

    /// Lets one look again, since its task was cancelled.
    mutating func wake(_ number: UInt64) {
        guard let index = waiters.firstIndex(where: { $0.number == number }) else { return }
        waiters.remove(at: index).continuation.resume()
    }
}

internal import ProbeEvents

extension Card {
    /// Does something with the card that no other program and no other task of this one gets in between.
    ///
    /// Begun once and ended once, also when the closure throws or its task is cancelled. Commands within it are those
    /// of the closure and of the child tasks it makes. It waits until another program's transaction is over; a task that
    /// is cancelled meanwhile is free at once, and the transaction is ended when it is granted after all. One within
    /// another is part of it.
    public nonisolated(nonsending) func transaction<Value>(
        ending disposition: Disposition = .leave, _ body: () async throws -> Value
    ) async throws -> Value {
        let number = try await begin()
        let value: Value
        do {
            value = try await TransactionTurns.$mine.withValue(TransactionTurns.mine.union([number])) {
                try await body()
            }
        } catch {
            // What went wrong first says more than what the end says.
            try? await end(disposition)
            throw error
        }
        try await end(disposition)
        return value
    }

    /// Waits until no other task has a transaction; throws when the present task was or is cancelled.
    func waitForTurn() async throws(CardReaderError) {
        while true {
            guard !Task.isCancelled else { throw .cancelled }
            guard turns.isTaken else { return }
            await waitForNews()
        }
    }

    /// The same for what must be done in any case.
    func waitForTurnWhenCancelledToo() async {
        while turns.isTaken {
            await withCheckedContinuation { turns.add(CallTeller.newNumber(), $0) }
        }
    }

    /// Begins one on behalf of a task that may have been cancelled before it is granted.
    private nonisolated func begin() async throws(CardReaderError) -> UInt64 {
        let answer = Answer<UInt64>()
        return try await answer.from { Task { await self.begin(for: answer) } }
    }

    private func begin(for answer: Answer<UInt64>) async {
        await waitForTurnWhenCancelledToo()
        let outcome = Result { () throws(CardReaderError) in
            guard !answer.isGiven else { throw .cancelled }
            try withSession { session throws(CardReaderError) in try session.beginTransaction() }
            return turns.begin()
        }
        guard !answer.give(outcome), case .success = outcome else { return }
        try? end(.leave)
    }

    private func end(_ disposition: Disposition) throws(CardReaderError) {
        turns.end()
        // A session that the closure has closed took its transaction along.
        guard isOpen else { return }
        try withSession { session throws(CardReaderError) in try session.endTransaction(disposition) }
    }

    private func waitForNews() async {
        let number = CallTeller.newNumber()
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                // A task that was cancelled in between would never be woken.
                if Task.isCancelled { continuation.resume() } else { turns.add(number, continuation) }
            }
        } onCancel: {
            Task { await self.wake(number) }
        }
    }

    private func wake(_ number: UInt64) { turns.wake(number) }
}

internal import Synchronization

/// What is found out elsewhere for a task that awaits it; of two answers the first one counts.
final class Answer<Value: Sendable>: Sendable {
    typealias Outcome = Result<Value, CardReaderError>

    private enum State {
        case open
        case awaited(CheckedContinuation<Outcome, Never>)
        case given(Outcome)
    }

    private let state = Mutex(State.open)

    /// Lets somebody find out, and awaits the answer; a task that is cancelled has it at once, and nothing is begun
    /// for one that was cancelled before.
    func from(
        _ start: () throws(CardReaderError) -> Void, onCancel: @escaping @Sendable () -> Void = {}
    ) async throws(CardReaderError) -> Value {
        let outcome = await withTaskCancellationHandler {
            await self.outcome(start)
        } onCancel: {
            onCancel()
            self.give(.failure(.cancelled))
        }
        return try outcome.get()
    }

    /// Whether nobody waits for an answer any more.
    var isGiven: Bool { state.withLock { if case .given = $0 { true } else { false } } }

    /// Gives the answer; false when there was one.
    @discardableResult
    func give(_ outcome: Outcome) -> Bool {
        let (isFirst, continuation) = state.withLock { state -> (Bool, CheckedContinuation<Outcome, Never>?) in
            switch state {
            case .open:
                state = .given(outcome)
                return (true, nil)
            case .awaited(let continuation):
                state = .given(outcome)
                return (true, continuation)
            case .given: return (false, nil)
            }
        }
        continuation?.resume(returning: outcome)
        return isFirst
    }

    private func outcome(_ start: () throws(CardReaderError) -> Void) async -> Outcome {
        await withCheckedContinuation { continuation in
            let early: Outcome? = state.withLock { state in
                if case .given(let outcome) = state { return outcome }
                state = .awaited(continuation)
                return nil
            }
            if let early { return continuation.resume(returning: early) }
            do throws(CardReaderError) { try start() } catch { give(.failure(error)) }
        }
    }
}

internal import ProbeEvents

/// A wait for a card to come or go, on a thread and a context of its own, ended by SCardCancel when its task is cancelled.
final class CardWait: Sendable {
    enum Goal: Sendable {
        /// A card is in this reader, or in any.
        case presence(reader: String?)
        /// The card that the query knows is gone.
        case absence(ReaderQuery)
    }

    /// pcscd tells of readers that come while it is being asked, not of those that came between two questions.
    private static let longestQuestion = Duration.seconds(1)

    private let teller: CallTeller
    private let goal: Goal
    private let limit: Duration?
    private let deadline: ContinuousClock.Instant?
    private let thread = InterruptibleWait()
    private let answer = Answer<ReaderListing.Reader>()

    init(_ teller: CallTeller, _ goal: Goal, within limit: Duration?) {
        (self.teller, self.goal, self.limit) = (teller, goal, limit)
        deadline = limit.map { .now + $0 }
    }

    /// Whoever cancels waits for nothing, and whoever waited is free at once, even when pcscd hangs.
    func run() async throws(CardReaderError) -> ReaderListing.Reader {
        try await answer.from { () throws(CardReaderError) in
            try thread.start { self.work() }
        } onCancel: { [thread] in
            thread.interrupt()
        }
    }

    private func work() {
        let outcome = Result { () throws(CardReaderError) in
            let context = try teller.establish()
            defer {
                thread.enter(nil)
                teller.release(context)
            }
            thread.enter(context)
            return try watch(context)
        }
        answer.give(outcome)
    }

    private func watch(_ context: PCSCContext) throws(CardReaderError) -> ReaderListing.Reader {
        switch goal {
        case .presence(let reader): try watchPresence(context, reader)
        case .absence(let query): try watchAbsence(context, query)
        }
    }

    private func watchPresence(
        _ context: PCSCContext, _ wanted: String?
    ) throws(CardReaderError) -> ReaderListing.Reader {
        var tracker = ReaderTracker()
        while true {
            if tracker.needsListing { _ = tracker.list(try teller.listReaders(context)) }
            if let found = tracker.readers.first(where: { $0.hasCard && (wanted == nil || wanted == $0.name) }) {
                return ReaderListing.Reader(
                    name: found.name, state: found.state.words, atr: found.atr.isEmpty ? nil : HexBytes(found.atr))
            }
            if let answers = try ask(context, tracker.queries(atMost: PCSCContext.mostReaders)) {
                _ = tracker.observe(answers)
            } else {
                tracker.doubtList()
            }
        }
    }

    private func watchAbsence(
        _ context: PCSCContext, _ known: ReaderQuery
    ) throws(CardReaderError) -> ReaderListing.Reader {
        var query = known
        while true {
            guard let seen = try ask(context, [query])?.first else { continue }
            let isOther = query.known != 0 && seen.cardEvents != UInt16(truncatingIfNeeded: query.known >> 16)
            if isOther || !seen.state.contains(.present) {
                return ReaderListing.Reader(name: seen.name, state: seen.state.words, atr: nil)
            }
            query.known = seen.event & ~UInt32(ReaderState.changed.rawValue)
        }
    }

    /// Asks pcscd once; nil when nothing changed, or a reader went between the list and the question.
    private func ask(
        _ context: PCSCContext, _ queries: [ReaderQuery]
    ) throws(CardReaderError) -> [ReaderObservation]? {
        let left = deadline.map { ContinuousClock.now.duration(to: $0) } ?? Self.longestQuestion
        guard !thread.stopping.isRaised else { throw .cancelled }
        guard left > .zero else { throw late }
        do throws(CardReaderError) {
            return try teller.statusChange(context, queries, within: min(left, Self.longestQuestion))
        } catch .failed(.getStatusChange, ResultCode.cancelled) {
            throw .cancelled
        } catch .failed(.getStatusChange, ResultCode.unknownReader) {
            guard case .absence(let query) = goal else { return nil }
            // A reader that is gone has no card.
            return [ReaderObservation(name: query.name, event: UInt32(ReaderState.unknown.rawValue))]
        }
    }

    private var late: CardReaderError {
        let limit = limit ?? .zero
        return switch goal {
        case .presence(let reader): .noCard(reader: reader ?? "", after: limit)
        case .absence(let query): .cardStayed(reader: query.name, after: limit)
        }
    }
}

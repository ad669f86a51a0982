public import ProbeEvents
internal import Synchronization

/// The readers of this machine's pcscd, for a program that talks to cards itself; what it does is told to a sink.
///
/// A sink hears the same events as from the shim of `cardlink-probe run`, with the same bytes cut.
public struct CardReaders: Sendable {
    private let teller: CallTeller

    /// Nothing is asked of pcscd yet.
    public init(sink: (any EventSink)? = nil, whenWrapped: WhenWrapped = .silent) {
        teller = CallTeller(sink, whenWrapped: whenWrapped)
    }

    /// The readers with state and card, in pcscd's order; none is an empty list.
    public func list(within limit: Duration = .seconds(5)) async throws(CardReaderError) -> [ReaderListing.Reader] {
        let answer = Answer<[ReaderListing.Reader]>()
        // Two threads: one that pcscd may hold for ever, and one that waits for it no longer than this.
        return try await answer.from { () throws(CardReaderError) in
            try MonitorThread.start { [teller] in
                answer.give(
                    Result { () throws(CardReaderError) in try ReaderListing.take(within: limit, teller).readers })
            }
        }
    }

    /// Opens a session with the card in a reader.
    ///
    /// A task that is cancelled meanwhile is free at once; the session is closed when it comes after all.
    public func connect(
        to reader: String, share: ShareMode = .shared, protocols: CardProtocols = .any
    ) async throws(CardReaderError) -> Card {
        let thread = try CardThread.start()
        let opener = CardOpener(thread)
        let answer = Answer<CardSession>()
        var isUnderWay = false
        do throws(CardReaderError) {
            let session = try await answer.from {
                isUnderWay = true
                Task { [teller] in
                    await opener.open(reader: reader, share: share, protocols: protocols, teller: teller, for: answer)
                }
            }
            return Card(session, on: thread)
        } catch {
            if !isUnderWay { thread.end {} }
            throw error
        }
    }

    /// Waits until a card is in this reader, or in any; at once when one is there. The reader may come meanwhile.
    ///
    /// Without a limit it waits until its task is cancelled, which ends it at once.
    public func waitForCard(
        in reader: String? = nil, within limit: Duration? = nil
    ) async throws(CardReaderError) -> ReaderListing.Reader {
        try await CardWait(teller, .presence(reader: reader), within: limit).run()
    }

    /// Waits until no card is in this reader, or another than at first; at once when none is there.
    public func waitForRemoval(from reader: String, within limit: Duration? = nil) async throws(CardReaderError) {
        _ = try await CardWait(teller, .absence(ReaderQuery(name: reader)), within: limit).run()
    }
}

extension Card {
    /// Waits until the card that was there at the connect is gone; at once when it went meanwhile.
    ///
    /// It uses a connection of its own: commands can go on.
    public func waitForRemoval(within limit: Duration? = nil) async throws(CardReaderError) {
        let (query, teller) = try readerQuery()
        _ = try await CardWait(teller, .absence(query), within: limit).run()
    }
}

/// Makes a session on the thread that will own it.
private actor CardOpener {
    private nonisolated let thread: CardThread
    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    init(_ thread: CardThread) { self.thread = thread }

    /// Ends the thread when there is no session, or nobody for it.
    func open(
        reader: String, share: ShareMode, protocols: CardProtocols, teller: CallTeller, for answer: Answer<CardSession>
    ) {
        let outcome = Result { () throws(CardReaderError) in
            guard !answer.isGiven else { throw .cancelled }
            return try CardSession(reader: reader, share: share, protocols: protocols, teller: teller)
        }
        let isWanted = answer.give(outcome)
        switch outcome {
        case .success(let session) where !isWanted:
            thread.end {
                var session = session
                _ = session.close(.leave)
            }
        case .success: break
        case .failure: thread.end {}
        }
    }
}

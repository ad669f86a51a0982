package import Observability
package import ProbeEvents
internal import SmartCard
internal import Synchronization

/// Holds each card against its usual, which the history has, and follows how well readers' contacts do.
///
/// A stage behind a ``EventRing``: when a card comes for the first time its past is read, and events wait so long.
package final class CardWatch: EventSink {
    /// What there is to count or to show.
    package enum Sign: Sendable, Hashable {
        /// A card answered.
        case command(reader: String)
        /// Something tells of bad contact.
        case contact(ContactEvent, reader: String)
        /// How the card in a reader does by now; of one that went all is 0.
        case drift([CardDrift], reader: String)
        /// A card's usual is remembered no more.
        case forgotten
    }

    fileprivate struct Key: Hashable {
        var reader: String
        var atr: HexBytes
    }

    fileprivate struct Known {
        var habits: CardHabits
        var usedNanoseconds: UInt64
    }

    fileprivate struct State {
        var cards: [Key: Known] = [:]
        /// The card in each reader.
        var present: [String: Key] = [:]
        var contacts: [String: ContactQuality] = [:]
        var selection = CardSelection()
    }

    /// Cards that are remembered; each takes 150 kB at most.
    static let cardLimit = 32
    /// pcscd itself has room for 16.
    private static let readerLimit = 256

    private let path: String?
    private let tell: @Sendable (Sign) -> Void
    private let state = Mutex(State())

    /// A watch that nobody told anything yet.
    ///
    /// - Parameters:
    ///   - path: the file of the history; nil where none is kept, and only what is seen becomes usual.
    ///   - tell: hears what there is to count and to show, on the thread that tells events.
    package init(history path: String?, tell: @escaping @Sendable (Sign) -> Void) {
        (self.path, self.tell) = (path, tell)
    }

    /// Takes one event.
    package func receive(_ event: ProbeEvent) {
        switch event {
        case .apdu(let exchange): take(exchange)
        case .operation(let operation): take(operation)
        case .readerChanged(let change): take(change)
        case .cardIdentified(let card):
            if !card.atr.bytes.isEmpty { come(card.atr, card.reader, card.stamp) }
        case .sessionClosed(let closed):
            state.withLock { $0.selection.forget(.init(client: closed.client.id, session: closed.session)) }
        case .clientEnded(let ended): state.withLock { $0.selection.forget(client: ended.client.id) }
        case .sessionOpened, .clientAttached, .clientDrained, .eventsDropped, .sourceState: break
        case .atCommand, .urc, .modemChanged, .modemIdentified, .simChanged, .registrationChanged, .signalMeasured:
            break
        case .bipOpened, .bipData, .bipLinkChanged, .bipDataWaiting, .bipClosed, .bipFailed, .triggerSeen: break
        case .tls, .ota, .esim, .phone, .test, .database: break
        }
    }

    /// How well each reader's contacts do at a moment of CLOCK_MONOTONIC.
    package func contactRatios(at now: UInt64) -> [String: Double] {
        state.withLock { $0.contacts.mapValues { $0.score(at: now).ratio } }
    }

    /// How such a command went before on the card in its reader; nil where too little is known.
    package func usual(_ exchange: APDUExchange) -> FlightHeader.Usual? {
        let (habit, last) = state.withLock { state -> (CardHabits.Habit?, UInt64) in
            let card = state.present[exchange.reader].flatMap { state.cards[$0] }
            return (card?.habits.habits[exchange.name], card?.usedNanoseconds ?? 0)
        }
        guard let habit, habit.calls > CardHabits.fewestAlike, !habit.times.values.isEmpty else { return nil }
        // The stage may have had it already.
        let isKnown = last >= exchange.stamp.startNanoseconds
        return FlightHeader.Usual(
            command: exchange.name.name, calls: habit.calls - (isKnown ? 1 : 0),
            errors: habit.errors - (isKnown && habit.isLastError ? 1 : 0),
            p50Seconds: Double(habit.times.quantile(50)) / 1e9, p95Seconds: Double(habit.times.quantile(95)) / 1e9)
    }

    // MARK: Events

    private func take(_ exchange: APDUExchange) {
        guard exchange.interface == .pcsc, !exchange.reader.isEmpty else { return }
        follow(exchange.reader) { $0.note(exchange) }
        guard let known = CardExchange(exchange) else { return }
        tell(.command(reader: exchange.reader))
        let drifts = state.withLock { state -> [CardDrift]? in
            let session = CardSelection.Session(client: exchange.client.id, session: exchange.session)
            let selected = state.selection.note(known, in: session)
            guard let key = state.present[exchange.reader], var card = state.cards.removeValue(forKey: key) else {
                return nil
            }
            // Moved and not shared, so that it is not copied.
            let isNews = card.habits.note(known, selected: selected)
            card.usedNanoseconds = exchange.stamp.startNanoseconds
            defer { state.cards[key] = card }
            return isNews ? card.habits.drifts : nil
        }
        if let drifts { tell(.drift(drifts, reader: exchange.reader)) }
    }

    private func take(_ operation: ReaderOperation) {
        guard !operation.reader.isEmpty else { return }
        if operation.operation == .reconnect {
            let session = CardSelection.Session(client: operation.client.id, session: operation.session)
            state.withLock { $0.selection.forget(session) }
        }
        follow(operation.reader) { $0.note(operation) }
    }

    private func take(_ change: ReaderChange) {
        follow(change.reader) { $0.note(change) }
        switch change.change {
        case .cardCame: come(change.atr, change.reader, change.stamp)
        case .cardWent, .readerWent: go(change.reader)
        case .readerCame: break
        }
    }

    private func follow(_ reader: String, _ note: (inout ContactQuality) -> [ContactEvent]) {
        let events = state.withLock { state -> [ContactEvent] in
            guard state.contacts[reader] != nil || state.contacts.count < Self.readerLimit else { return [] }
            return note(&state.contacts[reader, default: ContactQuality()])
        }
        for event in events { tell(.contact(event, reader: reader)) }
    }

    // MARK: Cards

    private func come(_ atr: HexBytes, _ reader: String, _ stamp: EventStamp) {
        let key = Key(reader: reader, atr: atr)
        let (before, isKnown) = state.withLock { ($0.present[reader], $0.cards[key] != nil) }
        guard before != key else { return }
        go(reader)
        guard !atr.bytes.isEmpty else { return }
        // Not under the lock, for which scrapes wait.
        let past = isKnown ? nil : habits(key)
        let (drifts, isOneForgotten) = state.withLock { state -> ([CardDrift], Bool) in
            guard state.present[reader] != nil || state.present.count < Self.readerLimit else { return ([], false) }
            state.present[reader] = key
            if let past { state.cards[key] = Known(habits: past, usedNanoseconds: stamp.startNanoseconds) }
            state.cards[key]?.usedNanoseconds = stamp.startNanoseconds
            return (state.cards[key]?.habits.drifts ?? [], state.makeRoom())
        }
        if isOneForgotten { tell(.forgotten) }
        if !drifts.isEmpty { tell(.drift(drifts, reader: reader)) }
    }

    private func go(_ reader: String) {
        let drifts = state.withLock { state -> [CardDrift] in
            state.present.removeValue(forKey: reader).flatMap { state.cards[$0]?.habits.drifts } ?? []
        }
        if !drifts.isEmpty { tell(.drift(drifts.map { CardDrift(command: $0.command) }, reader: reader)) }
    }

    /// What the history has of a card; nothing where it cannot be read, which its own check tells.
    private func habits(_ key: Key) -> CardHabits {
        guard let path, let reader = try? HistoryReader(path: path) else { return CardHabits() }
        return (try? reader.habits(ofCard: key.atr.description, in: key.reader)) ?? CardHabits()
    }
}

extension CardWatch.State {
    /// The card that was used longest ago goes, when there are too many; whether one did.
    fileprivate mutating func makeRoom() -> Bool {
        guard cards.count > CardWatch.cardLimit else { return false }
        let away = cards.filter { card in !present.values.contains(card.key) }
        guard let oldest = away.min(by: { $0.value.usedNanoseconds < $1.value.usedNanoseconds })?.key else {
            return false
        }
        cards[oldest] = nil
        return true
    }
}

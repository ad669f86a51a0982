import CardReader
import ProbeEvents
import Synchronization

/// Knows the ATR of the card in each reader, from what a monitor tells.
final class CardsPresent: EventSink {
    private let atrs = Mutex<[String: HexBytes]>([:])

    /// The ATRs by the readers' names.
    var snapshot: [String: HexBytes] { atrs.withLock { $0 } }

    func receive(_ event: ProbeEvent) {
        guard case .readerChanged(let change) = event else { return }
        atrs.withLock { atrs in
            switch change.change {
            case .cardCame: atrs[change.reader] = change.atr
            case .cardWent, .readerWent: atrs[change.reader] = nil
            case .readerCame: break
            }
        }
    }
}

/// Follows readers and cards until the monitor is stopped; a pcscd that is away is waited for.
func followCards() throws -> (monitor: ReaderMonitor, cards: CardsPresent) {
    let (monitor, cards) = (ReaderMonitor(), CardsPresent())
    try monitor.start(into: cards)
    return (monitor, cards)
}

/// The readers of this moment as a table, or what keeps pcscd from answering and what helps.
func readersNow() -> String {
    do throws(CardReaderError) {
        return try ReaderListing.take().table
    } catch {
        return error.explanation
    }
}

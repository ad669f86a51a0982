import CardReader
import ProbeEvents
import SmartCard
import Synchronization

/// Keeps how long the card took for each command. Whoever talks to the card calls it, so it must not block.
final class CardTimes: EventSink {
    private let kept = Mutex<[(command: String, time: Duration)]>([])

    /// The commands in their order, each with the card's time.
    var times: [(command: String, time: Duration)] { kept.withLock { $0 } }

    func receive(_ event: ProbeEvent) {
        guard case .apdu(let exchange) = event else { return }
        kept.withLock { $0.append((exchange.name.name, .nanoseconds(Int64(exchange.cardNanoseconds)))) }
    }
}

/// Reads EF.ICCID of the first card, waiting for one if need be.
func readICCID(telling sink: any EventSink) async throws -> CardResponse {
    let readers = CardReaders(sink: sink)
    let reader = try await readers.waitForCard(within: .seconds(30))
    let card = try await readers.connect(to: reader.name)
    let answer = try await card.transaction {
        let selected = try await card.perform([0x00, 0xA4, 0x00, 0x04, 0x02, 0x2F, 0xE2])
        guard selected.isSuccess else { return selected }
        return try await card.perform([0x00, 0xB0, 0x00, 0x00, 0x00])
    }
    try await card.disconnect()
    return answer
}

/// Does something with each card that is put in, until the task is cancelled.
func forEachCard(in readers: CardReaders, _ work: @Sendable (Card) async throws -> Void) async throws {
    while true {
        let reader = try await readers.waitForCard()
        do {
            let card = try await readers.connect(to: reader.name)
            try await work(card)
            try await card.waitForRemoval()
        } catch let error as CardReaderError where error.deviceError == .cardRemoved {
            // Pulled before the work was done: the next one, please.
            try await readers.waitForRemoval(from: reader.name)
        }
    }
}

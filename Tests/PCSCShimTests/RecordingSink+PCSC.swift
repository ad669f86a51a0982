import ProbeEvents
import TestSupport

extension RecordingSink {
    var exchanges: [APDUExchange] {
        events.compactMap { if case .apdu(let exchange) = $0 { exchange } else { nil } }
    }

    var operations: [ReaderOperation] {
        events.compactMap { if case .operation(let operation) = $0 { operation } else { nil } }
    }

    var opened: [ReaderSessionOpened] {
        events.compactMap { if case .sessionOpened(let session) = $0 { session } else { nil } }
    }

    var closed: [ReaderSessionClosed] {
        events.compactMap { if case .sessionClosed(let session) = $0 { session } else { nil } }
    }

    var attached: [ClientAttached] {
        events.compactMap { if case .clientAttached(let client) = $0 { client } else { nil } }
    }

    var ended: [ClientEnded] {
        events.compactMap { if case .clientEnded(let client) = $0 { client } else { nil } }
    }

    var cards: [CardIdentified] {
        events.compactMap { if case .cardIdentified(let card) = $0 { card } else { nil } }
    }

    /// How many records were lost for this reason.
    func dropped(_ reason: DropReason) -> Int {
        events.reduce(0) { sum, event in
            guard case .eventsDropped(let loss) = event, loss.reason == reason else { return sum }
            return sum + Int(loss.count)
        }
    }

    /// How many were lost for any reason.
    var droppedInAll: Int { DropReason.allCases.map(dropped).reduce(0, +) }

    /// How many exchanges each client sent, in the order in which they were attached.
    var exchangesByClient: [Int] {
        attached.map { client in exchanges.count { $0.client == client.client } }
    }
}

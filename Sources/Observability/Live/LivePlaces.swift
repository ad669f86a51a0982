internal import ProbeEvents
internal import SmartCard

/// Which files are selected on the cards of the bench, by device; on further devices nothing is known.
struct LivePlaces: Sendable {
    private var places: [String: CardPlace] = [:]

    /// What an exchange was about.
    mutating func observe(_ exchange: APDUExchange) -> CommandSubject {
        guard places[exchange.reader] != nil || places.count < RunTally.rememberedNames else { return CommandSubject() }
        let response = exchange.resultCode == 0 ? exchange.response.bytes : []
        return places[exchange.reader, default: CardPlace()].observe(
            command: exchange.command.bytes, response: response)
    }

    /// Takes an event that is no exchange: after some of them the card may have been reset, or others were at it.
    mutating func note(_ event: ProbeEvent) {
        switch event {
        case .sessionOpened(let opened): forget(opened.reader)
        case .sessionClosed(let closed): forget(closed.reader)
        case .operation(let done): if done.operation == .reconnect { forget(done.reader) }
        case .readerChanged(let change): forget(change.reader)
        case .modemChanged(let change): forget(change.modem)
        case .simChanged(let change): forget(change.modem)
        case .eventsDropped: places = [:]
        case .apdu, .cardIdentified, .clientAttached, .clientEnded, .clientDrained, .sourceState, .triggerSeen: break
        case .atCommand, .urc, .modemIdentified, .registrationChanged, .signalMeasured: break
        case .bipOpened, .bipData, .bipLinkChanged, .bipDataWaiting, .bipClosed, .bipFailed: break
        case .tls, .ota, .esim, .phone, .test, .database: break
        }
    }

    private mutating func forget(_ device: String) { places[device] = nil }
}

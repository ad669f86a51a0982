internal import Observability
internal import ProbeEvents
internal import Synchronization

/// Tells which card is in a reader when a program reads its ICCID, as a hash under the site's key, and hands on all else.
///
/// It stands where contents of files are still to be seen, before what cuts them.
final class IdentifiedCards: EventSink {
    private let sink: any EventSink
    private let mask: Mutex<IdentityMask>

    private init(_ sink: any EventSink, _ mask: IdentityMask) {
        self.sink = sink
        self.mask = Mutex(mask)
    }

    /// This before a sink, where contents of files were asked for; the sink itself elsewhere.
    static func before(_ sink: any EventSink, _ request: CaptureRequest) -> any EventSink {
        // Those of the capture say what is wrong with the key.
        guard let mask = request.mask({ _ in }) else { return sink }
        return IdentifiedCards(sink, mask)
    }

    func receive(_ event: ProbeEvent) {
        sink.receive(event)
        let card = mask.withLock { mask -> CardIdentified? in
            guard case .apdu(let exchange) = event else {
                mask.observe(event)
                return nil
            }
            return mask.masked(exchange).card
        }
        if let card { sink.receive(.cardIdentified(card)) }
    }
}

package import ProbeEvents
internal import SmartCard

/// Cuts every exchange back to what metrics, traces and other processes may have, before it tells it on.
///
/// A tap that was asked for a capture hands out more, and a client can ask its own tap for as much as it likes.
package final class StandardLevel: EventSink {
    private let sink: any EventSink

    /// Tells what may be told to a sink.
    package init(_ sink: any EventSink) { self.sink = sink }

    /// Cuts and tells one event.
    package func receive(_ event: ProbeEvent) {
        // Most commands keep all they have, and are not copied.
        guard case .apdu(let exchange) = event, exchange.mayBeCut(to: .standard) else { return sink.receive(event) }
        var kept = exchange
        kept.cut(to: .standard)
        sink.receive(.apdu(kept))
    }
}

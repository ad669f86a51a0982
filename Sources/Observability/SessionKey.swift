internal import ProbeEvents

/// A session with a card among those of all clients.
package struct SessionKey: Hashable, Sendable {
    package var client: UInt64
    package var session: UInt64

    package init(client: UInt64, session: UInt64) { (self.client, self.session) = (client, session) }

    init(_ client: ClientProcess, _ session: UInt64) { self.init(client: client.id, session: session) }

    /// That of an event; nil where it is of none.
    init?(_ event: ProbeEvent) {
        let subject = event.subject
        guard let client = subject.client, let session = subject.session else { return nil }
        self.init(client, session)
    }
}

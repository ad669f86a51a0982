/// The sides of a connection through a relay.
package enum RelaySide: Sendable, Hashable {
    /// Who connected to the relay.
    case client
    /// Whom the relay connected to.
    case server
}

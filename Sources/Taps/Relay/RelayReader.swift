internal import NIOCore
internal import ProbeEvents

/// Reads a copy of what passes through one connection of a relay, on its event loop.
protocol RelayReader {
    /// A client has connected; each address is nil when the system does not tell it.
    mutating func opened(from client: SocketAddress?, to listener: SocketAddress?)
    /// A side sent these bytes, and they are on their way to the other one.
    mutating func received(_ bytes: ByteBufferView, from side: RelaySide, at clock: EventClock)
    /// A side sends no more, or broke off; told again when it is gone.
    mutating func closed(by side: RelaySide, isReset: Bool)
    /// The relay itself ends the connection.
    mutating func stopped()
    /// Both sides are gone.
    mutating func ended()
}

package import NIOCore

/// The bounds of the HTTP server.
package struct WebLimits: Sendable {
    /// Connections open at once, over all addresses; a further one is closed at once.
    package var connections = 256
    /// Scrapes at once; a further one gets 503.
    package var scrapes = 40
    /// Viewers of the live stream at once; a further one gets 503.
    package var viewers = 64
    /// A connection that has not sent the head of its first request by then is closed.
    package var first = TimeAmount.seconds(5)
    /// Requests of one connection that wait for their answers; a client that sends more is cut off.
    package var pipelined = 16
    /// A connection with no request under way is closed after this.
    package var idle = TimeAmount.seconds(60)
    /// A client that takes nothing of its answer for this long is cut off.
    package var stall = TimeAmount.seconds(10)
    /// Longest time from the head of a request to the end of its answer.
    package var exchange = TimeAmount.seconds(60)
    /// Longest time that an answer under way holds up the server's stop.
    package var stop = TimeAmount.seconds(1)

    /// The usual bounds.
    package init() {}
}

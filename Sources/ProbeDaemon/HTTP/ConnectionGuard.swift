internal import HTTPTypes
internal import NIOCore
internal import NIOHTTPTypes
internal import Synchronization

/// How many connections a server has open, how many it may have, and how many it has refused.
final class ConnectionBound: Sendable {
    private let most: Int
    private let open = Atomic<Int>(0)
    private let refused = Atomic<UInt64>(0)

    init(most: Int) { self.most = most }

    /// Connections refused since the start.
    var refusedCount: UInt64 { refused.load(ordering: .relaxed) }

    /// Counts one in; false, and counted as refused, when there are as many as may be.
    func enter() -> Bool {
        if open.add(1, ordering: .relaxed).newValue <= most { return true }
        open.subtract(1, ordering: .relaxed)
        refused.add(1, ordering: .relaxed)
        return false
    }

    func leave() { open.subtract(1, ordering: .relaxed) }
}

/// Closes a connection that its client holds up: too many at once, reading nothing, sending without end.
///
/// The server closes idle connections itself. What it waits for without limit is a client that does not take its
/// answer, and one that never ends its request.
final class ConnectionGuard: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let bound: ConnectionBound
    private let limits: WebLimits
    private var isCounted = false
    private var isReadingRequest = false
    private var unanswered = 0
    private var exchangeDeadline: Scheduled<Void>?
    private var stallDeadline: Scheduled<Void>?

    init(bound: ConnectionBound, limits: WebLimits) {
        self.bound = bound
        self.limits = limits
    }

    func channelActive(context: ChannelHandlerContext) {
        isCounted = bound.enter()
        guard isCounted else {
            context.close(promise: nil)
            return
        }
        exchangeDeadline = close(context, in: limits.first)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        exchangeDeadline?.cancel()
        stallDeadline?.cancel()
        if isCounted { bound.leave() }
        isCounted = false
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head:
            isReadingRequest = true
            unanswered += 1
            guard unanswered <= limits.pipelined else { return context.close(promise: nil) }
            if unanswered == 1 {
                exchangeDeadline?.cancel()
                exchangeDeadline = close(context, in: limits.exchange)
            }
        case .body: break
        case .end: isReadingRequest = false
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard case .end = unwrapOutboundIn(data) else {
            if case .head(let head) = unwrapOutboundIn(data), head.headerFields[.contentType] == "text/event-stream" {
                // Such an answer has no end; who does not take it is cut off all the same.
                exchangeDeadline?.cancel()
            }
            context.write(data, promise: promise)
            return
        }
        unanswered -= 1
        exchangeDeadline?.cancel()
        exchangeDeadline = unanswered > 0 ? close(context, in: limits.exchange) : nil
        context.write(data, promise: promise)
        // Answered before the request was read to its end: nothing of the rest is of use.
        if isReadingRequest && unanswered == 0 {
            context.flush()
            context.close(mode: .output, promise: nil)
            exchangeDeadline = close(context, in: .seconds(1))
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        stallDeadline?.cancel()
        stallDeadline = context.channel.isWritable ? nil : close(context, in: limits.stall)
        context.fireChannelWritabilityChanged()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        // The server lets answers under way end; this says how long.
        if event is ChannelShouldQuiesceEvent {
            exchangeDeadline?.cancel()
            exchangeDeadline = close(context, in: limits.stop)
        }
        context.fireUserInboundEventTriggered(event)
    }

    private func close(_ context: ChannelHandlerContext, in delay: TimeAmount) -> Scheduled<Void> {
        context.eventLoop.assumeIsolated().scheduleTask(in: delay) { context.close(promise: nil) }
    }
}

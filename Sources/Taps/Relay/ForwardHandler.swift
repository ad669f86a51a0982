internal import Glibc
internal import NIOCore

/// One side of a forwarded connection: hands bytes to the other side, and reads no more while that one cannot take them.
///
/// What waits is bounded by the high mark of the channel that it waits for, and one read.
final class ForwardHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// What a side does.
    enum Deed {
        case sent(ByteBuffer)
        /// It sends no more.
        case closed
        /// It broke off.
        case reset
        /// Its channel is gone.
        case gone
        /// The relay is to end.
        case stopped
    }

    /// Sent out through a channel: its connection ends.
    struct Stop: Sendable {}

    private let onDeed: (Deed) -> Void
    private weak var other: ForwardHandler?
    private var context: ChannelHandlerContext?
    private var isReadDue = false
    private var hasReadAhead = false
    private var hasEnded = false

    /// - Parameter onDeed: is told what the side does; it hands on by `send`, `end` and `reset` of the other one.
    init(onDeed: @escaping (Deed) -> Void) { self.onDeed = onDeed }

    /// Joins two sides. Before that a side reads once: the first byte tells when a handshake began.
    static func join(_ one: ForwardHandler, _ two: ForwardHandler) {
        (one.other, two.other) = (two, one)
        one.readWhatIsDue()
        two.readWhatIsDue()
    }

    // MARK: To this side

    /// Sends bytes out, at once.
    func send(_ buffer: ByteBuffer) {
        context?.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
    }

    /// Sends no more, once what waits is out; `all` closes the other way, too.
    func end(_ mode: CloseMode = .output) {
        guard let context, !hasEnded || mode == .all else { return }
        hasEnded = true
        // A channel that has read its end would close as a whole, and at once: what waits goes first.
        context.writeAndFlush(wrapOutboundOut(ByteBuffer())).assumeIsolated().whenComplete { [weak self] _ in
            self?.context?.close(mode: mode, promise: nil)
        }
    }

    /// Breaks off, as the other end will see.
    func reset() {
        guard let context else { return }
        (context.channel as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0))
            .whenFailure { _ in }
        context.close(promise: nil)
    }

    // MARK: From this side

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    /// One that is closed before it was active never becomes inactive.
    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        onDeed(.gone)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { onDeed(.sent(unwrapInboundIn(data))) }

    func read(context: ChannelHandlerContext) {
        if other?.canTake ?? !hasReadAhead {
            hasReadAhead = true
            context.read()
        } else {
            isReadDue = true
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { other?.readWhatIsDue() }
        context.fireChannelWritabilityChanged()
    }

    private var canTake: Bool { context?.channel.isWritable ?? true }

    private func readWhatIsDue() {
        guard isReadDue else { return }
        isReadDue = false
        context?.read()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed? = event as? ChannelEvent { onDeed(.closed) }
        context.fireUserInboundEventTriggered(event)
    }

    func triggerUserOutboundEvent(
        context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?
    ) {
        guard event is Stop else { return context.triggerUserOutboundEvent(event, promise: promise) }
        onDeed(.stopped)
        promise?.succeed()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        onDeed(.reset)
        context.close(promise: nil)
    }
}

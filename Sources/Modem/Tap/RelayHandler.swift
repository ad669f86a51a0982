internal import NIOCore

/// One side of a relay: hands bytes to the other side, and reads no more while that one cannot take them.
///
/// What waits is bounded by the high mark of the channel that it waits for, and one read.
final class RelayHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Bytes that may wait for a side until the other one is not read any more, and until it is read again.
    static let highMarkBytes = 16_384
    static let lowMarkBytes = 4_096

    private let onBytes: (ByteBuffer) -> Void
    private let onEnd: () -> Void
    private weak var other: RelayHandler?
    private var context: ChannelHandlerContext?
    private var isReadDue = false

    /// - Parameters:
    ///   - onBytes: is given what came; it hands it on by `pass`.
    ///   - onEnd: is told once that the side is gone.
    init(onBytes: @escaping (ByteBuffer) -> Void, onEnd: @escaping () -> Void) {
        self.onBytes = onBytes
        self.onEnd = onEnd
    }

    /// Joins two sides.
    static func join(_ one: RelayHandler, _ two: RelayHandler) {
        one.other = two
        two.other = one
    }

    /// Sends bytes out on this side, at once.
    func send(_ buffer: ByteBuffer) {
        guard let context else { return }
        context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
    }

    /// Closes this side.
    func close() { context?.close(promise: nil) }

    private var canTake: Bool { context?.channel.isWritable ?? true }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { onBytes(unwrapInboundIn(data)) }

    func read(context: ChannelHandlerContext) {
        if other?.canTake ?? true {
            context.read()
        } else {
            isReadDue = true
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { other?.readWhatIsDue() }
        context.fireChannelWritabilityChanged()
    }

    private func readWhatIsDue() {
        guard isReadDue else { return }
        isReadDue = false
        context?.read()
    }

    /// A tty that hangs up gives EIO where a file gives its end.
    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    func channelInactive(context: ChannelHandlerContext) { onEnd() }
}

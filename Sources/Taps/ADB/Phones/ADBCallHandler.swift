internal import NIOCore

/// Makes a call over a channel.
final class ADBCallHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// What a call tells.
    enum News {
        /// What the last request brought.
        case bytes([UInt8])
        /// The server refused a request, for this reason.
        case refused(String)
        /// The server answered something that is not adb's.
        case unreadable
        /// The connection is gone; nothing follows.
        case closed
    }

    private var call: ADBCall
    private let onNews: (News) -> Void
    private var hasBegun = false

    init(_ call: ADBCall, onNews: @escaping (News) -> Void) { (self.call, self.onNews) = (call, onNews) }

    func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { begin(context) }
    }

    func channelActive(context: ChannelHandlerContext) {
        begin(context)
        context.fireChannelActive()
    }

    /// A channel that is connected becomes active before or after its handler comes.
    private func begin(_ context: ChannelHandlerContext) {
        guard !hasBegun else { return }
        hasBegun = true
        if let request = call.next() { send(request, context) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        for step in call.received(Array(unwrapInboundIn(data).readableBytesView)) {
            switch step {
            case .send(let bytes): send(bytes, context)
            case .bytes(let bytes): onNews(.bytes(bytes))
            case .refused(let reason):
                onNews(.refused(reason))
                context.close(promise: nil)
            case .unreadable:
                onNews(.unreadable)
                context.close(promise: nil)
            }
        }
    }

    private func send(_ bytes: [UInt8], _ context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        onNews(.closed)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

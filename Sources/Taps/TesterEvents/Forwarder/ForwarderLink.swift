internal import NIOCore
internal import ProbeEvents

/// One connection to a daemon on its event loop: waits for the greeting, answers it, hears receipts.
final class ForwarderLink: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// What a connection tells its forwarder.
    enum News: Sendable {
        case receipt(Receipt)
        case canWrite
        case ended
    }

    private let path: String
    private let greeted: EventLoopPromise<Void>
    private let onNews: (News) -> Void
    private var splitter = LineSplitter(longestBytes: SocketLine.longestBytes)
    private var isGreeted = false

    /// `greeted` succeeds when a probe of our version answers; only then there is news, `ended` once and last.
    init(path: String, greeted: EventLoopPromise<Void>, onNews: @escaping (News) -> Void) {
        self.path = path
        self.greeted = greeted
        self.onNews = onNews
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        for piece in splitter.received(unwrapInboundIn(data).readableBytesView) {
            guard case .line(let line) = piece else {
                return fail(.noProbe(path: path), context)
            }
            hear(line, context)
        }
        // Nothing that a probe says is so long; a line feed may never come.
        if splitter.isSkipping { fail(.noProbe(path: path), context) }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if isGreeted, context.channel.isWritable { onNews(.canWrite) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        if isGreeted {
            isGreeted = false
            onNews(.ended)
        } else {
            greeted.fail(EventForwarderError.noProbe(path: path))
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private func hear(_ line: [UInt8], _ context: ChannelHandlerContext) {
        do throws(SocketLineError) {
            switch try SocketLine(line) {
            case .hello("cardlink-probe", _, _) where !isGreeted:
                isGreeted = true
                let answer = context.channel.allocator.buffer(bytes: SocketLine.greeting.bytes)
                context.writeAndFlush(wrapOutboundOut(answer), promise: nil)
                greeted.succeed()
            case .receipt(let receipt) where isGreeted: onNews(.receipt(receipt))
            case .refused(let reason): fail(.refused(path: path, reason: reason), context)
            case .hello, .receipt, .fault, .question, .answer: fail(.noProbe(path: path), context)
            }
        } catch {
            switch error {
            case .version(let version): fail(.version(path: path, version: version), context)
            case .malformed: fail(.noProbe(path: path), context)
            }
        }
    }

    private func fail(_ error: EventForwarderError, _ context: ChannelHandlerContext) {
        if !isGreeted { greeted.fail(error) }
        context.close(promise: nil)
    }
}

internal import NIOCore
internal import NIOPosix
internal import Observability

/// The first bytes of an HTTP/2 connection, RFC 9113, 3.4: a preface and SETTINGS, answered by SETTINGS.
enum HTTP2Greeting {
    private static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + [0, 0, 0, 4, 0, 0, 0, 0, 0]

    /// Greets who listens there; over TLS the connection alone is tried.
    static func send(to address: ListenAddress, isSecure: Bool, within timeout: Duration) async throws {
        let group = MultiThreadedEventLoopGroup.singleton
        let answer = group.next().makePromise(of: Void.self)
        let channel: any Channel
        do {
            channel = try await ClientBootstrap(group: group).connectTimeout(TimeAmount(timeout))
                .channelInitializer { $0.pipeline.addHandler(Listener(answer)) }
                .connect(host: address.host, port: Int(address.port)).get()
        } catch {
            answer.fail(error)
            throw error
        }
        if isSecure { answer.succeed() }
        let limit = channel.eventLoop.scheduleTask(in: TimeAmount(timeout)) {
            answer.fail(ProbeError.Reason.noAnswer(timeout / .seconds(1)))
        }
        if !isSecure { try? await channel.writeAndFlush(ByteBuffer(bytes: preface)).get() }
        defer {
            limit.cancel()
            channel.close(promise: nil)
        }
        try await answer.futureResult.get()
    }

    private final class Listener: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer

        private let answer: EventLoopPromise<Void>

        init(_ answer: EventLoopPromise<Void>) { self.answer = answer }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let bytes = unwrapInboundIn(data).readableBytesView
            // The fourth byte of a frame is its type; a server's first frame is SETTINGS.
            let isSettings = bytes.count >= 4 && bytes[bytes.startIndex + 3] == 4
            if isSettings { answer.succeed() } else { answer.fail(ProbeError.Reason.noHTTP) }
        }

        func channelInactive(context: ChannelHandlerContext) { answer.fail(ProbeError.Reason.noHTTP) }
    }
}

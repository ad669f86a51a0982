internal import HummingbirdCore
internal import Logging
internal import NIOCore
internal import NIOSSL

/// A connection that is secured with what the web config file says when it begins.
///
/// Hummingbird's own reads certificates once, at start.
struct SecuredChannel<Base: ServerChildChannel>: ServerChildChannel {
    let base: Base
    let security: WebSecurity

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Base.Value> {
        channel.eventLoop.makeCompletedFuture {
            guard let (context, clientNames) = security.tls() else { return }
            try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context))
            if let clientNames { try channel.pipeline.syncOperations.addHandler(ClientNames(clientNames)) }
        }.flatMap {
            base.setup(channel: channel, logger: logger)
        }
    }

    func handle(value: Base.Value, logger: Logger) async {
        await base.handle(value: value, logger: logger)
    }
}

extension HTTPServerBuilder {
    /// HTTP/1.1, behind TLS where the web config file has it.
    static func http1(secured security: WebSecurity?, configuration: HTTP1Channel.Configuration) -> HTTPServerBuilder {
        HTTPServerBuilder { responder in
            let plain = HTTP1Channel(responder: responder, configuration: configuration)
            guard let security, security.hasTLS else { return plain }
            return SecuredChannel(base: plain, security: security)
        }
    }
}

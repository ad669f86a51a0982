internal import Glibc
internal import NIOCore
internal import NIOSSL

/// Closes a connection whose client's certificate has none of the names that are let in, before a byte of it is read.
final class ClientNames: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer

    private let allowed: Set<String>

    init(_ allowed: Set<String>) { self.allowed = allowed }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let certificate = try? context.pipeline.syncOperations.nioSSL_peerCertificate()
        guard let certificate, !Self.names(of: certificate).isDisjoint(with: allowed) else {
            context.close(promise: nil)
            return
        }
        context.fireChannelRead(data)
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
    }

    /// The subject's alternative names that are texts or addresses.
    static func names(of certificate: NIOSSLCertificate) -> Set<String> {
        var names: Set<String> = []
        for name in certificate._subjectAlternativeNames() {
            let bytes = name.contents.withUnsafeBufferPointer { Array($0) }
            switch name.nameType {
            case .dnsName, .email, .uri: names.insert(String(decoding: bytes, as: UTF8.self))
            case .ipAddress: if let text = address(bytes) { names.insert(text) }
            default: continue
            }
        }
        return names
    }

    private static func address(_ bytes: [UInt8]) -> String? {
        guard bytes.count == 4 || bytes.count == 16 else { return nil }
        var text = [CChar](repeating: 0, count: 64)
        guard inet_ntop(bytes.count == 4 ? AF_INET : AF_INET6, bytes, &text, socklen_t(text.count)) != nil else {
            return nil
        }
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}

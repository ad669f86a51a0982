internal import Glibc
internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import NIOCore

/// Who asks: the two ends of its connection, and whether it has shown who it is.
struct WebPeer: Sendable {
    /// Its own end.
    let address: SocketAddress?
    /// The end here.
    let localAddress: SocketAddress?
    /// Whether it came with a password or a certificate that is let in.
    let isAuthenticated: Bool

    /// Whether it may see the bytes of commands: who has shown who it is, and on this machine the probe's own user and root.
    ///
    /// What a proxy hands on may come from anybody.
    func maySeePayloads(_ request: Request) -> Bool {
        if isAuthenticated { return true }
        let handedOn: Set = ["forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip"]
        guard !request.headers.contains(where: { handedOn.contains($0.name.canonicalName) }) else { return false }
        let user = PeerUser.number(peer: address, local: localAddress)
        return user == 0 || user == geteuid()
    }
}

/// What is known of a request besides itself.
struct WebContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let address: SocketAddress?
    let localAddress: SocketAddress?

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        (address, localAddress) = (source.channel.remoteAddress, source.channel.localAddress)
    }
}

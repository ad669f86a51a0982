internal import GRPCCore
internal import GRPCNIOTransportHTTP2Posix
internal import ProbeEvents
internal import Synchronization

/// Calls one signal's service over gRPC.
///
/// A connection that broke, or on which nothing came back in time, is given up: the next attempt makes a new one and
/// looks the name up again. So it is tried when it is due and not in gRPC's own time.
final class GRPCTransport: ExportTransport {
    private typealias Client = GRPCClient<HTTP2ClientTransport.Posix>

    private struct Connected {
        var client: Client
        var task: Task<Void, Never>
    }

    private let settings: ExportSettings
    private let method: MethodDescriptor
    private let connected = Mutex<Connected?>(nil)

    /// A client that has no connection yet.
    init(_ signal: ExportSignal, _ settings: ExportSettings) {
        self.settings = settings
        method = MethodDescriptor(fullyQualifiedService: signal.service, method: "Export")
    }

    func send(_ body: [UInt8], timeout: Duration) async -> ExportAnswer? {
        guard let client = try? client() else { return .refused("endpoint or certificates cannot be used") }
        var options = CallOptions.defaults
        options.timeout = timeout
        options.maxResponseMessageBytes = ExportSettings.longestAnswer
        if settings.isCompressed { options.compression = .gzip }
        let answer: ExportAnswer
        do {
            let message = try await client.unary(
                request: ClientRequest(message: body, metadata: metadata), descriptor: method,
                serializer: PlainBytes(), deserializer: PlainBytes(), options: options
            ) { try $0.message }
            return ExportAnswer(taken: message)
        } catch let error as RPCError {
            answer = ExportAnswer(
                code: error.code.rawValue, message: error.message,
                details: error.metadata[binaryValues: "grpc-status-details-bin"].first { _ in true },
                isLocal: error.cause != nil)
        } catch {
            answer = .later(.unreachable, "no connection", after: nil)
        }
        if Task.isCancelled { return nil }
        if answer.isOfConnection { disconnect() }
        return answer
    }

    func close() async { disconnect() }

    private var metadata: Metadata {
        var metadata: Metadata = ["user-agent": .string(ExportSettings.userAgent)]
        for header in settings.headers { metadata.addString(header.value, forKey: header.name.lowercased()) }
        return metadata
    }

    private func client() throws -> Client {
        try connected.withLock { connected in
            if let connected { return connected.client }
            let client = Client(transport: try transport())
            let task = Task { _ = try? await client.runConnections() }
            connected = Connected(client: client, task: task)
            return client
        }
    }

    private func disconnect() {
        let broken = connected.withLock { connected in
            defer { connected = nil }
            return connected
        }
        broken?.client.beginGracefulShutdown()
        broken?.task.cancel()
    }

    private func transport() throws -> HTTP2ClientTransport.Posix {
        guard let endpoint = GRPCEndpoint(settings.endpoint) else {
            throw RPCError(code: .invalidArgument, message: "")
        }
        var configuration = HTTP2ClientTransport.Posix.Config.defaults
        if settings.isCompressed { configuration.compression.enabledAlgorithms = [.gzip] }
        return try .http2NIOPosix(
            target: endpoint.target, transportSecurity: endpoint.isSecure ? .tls(settings.tls.grpc) : .plaintext,
            config: configuration)
    }
}

extension GRPCEndpoint {
    /// An address is not looked up, and is not told as a name in the TLS handshake.
    fileprivate var target: any ResolvableTarget {
        switch host {
        case .name(let name): .dns(host: name, port: port)
        case .ipv4(let address): .ipv4(address: address, port: port)
        case .ipv6(let address): .ipv6(address: address, port: port)
        }
    }
}

extension ExportTLS {
    fileprivate var grpc: HTTP2ClientTransport.Posix.TransportSecurity.TLS {
        .defaults { tls in
            if let authorities { tls.trustRoots = .certificates([.bytes(authorities, format: .pem)]) }
            if let identity {
                tls.certificateChain = [.bytes(identity.certificates, format: .pem)]
                tls.privateKey = .bytes(identity.key, format: .pem)
            }
        }
    }
}

/// Messages whose bytes are made and read elsewhere.
private struct PlainBytes: MessageSerializer, MessageDeserializer {
    func serialize<Bytes: GRPCContiguousBytes>(_ message: [UInt8]) throws -> Bytes { Bytes(message) }

    func deserialize<Bytes: GRPCContiguousBytes>(_ bytes: Bytes) throws -> [UInt8] {
        bytes.withUnsafeBytes { Array($0) }
    }
}

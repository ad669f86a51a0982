internal import AsyncHTTPClient
internal import Glibc
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL

extension ProbeError.Reason {
    /// What an error of the client's means; `timeout` is the one that it was given, seconds.
    init(_ error: any Error, timeout: Double) {
        switch error {
        case let error as ProbeError.Reason: self = error
        case let error as HTTPClientError: self.init(client: error, timeout: timeout)
        case let error as NIOConnectionError: self.init(connection: error)
        case let error as NIOSSLError: self.init(tls: error)
        case HTTPParserError.invalidEOFState: self = .cut
        case is HTTPParserError: self = .noHTTP
        case is NIOSSLExtraError: self = .otherName
        case let error as IOError: self.init(number: error.errnoCode)
        case is SocketAddressError: self = .unknownHost
        default: self = .cut
        }
    }

    private init(client error: HTTPClientError, timeout: Double) {
        switch error {
        case .deadlineExceeded, .connectTimeout, .readTimeout, .writeTimeout, .tlsHandshakeTimeout,
            .getConnectionFromPoolTimeout:
            self = .noAnswer(timeout)
        default: self = .cut
        }
    }

    private init(connection error: NIOConnectionError) {
        // Of several addresses the first is the one that was meant.
        guard let first = error.connectionErrors.first else {
            self = .unknownHost
            return
        }
        self.init(first.error, timeout: 0)
    }

    private init(tls error: NIOSSLError) {
        guard case .handshakeFailed(let cause) = error else {
            self = .cut
            return
        }
        let words = "\(cause)"
        if words.contains("CERTIFICATE_VERIFY_FAILED") {
            self = .untrusted
        } else if words.contains("WRONG_VERSION_NUMBER") || words.contains("HTTP_REQUEST") {
            self = .noTLS
        } else {
            self = .noHandshake(Self.cause(in: words))
        }
    }

    private init(number: CInt) {
        switch number {
        case ECONNREFUSED: self = .refused
        case ECONNRESET, EPIPE: self = .cut
        default: self = .unreachable(String(cString: strerror(number)))
        }
    }

    /// The name in BoringSSL's `error:1000041a:SSL routines:OPENSSL_internal:NAME`.
    private static func cause(in words: String) -> String {
        words.split { !$0.isASCII || !($0.isLetter && $0.isUppercase || $0 == "_" || $0.isNumber) }
            .first { $0.contains("_") && $0.first?.isLetter == true }
            .map { $0.lowercased().replacing("_", with: " ") } ?? "no common ground"
    }
}

internal import Glibc
internal import NIOCore
internal import NIOPosix

/// Why a server could not be connected to, in words.
enum ConnectFailure {
    static func text(_ error: any Error) -> String {
        switch error {
        case let error as IOError: return String(cString: strerror(error.errnoCode))
        case let error as NIOConnectionError:
            if let first = error.connectionErrors.first { return text(first.error) }
            return error.dnsAError ?? error.dnsAAAAError == nil ? "no address" : "no address is known for \(error.host)"
        default: return "connection failed"
        }
    }
}

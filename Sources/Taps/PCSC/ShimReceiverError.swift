internal import Glibc
internal import ProbeEvents

/// Why shims cannot be heard.
package enum ShimReceiverError: ExplainedError, Equatable {
    /// The socket could not be made, or no thread for it.
    case cannotListen(path: String, errno: Int32)

    /// One line: what, where, what to do next.
    package var explanation: String {
        switch self {
        case .cannotListen(let path, EADDRINUSE):
            "cannot listen on \(path): another probe answers there; stop it, or choose another --runtime-dir"
        case .cannotListen(let path, ENAMETOOLONG):
            "cannot listen on \(path): longer than 107 bytes; choose a shorter --runtime-dir"
        case .cannotListen(let path, let number):
            "cannot listen on \(path): \(String(cString: strerror(number))); choose another --runtime-dir"
        }
    }
}

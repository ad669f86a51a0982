internal import Glibc
internal import ProbeEvents

/// Why no events can be taken from other processes.
package enum EventSocketError: ExplainedError, Hashable {
    /// The socket could not be made.
    case cannotListen(path: String, errno: Int32)
    /// The group whose members may tell events is not known to the system.
    case unknownGroup(String)

    /// One line: what, where, what to do next.
    package var explanation: String {
        switch self {
        case .cannotListen(let path, EADDRINUSE):
            "cannot listen on \(path): another probe answers there, or it is no socket;"
                + " stop it, or choose another --runtime-dir"
        case .cannotListen(let path, ENAMETOOLONG):
            "cannot listen on \(path): longer than 107 bytes; choose a shorter --runtime-dir"
        case .cannotListen(let path, let number):
            "cannot listen on \(path): \(String(cString: strerror(number))); choose another --runtime-dir"
        case .unknownGroup(let name):
            "no group '\(name)' on this system; name one that `getent group` lists, or make it: groupadd \(name)"
        }
    }
}

internal import Glibc
internal import ProbeEvents

/// Why events cannot be handed on to whoever answers on the socket.
package enum EventForwarderError: ExplainedError, Hashable {
    /// The system refused the connection.
    case cannotConnect(path: String, errno: Int32)
    /// It said nothing in time.
    case noAnswer(path: String)
    /// It said something that no probe says, or left at once.
    case noProbe(path: String)
    /// A probe of another version of the protocol.
    case version(path: String, version: Int)
    /// A probe that does not take our events, and why.
    case refused(path: String, reason: String)

    /// One line: what, where, what to do next.
    package var explanation: String {
        switch self {
        case .cannotConnect(let path, EACCES), .cannotConnect(let path, EPERM):
            "may not hand events on to \(path): permission denied;"
                + " run as the user of the daemon, or name a group in its configuration"
        case .cannotConnect(let path, ENAMETOOLONG):
            "cannot hand events on to \(path): longer than 107 bytes; choose a shorter --runtime-dir"
        case .cannotConnect(let path, EAGAIN):
            "cannot hand events on to \(path): whoever listens there does not accept; restart the daemon"
        case .cannotConnect(let path, let number):
            "cannot hand events on to \(path): \(String(cString: strerror(number))); choose another --runtime-dir"
        case .noAnswer(let path):
            "the daemon on \(path) does not answer; it may hang, then restart it"
        case .noProbe(let path):
            "what answers on \(path) is no cardlink-probe; stop it, or choose another --runtime-dir"
        case .version(let path, let version):
            "the daemon on \(path) speaks version \(version) of the event lines, this program"
                + " \(EventLine.version); install the same version of both"
        case .refused(let path, let reason):
            "the daemon on \(path) takes no events from here: \(reason)"
        }
    }
}

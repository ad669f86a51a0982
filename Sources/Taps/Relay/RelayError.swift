internal import Glibc
internal import NIOCore
internal import ProbeEvents

/// Why a relay does not listen.
package struct RelayError: ExplainedError, Hashable {
    /// The relay's name.
    package var tap: String
    /// Where it should have listened.
    package var listen: RelayEnds.Endpoint
    /// The key of the configuration that says so.
    package var key: String
    /// What the system says; nil when the host has no address.
    package var errno: CInt?

    init(_ ends: RelayEnds, _ error: any Error) {
        (tap, listen, key) = (ends.name, ends.listen, ends.key)
        errno = (error as? IOError)?.errnoCode
    }

    /// One line: what, where, what to do next.
    package var explanation: String {
        let remedy =
            switch errno {
            case nil: "no address is known for this host; correct \(key)"
            case EADDRINUSE:
                "address already in use; choose another in \(key), or stop the program that holds it "
                    + "(ss -ltnp sport = :\(listen.port))"
            case EACCES: "permission denied; choose a port above 1023 in \(key)"
            case EADDRNOTAVAIL: "this machine has no such address (ip address shows them); correct \(key)"
            case let code?: "\(String(cString: strerror(code))); correct \(key)"
            }
        return "cannot listen on \(listen) for the relay \(tap): \(remedy)"
    }
}

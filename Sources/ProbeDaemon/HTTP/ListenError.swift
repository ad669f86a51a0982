internal import Glibc
package import Observability
internal import ProbeEvents

/// Why a server does not listen.
package struct ListenError: ExplainedError, Hashable {
    /// What stands in the way.
    package enum Reason: Sendable, Hashable {
        /// The address is taken.
        case inUse
        /// The port is for root only.
        case notPermitted
        /// The address is of no interface here.
        case notHere
        /// The host name has no address.
        case unknownHost
        /// Anything else, by its errno.
        case other(CInt)
    }

    /// Where it should have listened.
    package var address: ListenAddress
    /// The option that says so.
    package var option: String
    /// What stands in the way.
    package var reason: Reason

    /// One line: what, where, what to do next.
    package var explanation: String {
        let remedy =
            switch reason {
            case .inUse:
                "address already in use; choose another with \(option), or stop the program that holds it "
                    + "(ss -ltnp sport = :\(address.port))"
            case .notPermitted: "permission denied; choose a port above 1023 with \(option)"
            case .notHere: "this machine has no such address; choose another with \(option) (ip address shows them)"
            case .unknownHost: "no address is known for this host; choose another with \(option)"
            case .other(let code): "\(String(cString: strerror(code))); choose another with \(option)"
            }
        return "cannot listen on \(address): \(remedy)"
    }
}

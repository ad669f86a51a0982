internal import Glibc
internal import ProbeEvents

/// Sends what a card is told, and answers, as it happens: GSMTAP in UDP, for a Wireshark that listens.
///
/// Nobody has to listen, and nothing waits: what the socket does not take at once is not sent.
package struct LiveGSMTAP: Sendable {
    /// What became of a datagram.
    package enum Outcome: Sendable, Hashable {
        case sent
        /// The system had no room for it now.
        case noRoom
        /// It could not be sent.
        case failed(errno: Int32)
    }

    private let descriptor: Int32
    private let address: [UInt8]

    /// Finds the address; throws when there is none, or no socket.
    package init(host: String, port: UInt16) throws(LiveGSMTAPError) {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_DGRAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, String(port), &hints, &found)
        guard code == 0, let first = found?.pointee, let start = first.ai_addr else {
            throw LiveGSMTAPError(host: host, port: port, reason: String(cString: gai_strerror(code)))
        }
        defer { freeaddrinfo(found) }
        address = Array(UnsafeRawBufferPointer(start: start, count: Int(first.ai_addrlen)))
        // Not connected: nobody who listens is no error then.
        let flags = Int32(bitPattern: SOCK_DGRAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        descriptor = socket(first.ai_family, flags, 0)
        guard descriptor >= 0 else {
            throw LiveGSMTAPError(host: host, port: port, reason: String(cString: strerror(errno)))
        }
    }

    /// Sends one payload (`CLA INS P1 P2 P3 [data] SW1 SW2`).
    package func send(_ payload: [UInt8]) -> Outcome {
        let datagram = GSMTAP.datagram(payload)
        while true {
            let sent = address.withUnsafeBytes { address in
                sendto(
                    descriptor, datagram, datagram.count, Int32(MSG_NOSIGNAL),
                    address.baseAddress?.assumingMemoryBound(to: sockaddr.self), socklen_t(address.count))
            }
            if sent == datagram.count { return .sent }
            switch errno {
            case EINTR: continue
            case EAGAIN, ENOBUFS, ENOMEM: return .noRoom
            case let number: return .failed(errno: number)
            }
        }
    }

    /// Lets the socket go.
    package func close() { _ = Glibc.close(descriptor) }
}

/// Why nothing can be sent live.
package struct LiveGSMTAPError: ExplainedError, Hashable {
    /// Where it should have gone.
    package var host: String
    /// The port there.
    package var port: UInt16
    /// The system's reason.
    package var reason: String

    /// One line: what, where, what to do next.
    package var explanation: String {
        "cannot send GSMTAP to \(host):\(port): \(reason); name another address, as in 127.0.0.1:\(GSMTAP.port)"
    }
}

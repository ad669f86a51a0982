internal import Glibc
internal import NIOCore
internal import Observability

/// The user of a process at the other end of a connection within this machine.
///
/// The kernel lists each socket with its user, by the two ends of its connection (proc(5), /proc/net/tcp).
enum PeerUser {
    /// More than a machine has connections; of one that has, nobody's user is known.
    private static let longestTable = 1 << 24

    /// The number of the user; nil for a connection from elsewhere, or that is no more.
    static func number(peer: SocketAddress?, local: SocketAddress?) -> uid_t? {
        guard let peer = peer.flatMap(Endpoint.init), let local = local.flatMap(Endpoint.init), peer.isLoopback else {
            return nil
        }
        // A socket for IPv6 may speak IPv4, so that either table may have it; and a table that changes while it is read
        // may be without a line that was there all the time.
        let tables = Array(repeating: ["/proc/net/tcp", "/proc/net/tcp6"], count: 3).joined()
        return tables.lazy.compactMap { table in
            user(in: (try? BoundedFile.text(table, mostBytes: longestTable)) ?? "", from: peer, to: local)
        }.first
    }

    /// The user of the connection in the text of a table.
    static func user(in table: String, from peer: Endpoint, to local: Endpoint) -> uid_t? {
        for line in table.utf8.split(separator: UInt8(ascii: "\n")).dropFirst() {
            let words = line.split(separator: UInt8(ascii: " "), maxSplits: 8, omittingEmptySubsequences: true)
            // One that its process has let go of has the state and the user 0 of nobody at all.
            guard words.count > 8, words[3].elementsEqual("01".utf8) else { continue }
            guard Endpoint(words[1]) == peer, Endpoint(words[2]) == local else { continue }
            return String(words[7]).flatMap(uid_t.init)
        }
        return nil
    }

    /// An address with its port; IPv4 in IPv6 is IPv4.
    struct Endpoint: Hashable {
        let address: [UInt8]
        let port: UInt16

        init(address: [UInt8], port: UInt16) {
            let isMapped = address.count == 16 && address.starts(with: [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF])
            self.address = isMapped ? Array(address.suffix(4)) : address
            self.port = port
        }

        init?(_ address: SocketAddress) {
            guard let text = address.ipAddress, let port = address.port else { return nil }
            let isVersion6 = text.contains(":")
            var bytes = [UInt8](repeating: 0, count: isVersion6 ? 16 : 4)
            guard inet_pton(isVersion6 ? AF_INET6 : AF_INET, text, &bytes) == 1 else { return nil }
            self.init(address: bytes, port: UInt16(clamping: port))
        }

        /// As the table writes it: words of 32 bits in the machine's order, a colon, the port.
        init?(_ text: some Collection<UInt8>) {
            let parts = text.split(separator: UInt8(ascii: ":"))
            guard parts.count == 2, parts[0].count == 8 || parts[0].count == 32,
                let port = UInt16(String(decoding: parts[1], as: UTF8.self), radix: 16)
            else { return nil }
            var bytes: [UInt8] = []
            var rest = parts[0]
            while !rest.isEmpty {
                guard let word = UInt32(String(decoding: rest.prefix(8), as: UTF8.self), radix: 16) else { return nil }
                withUnsafeBytes(of: word) { bytes += $0 }
                rest = rest.dropFirst(8)
            }
            self.init(address: bytes, port: port)
        }

        var isLoopback: Bool {
            address.count == 4 ? address[0] == 127 : address == [UInt8](repeating: 0, count: 15) + [1]
        }
    }
}

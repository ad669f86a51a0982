import Foundation
import Glibc
import ProbeEvents
import TestSupport

/// A relay that is measured.
struct BenchedRelay {
    var port: Int
    var stop: () -> Void
}

/// A server, a relay before it or none, and a client that it has accepted.
final class TCPRelayBench {
    /// What stands between the two.
    enum Way: String, CaseIterable { case direct, ours, socat }

    private let listener: Int32
    private let relay: BenchedRelay?
    private let socat: RunningCommand?
    private let client: Int32
    private let server: Int32

    /// - Parameter ours: makes our relay before the server at a port.
    init(_ way: Way, ours: (Int) throws -> BenchedRelay) throws {
        listener = try Self.listen()
        let target = try Self.port(of: listener)
        let free = try freePort()
        relay = way == .ours ? try ours(target) : nil
        socat =
            way == .socat
            ? try RunningCommand(
                [
                    "/usr/bin/socat", "-b", "65536", "TCP-LISTEN:\(free),bind=127.0.0.1,nodelay",
                    "TCP:127.0.0.1:\(target),nodelay",
                ]) : nil
        let port = relay?.port ?? (socat == nil ? target : free)
        var connected: Int32?
        _ = eventually {
            connected = Self.connect(to: port)
            return connected != nil
        }
        guard let connected else { throw TestFailure("nothing listens on \(port)") }
        client = connected
        server = accept(listener, nil, nil)
        Self.setNoDelay(server)
    }

    /// Whether there is a peer to measure beside.
    static var hasSocat: Bool { access("/usr/bin/socat", X_OK) == 0 }

    /// Ends all; our relay has told all when it returns.
    func end() {
        for descriptor in [client, server, listener] { close(descriptor) }
        relay?.stop()
        socat?.kill()
    }

    /// A message to the server and one back.
    func exchange(_ request: [UInt8], _ answer: [UInt8]) throws {
        try send(request, to: client)
        try receive(request.count, from: server)
        try send(answer, to: server)
        try receive(answer.count, from: client)
    }

    /// Times of so many messages there and back, microseconds.
    func roundTrips(_ count: Int, _ request: [UInt8], _ answer: [UInt8]) throws -> [Double] {
        try (0..<count).map { _ in
            let start = EventClock.monotonicNow
            try exchange(request, answer)
            return Double(EventClock.monotonicNow - start) / 1_000
        }
    }

    /// How long a megabyte takes to the server in so many equal pieces, microseconds.
    func flow(_ count: Int, of piece: [UInt8]) throws -> Double {
        let client = client
        let start = EventClock.monotonicNow
        Thread.detachNewThread { for _ in 0..<count { _ = Self.sendAll(piece, to: client) } }
        try receive(count * piece.count, from: server)
        return Double(EventClock.monotonicNow - start) / 1_000 * Double(1 << 20) / Double(count * piece.count)
    }

    // MARK: Sockets

    private func send(_ bytes: [UInt8], to descriptor: Int32) throws {
        guard Self.sendAll(bytes, to: descriptor) else { throw TestFailure("the relay takes no more: \(errno)") }
    }

    private static func sendAll(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    private func receive(_ count: Int, from descriptor: Int32) throws {
        var buffer = [UInt8](repeating: 0, count: 262_144)
        var left = count
        while left > 0 {
            let got = recv(descriptor, &buffer, min(left, buffer.count), 0)
            guard got > 0 else { throw TestFailure("the relay ends with \(left) bytes due: \(errno)") }
            left -= got
        }
    }

    private static func address(_ port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        return address
    }

    private static func listen() throws -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = address(0)
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard bound == 0, Glibc.listen(descriptor, 4) == 0 else { throw TestFailure("cannot listen: \(errno)") }
        return descriptor
    }

    private static func port(of descriptor: Int32) throws -> Int {
        var address = address(0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let named = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        guard named == 0 else { throw TestFailure("no port: \(errno)") }
        return Int(in_port_t(bigEndian: address.sin_port))
    }

    private static func connect(to port: Int) -> Int32? {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = address(port)
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else {
            close(descriptor)
            return nil
        }
        setNoDelay(descriptor)
        return descriptor
    }

    private static func setNoDelay(_ descriptor: Int32) {
        var on: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
    }
}

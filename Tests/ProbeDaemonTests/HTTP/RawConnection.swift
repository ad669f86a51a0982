import Dispatch
import Glibc

/// A TCP connection to loopback whose every byte the test decides, with bounded waits.
///
/// Waiting is done on a thread of Dispatch: the shared pool has as many threads as processors, and the server needs one.
/// `@unchecked Sendable` since a test uses its connection from one task at a time.
final class RawConnection: @unchecked Sendable {
    struct Failure: Error {
        var what: String
        var isReset = false
    }

    private var descriptor: CInt

    init(port: UInt16, receiveBufferBytes: CInt? = nil) throws {
        descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        if var size = receiveBufferBytes {
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<CInt>.size))
        }
        var limit = timeval(tv_sec: 10, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw Failure(what: "connect: \(String(cString: strerror(errno)))") }
    }

    deinit { close() }

    func close() {
        if descriptor >= 0 { Glibc.close(descriptor) }
        descriptor = -1
    }

    func send(_ text: String) throws {
        let bytes = Array(text.utf8)
        guard Glibc.send(descriptor, bytes, bytes.count, CInt(MSG_NOSIGNAL)) == bytes.count else {
            throw Failure(what: "send: \(String(cString: strerror(errno)))")
        }
    }

    /// What comes next, empty at the end; an error after ten seconds.
    func receive(upTo count: Int = 65536) async throws -> [UInt8] {
        try await offPool { try self.receiveNow(upTo: count) }
    }

    /// Everything until the other side closes; a reset counts as that.
    func receiveAll() async throws -> [UInt8] {
        try await offPool {
            var all: [UInt8] = []
            while true {
                do throws(Failure) {
                    let piece = try self.receiveNow(upTo: 65536)
                    if piece.isEmpty { return all }
                    all += piece
                } catch {
                    guard error.isReset else { throw error }
                    return all
                }
            }
        }
    }

    private func receiveNow(upTo count: Int) throws(Failure) -> [UInt8] {
        var room = [UInt8](repeating: 0, count: count)
        let received = recv(descriptor, &room, count, 0)
        guard received >= 0 else {
            throw Failure(what: "receive: \(String(cString: strerror(errno)))", isReset: errno == ECONNRESET)
        }
        return Array(room.prefix(received))
    }

    private func offPool<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(with: Result(catching: work)) }
        }
    }
}

/// An answer taken apart.
struct RawAnswer {
    var status: Int
    var fields: [String: String]
    var body: [UInt8]

    var text: String { String(decoding: body, as: UTF8.self) }

    /// Sends one request on a connection of its own and reads to the end.
    init(
        port: UInt16, _ path: String, method: String = "GET", host: String = "localhost", fields: String = ""
    ) async throws {
        let connection = try RawConnection(port: port)
        try connection.send("\(method) \(path) HTTP/1.1\r\nHost: \(host)\r\nConnection: close\r\n\(fields)\r\n")
        try self.init(parsing: try await connection.receiveAll())
    }

    init(parsing bytes: [UInt8]) throws {
        let text = bytes.map { Character(UnicodeScalar($0)) }
        guard
            let end = text.indices.first(where: {
                text[$0...].starts(with: "\r\n\r\n".unicodeScalars.map(Character.init))
            })
        else { throw RawConnection.Failure(what: "no head in \(String(text))") }
        let lines = String(text[..<end]).split(separator: "\r\n")
        status = Int(lines.first?.split(separator: " ").dropFirst().first ?? "") ?? 0
        fields = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            fields[parts[0].lowercased()] = String(parts[1].drop { $0 == " " })
        }
        body = Array(bytes[(end + 4)...])
        if fields["transfer-encoding"] == "chunked" { body = try Self.dechunked(body) }
    }

    private static func dechunked(_ bytes: [UInt8]) throws -> [UInt8] {
        var rest = bytes[...]
        var body: [UInt8] = []
        while let end = rest.firstIndex(of: 0x0D) {
            guard let count = Int(String(decoding: rest[..<end], as: UTF8.self), radix: 16) else { break }
            if count == 0 { return body }
            body += rest[(end + 2)..<(end + 2 + count)]
            rest = rest[(end + 4 + count)...]
        }
        throw RawConnection.Failure(what: "chunks without end")
    }
}

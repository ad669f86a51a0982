import Foundation
import TestSupport

/// One scrape over loopback, on a connection of its own, without gzip.
struct Scrape {
    /// From the request's first byte to the answer's last, nanoseconds.
    let nanoseconds: Double
    /// The text.
    let body: [UInt8]

    /// Answers are read into `room`, which is long enough for all of them and was touched before.
    init(port: Int, into room: UnsafeMutableRawBufferPointer) throws {
        let connection = try Self.connect(port: port)
        defer { close(connection) }
        let request = Array("GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".utf8)
        let start = ContinuousClock.now
        guard send(connection, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else {
            throw TestFailure("port \(port) takes no request: \(String(cString: strerror(errno)))")
        }
        var length = 0
        while length < room.count {
            let count = recv(connection, room.baseAddress.map { $0 + length }, room.count - length, 0)
            guard count >= 0 else { throw TestFailure("port \(port): \(String(cString: strerror(errno)))") }
            if count == 0 { break }
            length += count
        }
        nanoseconds = (ContinuousClock.now - start) / .nanoseconds(1)
        body = try Self.body(of: UnsafeRawBufferPointer(room)[..<length])
    }

    private static func connect(port: Int) throws -> Int32 {
        let connection = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(truncatingIfNeeded: port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(connection, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else {
            close(connection)
            throw TestFailure("connect to port \(port): \(String(cString: strerror(errno)))")
        }
        return connection
    }

    private static func body(of answer: Slice<UnsafeRawBufferPointer>) throws -> [UInt8] {
        let text = Array(answer)
        guard text.starts(with: "HTTP/1.1 200".utf8), let end = text.firstRange(of: Array("\r\n\r\n".utf8)) else {
            throw TestFailure("not an answer: \(String(decoding: text.prefix(200), as: UTF8.self))")
        }
        let head = String(decoding: text[..<end.lowerBound], as: UTF8.self).lowercased()
        let rest = text[end.upperBound...]
        return head.contains("transfer-encoding: chunked") ? try dechunked(rest) : Array(rest)
    }

    private static func dechunked(_ chunks: ArraySlice<UInt8>) throws -> [UInt8] {
        var rest = chunks
        var body: [UInt8] = []
        while let end = rest.firstIndex(of: UInt8(ascii: "\r")),
            let count = Int(String(decoding: rest[..<end], as: UTF8.self), radix: 16), rest.count > count + 3
        {
            if count == 0 { return body }
            body += rest[(end + 2)..<(end + 2 + count)]
            rest = rest[(end + 4 + count)...]
        }
        throw TestFailure("an answer that was cut off after \(body.count) bytes")
    }
}

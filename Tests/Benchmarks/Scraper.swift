import Foundation
import TestSupport

/// Scrapes a server over loopback as Prometheus does, on a connection that is kept where the server keeps it; no gzip.
final class Scraper {
    private let port: Int
    private let room: UnsafeMutableRawBufferPointer
    private var connection: Int32?

    /// Answers are read into `room`, which is long enough for all of them and was touched before.
    init(port: Int, room: UnsafeMutableRawBufferPointer) {
        self.port = port
        self.room = room
    }

    deinit { disconnect() }

    /// One scrape: nanoseconds from the request's first byte to the answer's last, and the text.
    func scrape() throws -> (nanoseconds: Double, body: [UInt8]) {
        let connection = try connection ?? connect()
        self.connection = connection
        let request = Array("GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".utf8)
        let start = ContinuousClock.now
        guard send(connection, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else {
            throw failure("takes no request")
        }
        var answer = Answer()
        while !answer.isWhole(UnsafeRawBufferPointer(room)) {
            let count = recv(
                connection, room.baseAddress.map { $0 + answer.length }, room.count - answer.length, 0)
            guard count > 0 else { throw failure("ends its answer after \(answer.length) bytes") }
            answer.length += count
        }
        let nanoseconds = (ContinuousClock.now - start) / .nanoseconds(1)
        if !answer.keepsConnection { disconnect() }
        return (nanoseconds, try answer.body(UnsafeRawBufferPointer(room)))
    }

    private func connect() throws -> Int32 {
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
            throw failure("accepts no connection")
        }
        return connection
    }

    private func disconnect() {
        if let connection { close(connection) }
        connection = nil
    }

    private func failure(_ what: String) -> TestFailure {
        TestFailure("port \(port) \(what): \(String(cString: strerror(errno)))")
    }
}

/// An HTTP answer as far as it has come.
private struct Answer {
    var length = 0
    private(set) var keepsConnection = true
    private var bodyStart = 0
    /// Nil: chunks.
    private var bodyLength: Int?

    /// Whether it is all there. The end of chunks is known by its bytes: no exposition has a carriage return.
    mutating func isWhole(_ room: UnsafeRawBufferPointer) -> Bool {
        if bodyStart == 0 { readHead(room[..<length]) }
        guard bodyStart > 0 else { return false }
        if let bodyLength { return length >= bodyStart + bodyLength }
        return room[..<length].suffix(5).elementsEqual("0\r\n\r\n".utf8)
    }

    private mutating func readHead(_ bytes: Slice<UnsafeRawBufferPointer>) {
        guard let end = Array(bytes.prefix(4_096)).firstRange(of: Array("\r\n\r\n".utf8)) else { return }
        bodyStart = end.upperBound
        for line in String(decoding: bytes[..<end.lowerBound], as: UTF8.self).lowercased().split(separator: "\r\n") {
            if line.hasPrefix("content-length: ") { bodyLength = Int(line.dropFirst(16)) }
            if line == "connection: close" { keepsConnection = false }
        }
    }

    func body(_ room: UnsafeRawBufferPointer) throws -> [UInt8] {
        guard room.starts(with: "HTTP/1.1 200".utf8) else {
            throw TestFailure("not an answer: \(String(decoding: room.prefix(200), as: UTF8.self))")
        }
        let rest = Array(room[bodyStart..<length])
        return bodyLength == nil ? try Self.dechunked(rest[...]) : rest
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
        throw TestFailure("chunks without end after \(body.count) bytes")
    }
}

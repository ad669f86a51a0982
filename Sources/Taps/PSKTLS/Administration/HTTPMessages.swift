package import ProbeEvents

/// A request or a response that has come whole (RFC 9112).
package struct HTTPMessage: Sendable, Equatable {
    /// `POST /path HTTP/1.1`, `HTTP/1.1 200 OK`.
    package var startLine: String
    /// Names in lower case; the last of a name counts.
    package var fields: [String: String] = [:]
    /// The body; empty when it is longer than is kept.
    package var body: [UInt8] = []
    /// How long it was.
    package var bodyBytes = 0
    /// When its first byte came.
    package var began: EventClock
    /// When its last byte came.
    package var ended: EventClock

    /// The status of a response; nil for a request.
    package var status: UInt16? {
        let parts = startLine.split(separator: " ", maxSplits: 2)
        guard parts.count >= 2, parts[0].hasPrefix("HTTP/1.") else { return nil }
        return UInt16(parts[1])
    }

    /// Whether a response cannot have a body (RFC 9112, 6.3).
    fileprivate var isBare: Bool { status.map { $0 < 200 || $0 == 204 || $0 == 304 } ?? false }

    fileprivate var isChunked: Bool {
        fields["transfer-encoding"]?.lowercased().hasSuffix("chunked") ?? false
    }
}

/// Cuts what one side says into messages; any bytes are taken, in bounded memory.
package struct HTTPMessages: Sendable {
    /// Longer heads are no card's.
    static let longestHead = 16_384
    /// Of a longer body only the length is told.
    static let longestBody = 65_536

    private enum Place {
        case head
        /// This many bytes of the body lack.
        case body(Int)
        case untilEnd
        case chunkSize
        case chunk(Int)
        case chunkEnd
        case trailer
        /// What came is no HTTP; nothing behind it is read.
        case broken
    }

    private var place = Place.head
    private var line: [UInt8] = []
    private var headBytes = 0
    private var message: HTTPMessage?
    private var done: [HTTPMessage] = []

    /// Nothing came yet.
    package init() {}

    /// Takes bytes that came between these times; the messages that they end.
    package mutating func received(_ bytes: [UInt8], began: EventClock, ended: EventClock) -> [HTTPMessage] {
        var rest = bytes[...]
        while !rest.isEmpty {
            switch place {
            case .head, .chunkSize, .chunkEnd, .trailer: takeLine(&rest, began, ended)
            case .body(let missing), .chunk(let missing): take(&rest, missing, ended)
            case .untilEnd: keep(&rest, rest.count)
            case .broken: rest = []
            }
        }
        defer { done = [] }
        return done
    }

    /// The side says no more: the message that this ends.
    package mutating func ended(at clock: EventClock) -> HTTPMessage? {
        guard case .untilEnd = place, var message else { return nil }
        message.ended = clock
        self = HTTPMessages()
        return message
    }

    // MARK: Lines

    private mutating func takeLine(_ rest: inout ArraySlice<UInt8>, _ began: EventClock, _ ended: EventClock) {
        let end = rest.firstIndex(of: 0x0A)
        let part = rest[..<(end ?? rest.endIndex)]
        headBytes += part.count + 1
        guard headBytes <= Self.longestHead else { return place = .broken }
        line += part
        rest = rest[(end.map { $0 + 1 } ?? rest.endIndex)...]
        if case .head = place, message == nil, !line.isEmpty {
            message = HTTPMessage(startLine: "", began: began, ended: ended)
        }
        guard end != nil else { return }
        if line.last == 0x0D { line.removeLast() }
        let text = String(decoding: line, as: UTF8.self)
        line = []
        takeLine(text, ended)
    }

    private mutating func takeLine(_ text: String, _ clock: EventClock) {
        switch place {
        case .head: text.isEmpty ? endHead(clock) : addToHead(text)
        case .chunkSize:
            let digits = text.prefix { $0 != ";" && $0 != " " }
            guard let count = Int(digits, radix: 16), count >= 0 else { return place = .broken }
            headBytes = 0
            place = count > 0 ? .chunk(count) : .trailer
        case .chunkEnd: place = text.isEmpty ? .chunkSize : .broken
        case .trailer: if text.isEmpty { end(clock) }
        case .body, .untilEnd, .chunk, .broken: break
        }
    }

    private mutating func addToHead(_ text: String) {
        guard message?.startLine.isEmpty == false else {
            if text.contains("HTTP/1.") { message?.startLine = text } else { place = .broken }
            return
        }
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { return place = .broken }
        message?.fields[parts[0].lowercased()] = String(parts[1].drop { $0 == " " || $0 == "\t" })
    }

    private mutating func endHead(_ clock: EventClock) {
        // Blank lines before a message are passed over (RFC 9112, 2.2).
        guard let head = message else { return headBytes = 0 }
        headBytes = 0
        if head.isBare { return end(clock) }
        if head.isChunked { return place = .chunkSize }
        guard let length = head.fields["content-length"] else {
            if head.status == nil { end(clock) } else { place = .untilEnd }
            return
        }
        guard let count = Int(length.filter { $0 != " " }), count >= 0 else { return place = .broken }
        if count > 0 { place = .body(count) } else { end(clock) }
    }

    // MARK: Bodies

    private mutating func take(_ rest: inout ArraySlice<UInt8>, _ missing: Int, _ clock: EventClock) {
        let left = missing - keep(&rest, missing)
        if case .chunk = place {
            place = left > 0 ? .chunk(left) : .chunkEnd
        } else {
            place = .body(left)
            if left == 0 { end(clock) }
        }
    }

    /// Takes so many bytes into the body; how many there were.
    @discardableResult
    private mutating func keep(_ rest: inout ArraySlice<UInt8>, _ count: Int) -> Int {
        let part = rest.prefix(count)
        rest = rest.dropFirst(part.count)
        message?.bodyBytes += part.count
        if message?.bodyBytes ?? 0 <= Self.longestBody { message?.body += part } else { message?.body = [] }
        return part.count
    }

    private mutating func end(_ clock: EventClock) {
        (place, headBytes) = (.head, 0)
        guard var ended = message.take() else { return }
        ended.ended = clock
        done.append(ended)
    }
}

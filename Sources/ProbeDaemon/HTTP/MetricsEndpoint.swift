internal import Gzip
internal import HTTPTypes
internal import Hummingbird
package import NIOCore
internal import ProbeEvents
package import PrometheusClient
internal import Synchronization

/// What a scrape is made of.
package struct ScrapeSource: Sendable {
    /// Called before each scrape: fetches what sources have seen and not yet told.
    package var prepare: @Sendable () -> Void
    /// Begins an exposition in a format, given piece by piece.
    package var exposition: @Sendable (ScrapeFormat) -> any ScrapeText
    /// Told at the end of each scrape: the time spent on it, waiting for the client left out, nanoseconds.
    package var recordDuration: @Sendable (UInt64) -> Void

    /// A source from its parts.
    package init(
        prepare: @escaping @Sendable () -> Void,
        exposition: @escaping @Sendable (ScrapeFormat) -> any ScrapeText,
        recordDuration: @escaping @Sendable (UInt64) -> Void
    ) {
        self.prepare = prepare
        self.exposition = exposition
        self.recordDuration = recordDuration
    }
}

/// An exposition that is written piece by piece, where it is sent from.
package protocol ScrapeText {
    /// Writes the next piece behind what is in the buffer; false at the end.
    mutating func write(to buffer: inout ByteBuffer) -> Bool
}

extension TextExposition: ScrapeText {
    /// Writes the next chunk.
    package mutating func write(to buffer: inout ByteBuffer) -> Bool {
        guard let capacity = nextCapacity() else { return false }
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: capacity) { writeNext(into: $0) }
        return true
    }
}

extension JSONExposition: ScrapeText {
    /// Writes the next family.
    package mutating func write(to buffer: inout ByteBuffer) -> Bool {
        guard let piece = next() else { return false }
        buffer.writeBytes(piece)
        return true
    }
}

/// Answers `/metrics`.
struct MetricsEndpoint: WebEndpoint {
    let source: ScrapeSource
    let slots: ScrapeSlots
    let isEnabled: @Sendable () -> Bool

    func answer(_ request: Request, from peer: WebPeer) async -> Response {
        guard isEnabled() else {
            return .text(.serviceUnavailable, "metrics are switched off: metrics.enabled is false")
        }
        guard let slot = slots.take() else {
            return .text(.serviceUnavailable, "too many scrapes at once; try again", [.retryAfter: "1"])
        }
        let accepted = AcceptedFormat(request.headers[.accept])
        let isGzipped = AcceptEncoding.allowsGzip(request.headers[.acceptEncoding])
        var fields: HTTPFields = [
            .contentType: accepted.contentType, .vary: "Accept, Accept-Encoding", .cacheControl: "no-store",
        ]
        if isGzipped { fields[.contentEncoding] = "gzip" }

        let start = EventClock.monotonicNow
        source.prepare()
        let spent = EventClock.monotonicNow - start
        guard request.method != .head else {
            fields[.contentLength] = "\(lengthBytes(accepted.format, isGzipped: isGzipped))"
            source.recordDuration(EventClock.monotonicNow - start)
            return Response(status: .ok, headers: fields)
        }
        let body = ResponseBody { writer in
            try await send(
                accepted.format, to: &writer, isGzipped: isGzipped, alreadySpent: spent, holding: slot)
        }
        return Response(status: .ok, headers: fields, body: body)
    }

    private func send(
        _ format: ScrapeFormat, to writer: inout any ResponseBodyWriter, isGzipped: Bool, alreadySpent: UInt64,
        holding slot: ScrapeSlots.Slot
    ) async throws {
        defer { withExtendedLifetime(slot) {} }
        var pieces = ScrapePieces(source.exposition(format), isGzipped: isGzipped)
        var spent = alreadySpent
        while true {
            let start = EventClock.monotonicNow
            let piece = pieces.next()
            spent += EventClock.monotonicNow - start
            guard let piece else { break }
            try await writer.write(piece)
        }
        source.recordDuration(spent)
        try await writer.finish(nil)
    }

    private func lengthBytes(_ format: ScrapeFormat, isGzipped: Bool) -> Int {
        var pieces = ScrapePieces(source.exposition(format), isGzipped: isGzipped)
        var length = 0
        while let piece = pieces.next() { length += piece.readableBytes }
        return length
    }
}

/// An exposition as it goes over the wire, in pieces.
private struct ScrapePieces {
    // Compressed text waits for company: a piece costs a write call and a chunk header.
    private static let leastBytes = 16 * 1024

    private var text: any ScrapeText
    private let gzip: GzipStream?
    /// What is to be compressed.
    private var plain = ByteBuffer()
    private var isFinished = false

    init(_ text: any ScrapeText, isGzipped: Bool) {
        self.text = text
        gzip = isGzipped ? GzipStream() : nil
    }

    /// The next piece; nil after the last.
    mutating func next() -> ByteBuffer? {
        guard !isFinished else { return nil }
        var buffer = ByteBuffer()
        guard let gzip else { return text.write(to: &buffer) ? buffer : nil }
        while buffer.readableBytes < Self.leastBytes {
            plain.clear()
            guard text.write(to: &plain) else {
                gzip.finish(into: &buffer)
                isFinished = true
                return buffer
            }
            gzip.compress(plain, into: &buffer)
        }
        return buffer
    }
}

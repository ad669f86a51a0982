/// A text format that Prometheus reads.
public enum ExpositionFormat: Sendable, Hashable, CaseIterable {
    /// Prometheus text, version 0.0.4.
    case text
    /// OpenMetrics text, version 1.0.0.
    case openMetrics

    /// The value of the HTTP header `Content-Type`.
    public var contentType: String {
        switch self {
        case .text: "text/plain; version=0.0.4; charset=utf-8"
        case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
        }
    }
}

/// A registry as text, chunk by chunk; each chunk is rendered when it is asked for.
///
/// Nothing that records ever waits for it: numbers are read one by one, and no lock is held between chunks, so that a
/// slow reader holds up nobody.
public struct TextExposition: Sequence, IteratorProtocol {
    /// How long a chunk is at least, the last one excepted.
    public static let chunkBytes = 65_536

    private let format: ExpositionFormat
    private var waiting: ArraySlice<any FamilySource>
    private var isEndWritten: Bool
    private var current: PreparedFamily?
    /// Lines that are copied as they are before the children of `current`.
    private var pending: [UInt8] = []
    private var nextChild = 0
    private let withCreated: Bool
    /// The children of `current` from `nextChild` on that have more than numbers.
    private var annotated: ArraySlice<Int> = []

    /// Starts over the families of a registry, after its scrape hooks have run.
    public init(of registry: Registry, format: ExpositionFormat = .text) {
        self.format = format
        registry.runScrapeHooks()
        waiting = registry.sources[...]
        isEndWritten = format == .text
        withCreated = format == .openMetrics && registry.showsCreated
    }

    /// The next chunk, or nil at the end.
    public mutating func next() -> [UInt8]? {
        guard let capacity = nextCapacity() else { return nil }
        return [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
            count = writeNext(into: UnsafeMutableRawBufferPointer(buffer))
        }
    }

    /// How much room the next chunk needs, bytes; nil at the end.
    public mutating func nextCapacity() -> Int? {
        nextItemBytes().map { Swift.max($0, Self.chunkBytes + Self.slackBytes) }
    }

    /// Writes the next chunk into room of the caller's, at least ``nextCapacity()``; returns its length.
    public mutating func writeNext(into room: UnsafeMutableRawBufferPointer) -> Int {
        guard let start = room.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return 0 }
        let limit = start + room.count
        var place = start
        while place - start < Self.chunkBytes, let bytes = nextItemBytes(), bytes <= limit - place {
            place = writeItems(at: place, before: limit)
        }
        return place - start
    }

    /// Hands each chunk to `sink`, in order.
    public static func render<Failure: Error>(
        _ registry: Registry, format: ExpositionFormat = .text,
        into sink: (UnsafeRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) {
        var exposition = TextExposition(of: registry, format: format)
        while let chunk = exposition.next() {
            var failure: Failure?
            chunk.withUnsafeBytes { bytes in
                do throws(Failure) { try sink(bytes) } catch { failure = error }
            }
            if let failure { throw failure }
        }
    }

    /// The whole text.
    public static func text(_ registry: Registry, format: ExpositionFormat = .text) -> String {
        var bytes: [UInt8] = []
        for chunk in TextExposition(of: registry, format: format) { bytes.append(contentsOf: chunk) }
        return String(decoding: bytes, as: UTF8.self)
    }

    // MARK: Items: lines as they are, or one child

    /// Room for an item that does not fit the rest of a chunk exactly.
    private static let slackBytes = 8_192

    /// The most bytes that the next item takes; nil when there is none.
    private mutating func nextItemBytes() -> Int? {
        while true {
            if !pending.isEmpty { return pending.count }
            if let current, let children = current.children, nextChild < children.cells.count {
                guard annotated.first == nextChild else { return children.longest(ofChild: nextChild) }
                pending = current.annotatedLines(ofChild: nextChild, withCreated: withCreated)
                annotated.removeFirst()
                nextChild += 1
                continue
            }
            current = nil
            if let source = waiting.popFirst() {
                let family = source.prepare()
                pending = family.header.lines(format) + family.lines
                nextChild = 0
                annotated = format == .openMetrics ? family.annotatedChildren(withCreated: withCreated) : []
                current = family
            } else if !isEndWritten {
                isEndWritten = true
                pending = Array("# EOF\n".utf8)
            } else {
                return nil
            }
        }
    }

    /// Writes the next item, and of children as many as fit.
    private mutating func writeItems(
        at place: UnsafeMutablePointer<UInt8>, before limit: UnsafeMutablePointer<UInt8>
    ) -> UnsafeMutablePointer<UInt8> {
        if !pending.isEmpty {
            let end = place + pending.count
            pending.withUnsafeBufferPointer {
                place.update(from: $0.baseAddress ?? UnsafePointer(place), count: $0.count)
            }
            pending = []
            return end
        }
        guard let children = current?.children else { return place }
        let end = children.write(
            from: nextChild, upTo: annotated.first ?? children.cells.count, at: place, before: limit)
        nextChild = end.child
        return end.place
    }
}

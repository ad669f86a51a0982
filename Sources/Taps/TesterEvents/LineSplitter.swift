/// Cuts a stream of bytes into lines; a line that is too long is passed over up to its line feed, without keeping it.
struct LineSplitter {
    /// What came out of the stream.
    enum Piece: Equatable {
        /// The bytes of a line, without line feed.
        case line([UInt8])
        /// A line of more bytes than are kept.
        case tooLong
    }

    private let longestBytes: Int
    private var partial: [UInt8] = []
    /// Whether what came last belongs to a line that is too long already.
    private(set) var isSkipping = false

    init(longestBytes: Int) {
        self.longestBytes = longestBytes
    }

    /// The lines that these bytes complete.
    mutating func received(_ bytes: some Collection<UInt8>) -> [Piece] {
        var pieces: [Piece] = []
        var rest = bytes[...]
        while let end = rest.firstIndex(of: 0x0A) {
            append(rest[..<end])
            pieces.append(finishLine())
            rest = rest[rest.index(after: end)...]
        }
        append(rest)
        return pieces
    }

    /// The last line, where the stream ended without a line feed.
    mutating func ended() -> Piece? {
        partial.isEmpty && !isSkipping ? nil : finishLine()
    }

    private mutating func append(_ bytes: some Collection<UInt8>) {
        guard !isSkipping else { return }
        guard partial.count + bytes.count <= longestBytes else {
            isSkipping = true
            partial = []
            return
        }
        partial.append(contentsOf: bytes)
    }

    private mutating func finishLine() -> Piece {
        defer {
            partial = []
            isSkipping = false
        }
        return isSkipping ? .tooLong : .line(partial)
    }
}

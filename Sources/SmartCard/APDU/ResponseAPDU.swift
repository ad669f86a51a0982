/// The lengths and status word of a response, read from its bytes; it keeps none of them.
public struct ResponseAPDU: Hashable, Sendable {
    /// The length of the whole response, bytes.
    public let length: Int
    /// The last two bytes; nil when there are fewer, which is malformed after a successful transmission.
    public let statusWord: StatusWord?

    /// Reads a response; never fails.
    @inlinable
    public init(_ bytes: some Collection<UInt8>) {
        let read = bytes.withContiguousStorageIfAvailable { ResponseAPDU(contiguous: $0) }
        self = read ?? Array(bytes).withUnsafeBufferPointer { ResponseAPDU(contiguous: $0) }
    }

    @inlinable
    init(contiguous bytes: UnsafeBufferPointer<UInt8>) {
        let n = bytes.count
        length = n
        statusWord = n < 2 ? nil : StatusWord(sw1: bytes[n - 2], sw2: bytes[n - 1])
    }

    /// Fewer than two bytes: no status word.
    @inlinable
    public var isMalformed: Bool { statusWord == nil }

    /// Where the response data stands, counted from the first byte: all before the status word; empty when malformed.
    @inlinable
    public var dataRange: Range<Int> { 0..<max(0, length - 2) }
}

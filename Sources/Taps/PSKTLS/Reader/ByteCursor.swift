/// Reads fields of a message one after the other; what is not there is nil.
struct ByteCursor {
    private(set) var rest: ArraySlice<UInt8>

    init(_ bytes: some Collection<UInt8>) { rest = ArraySlice(bytes) }

    /// A number of so many bytes, at most 4, the first one the highest.
    mutating func number(_ bytes: Int) -> Int? {
        take(bytes)?.reduce(0) { $0 << 8 | Int($1) }
    }

    /// The next bytes.
    mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
        guard count >= 0, rest.count >= count else { return nil }
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count)
    }

    /// Bytes behind their length, which has so many bytes (RFC 5246, 4.3).
    mutating func vector(_ lengthBytes: Int) -> ArraySlice<UInt8>? {
        number(lengthBytes).flatMap { take($0) }
    }
}

/// Some of many values, evenly over all that came: of the first and the last likewise.
struct Thinned: Sendable, Hashable {
    private(set) var values: [UInt64] = []
    private let limit: Int
    private var stride = 1
    private var skipped = 0

    /// Keeps `limit` values at most, an even number.
    init(limit: Int) { self.limit = limit }

    mutating func add(_ value: UInt64) {
        skipped += 1
        guard skipped >= stride else { return }
        skipped = 0
        if values.count >= limit {
            values = Swift.stride(from: 1, to: values.count, by: 2).map { values[$0] }
            stride *= 2
        }
        values.append(value)
    }

    /// The smallest value that so many percent do not exceed; 0 when there is none.
    func quantile(_ percent: Int) -> UInt64 { values.sorted().quantile(percent) }
}

extension Array where Element == UInt64 {
    /// Of values in their order the smallest that so many percent do not exceed; 0 when there is none.
    func quantile(_ percent: Int) -> UInt64 { isEmpty ? 0 : self[(count * percent + 99) / 100 - 1] }
}

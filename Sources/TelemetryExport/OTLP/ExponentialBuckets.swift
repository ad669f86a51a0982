internal import Glibc
internal import PrometheusClient

/// Durations sorted into OTLP's exponential buckets, in seconds.
///
/// At scale `s` the bucket with index `i` holds values above `2^(i / 2^s)` up to `2^((i + 1) / 2^s)`. Every cell of the
/// histogram goes to the bucket of its middle, which is at most 0.8% from what was counted.
struct ExponentialBuckets: Sendable, Hashable {
    /// How finely powers of two are cut.
    private(set) var scale = Self.finestScale
    /// The index of the first bucket.
    private(set) var offset: Int32 = 0
    /// The counts from there on; the last is not 0.
    private(set) var counts: [UInt64] = []
    /// How many values were 0.
    private(set) var zeroCount: UInt64 = 0

    /// Finer buckets would be narrower than the cells that they are made of.
    static let finestScale: Int32 = 5
    /// As many buckets as OpenTelemetry's own libraries send at most.
    static let mostBuckets = 160

    /// Sorts what a histogram counted.
    init(_ histogram: LogLinearHistogram) {
        var byIndex: [(index: Int32, count: UInt64)] = []
        for cell in histogram.populatedCells {
            guard cell.upper > 0 else {
                zeroCount = cell.count
                continue
            }
            let middle = Double(cell.lower) / 2 + Double(cell.upper) / 2
            byIndex.append((Self.index(ofSeconds: middle / 1e9, scale: scale), cell.count))
        }
        guard let first = byIndex.first?.index, let last = byIndex.last?.index else { return }
        // Two neighbours become one at each step down.
        var steps: Int32 = 0
        while Int(last >> steps) - Int(first >> steps) >= Self.mostBuckets { steps += 1 }
        scale -= steps
        offset = first >> steps
        counts = Array(repeating: 0, count: Int((last >> steps) - offset) + 1)
        for (index, count) in byIndex { counts[Int((index >> steps) - offset)] += count }
    }

    /// The bucket of a value above 0.
    static func index(ofSeconds value: Double, scale: Int32) -> Int32 {
        Int32((log2(value) * exp2(Double(scale))).rounded(.up)) - 1
    }
}

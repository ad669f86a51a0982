import Synchronization

extension PreparedChildren {
    /// How many numbers are read before the first of them is written: a power of two.
    ///
    /// Each has a cache line of its own, and its digits decide what comes next, so that a processor that reads one by one
    /// waits for each: with 100,000 series, which no cache holds, a scrape took a quarter longer.
    private static let numbersAhead = 64

    /// Writes children from `first` up to `end` with the numbers of this moment, as many as surely fit before `limit`;
    /// returns the child and the place behind them.
    func write(
        from first: Int, upTo end: Int, at start: UnsafeMutablePointer<UInt8>,
        before limit: UnsafeMutablePointer<UInt8>
    ) -> (child: Int, place: UnsafeMutablePointer<UInt8>) {
        text.withUnsafeBufferPointer { text in
            cuts.withUnsafeBufferPointer { cuts in
                withUnsafeTemporaryAllocation(of: UInt64.self, capacity: Self.numbersAhead) { room in
                    guard let text = text.baseAddress else { return (cells.count, start) }
                    var lines = LineWriter(
                        text: text, cuts: cuts, position: self.start(ofChild: first), nextCut: first * cutsPerChild,
                        place: start)
                    var child = first
                    while child < end, limit - lines.place >= longest(ofChild: child) {
                        if kind == .histogram {
                            writeHistogram(cells[child], into: &lines)
                        } else {
                            let offset = (child - first) % Self.numbersAhead
                            if offset == 0 { readNumbers(from: child, upTo: end, into: room) }
                            write(room[offset], into: &lines)
                        }
                        child += 1
                    }
                    return (child, lines.place)
                }
            }
        }
    }

    /// Reads the numbers of counters or gauges, as many as there is room for.
    @inline(__always)
    private func readNumbers(from first: Int, upTo end: Int, into room: UnsafeMutableBufferPointer<UInt64>) {
        for offset in 0..<min(Self.numbersAhead, end - first) {
            room[offset] = cells[first + offset].pointee.value.load(ordering: .relaxed)
        }
    }

    @inline(__always)
    private func write(_ number: UInt64, into lines: inout LineWriter) {
        if holdsFraction { lines.write(Double(bitPattern: number)) } else { lines.write(number) }
    }

    private func writeHistogram(_ cell: UnsafeMutablePointer<MetricCell>, into lines: inout LineWriter) {
        var counts = CountReader(cell: cell, exactCells: scale.exactCells)
        for end in scale.bucketEnds {
            counts.advance(through: end)
            lines.write(counts.total)
        }
        let sum = cell.pointee.value.load(ordering: .relaxed) &+ counts.exactSum
        if unit == .seconds, !holdsFraction {
            lines.copyLine()
            lines.end(NumberText.write(secondsOf: sum, at: lines.place))
        } else {
            write(sum, into: &lines)
        }
        lines.write(counts.total)
    }
}

/// Copies prepared text up to the next cut and puts a number there.
private struct LineWriter {
    let text: UnsafePointer<UInt8>
    let cuts: UnsafeBufferPointer<Int>
    var position: Int
    var nextCut: Int
    var place: UnsafeMutablePointer<UInt8>

    @inline(__always)
    mutating func write(_ number: UInt64) {
        copyLine()
        end(NumberText.write(number, at: place))
    }

    @inline(__always)
    mutating func write(_ number: Double) {
        copyLine()
        end(NumberText.write(number, at: place))
    }

    /// Copies by whole vectors: what is too much is written over by the number, which has more room than that.
    @inline(__always)
    mutating func copyLine() {
        let cut = cuts[nextCut]
        let source = UnsafeRawPointer(text + position)
        let target = UnsafeMutableRawPointer(place)
        let count = cut - position
        var offset = 0
        while offset < count {
            target.storeBytes(
                of: source.loadUnaligned(fromByteOffset: offset, as: PreparedChildren.Vector.self),
                toByteOffset: offset, as: PreparedChildren.Vector.self)
            offset &+= MemoryLayout<PreparedChildren.Vector>.size
        }
        place += count
        position = cut
        nextCut += 1
    }

    @inline(__always)
    mutating func end(_ end: UnsafeMutablePointer<UInt8>) {
        end.pointee = UInt8(ascii: "\n")
        place = end + 1
    }
}

/// Adds up the counts of a histogram from the lowest on, each read once, so that `+Inf` and the count agree.
private struct CountReader {
    typealias Counts = UnsafeMutablePointer<Atomic<UInt64>>

    private let cell: UnsafeMutablePointer<MetricCell>
    private let exactCells: Int
    private(set) var total: UInt64 = 0
    /// The part of the sum that only the counts tell.
    private(set) var exactSum: UInt64 = 0
    private var next = 0

    init(cell: UnsafeMutablePointer<MetricCell>, exactCells: Int) {
        self.cell = cell
        self.exactCells = exactCells
    }

    @inline(__always)
    mutating func advance(through last: Int) {
        let width = HistogramScale.cellsPerBlock
        while next <= last {
            let block = next / width
            let end = min(last + 1, (block + 1) * width)
            if let counts = CellTable.counts(of: cell, block: block) {
                let first = counts - block * width
                if next < exactCells { addExact(first, through: end) } else { add(first, through: end) }
            }
            next = end
        }
    }

    /// Blocks are exact as a whole or not at all.
    @inline(__always)
    private mutating func addExact(_ counts: Counts, through end: Int) {
        for index in next..<end {
            let number = counts[index].load(ordering: .relaxed)
            total &+= number
            exactSum &+= number &* UInt64(truncatingIfNeeded: index)
        }
    }

    /// Four sums at a time, since each addition waits for the one before.
    @inline(__always)
    private mutating func add(_ counts: Counts, through end: Int) {
        var index = next
        var sums: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        while index &+ 4 <= end {
            sums.0 &+= counts[index].load(ordering: .relaxed)
            sums.1 &+= counts[index &+ 1].load(ordering: .relaxed)
            sums.2 &+= counts[index &+ 2].load(ordering: .relaxed)
            sums.3 &+= counts[index &+ 3].load(ordering: .relaxed)
            index &+= 4
        }
        while index < end {
            sums.0 &+= counts[index].load(ordering: .relaxed)
            index &+= 1
        }
        total &+= (sums.0 &+ sums.1) &+ (sums.2 &+ sums.3)
    }
}

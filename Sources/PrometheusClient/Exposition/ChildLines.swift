import Synchronization

extension PreparedChildren {
    /// Writes a child's lines with the numbers of this moment; returns the place behind them.
    func write(child: Int, at place: UnsafeMutablePointer<UInt8>) -> UnsafeMutablePointer<UInt8> {
        let (block, index) = cells[child]
        let cell = block.table.cell(at: index)
        return text.withUnsafeBufferPointer { text in
            cuts.withUnsafeBufferPointer { cuts in
                var lines = LineWriter(
                    text: text, cuts: cuts, position: start(ofChild: child), nextCut: child * cutsPerChild, place: place
                )
                switch kind {
                case .histogram: writeHistogram(cell, into: &lines)
                case .gauge:
                    let value = Double(bitPattern: cell.pointee.value.load(ordering: .relaxed))
                    lines.write { NumberText.write(value, at: $0) }
                case .counter, .info:
                    let value = cell.pointee.value.load(ordering: .relaxed)
                    lines.write { NumberText.write(value, at: $0) }
                }
                return lines.place
            }
        }
    }

    private func writeHistogram(_ cell: UnsafeMutablePointer<MetricCell>, into lines: inout LineWriter) {
        var counts = CountReader(cell: cell, scale: scale)
        for end in scale.bucketEnds {
            counts.advance(through: end)
            let total = counts.total
            lines.write { NumberText.write(total, at: $0) }
        }
        let sum = cell.pointee.value.load(ordering: .relaxed) &+ counts.exactSum
        if unit == .seconds {
            lines.write { NumberText.write(secondsOf: sum, at: $0) }
        } else {
            lines.write { NumberText.write(sum, at: $0) }
        }
        let total = counts.total
        lines.write { NumberText.write(total, at: $0) }
    }
}

/// Copies prepared text up to the next cut and puts a number there.
private struct LineWriter {
    let text: UnsafeBufferPointer<UInt8>
    let cuts: UnsafeBufferPointer<Int>
    var position: Int
    var nextCut: Int
    var place: UnsafeMutablePointer<UInt8>

    @inline(__always)
    mutating func write(_ number: (UnsafeMutablePointer<UInt8>) -> UnsafeMutablePointer<UInt8>) {
        let cut = cuts[nextCut]
        if let start = text.baseAddress { place.update(from: start + position, count: cut - position) }
        place = number(place + (cut - position))
        place.pointee = UInt8(ascii: "\n")
        place += 1
        position = cut
        nextCut += 1
    }
}

/// Adds up the counts of a histogram from the lowest on, each read once, so that `+Inf` and the count agree.
private struct CountReader {
    let cell: UnsafeMutablePointer<MetricCell>
    let scale: HistogramScale
    private(set) var total: UInt64 = 0
    /// The part of the sum that only the counts tell.
    private(set) var exactSum: UInt64 = 0
    private var next = 0

    init(cell: UnsafeMutablePointer<MetricCell>, scale: HistogramScale) {
        self.cell = cell
        self.scale = scale
    }

    mutating func advance(through last: Int) {
        let width = HistogramScale.cellsPerBlock
        while next <= last {
            let blockEnd = (next / width + 1) * width
            let end = min(last + 1, blockEnd)
            if let counts = CellTable.counts(of: cell, block: next / width) {
                for index in next..<end {
                    let number = counts[index % width].load(ordering: .relaxed)
                    total &+= number
                    if index < scale.exactCells { exactSum &+= number &* UInt64(index) }
                }
            }
            next = end
        }
    }
}

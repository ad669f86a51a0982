import Synchronization

/// The exemplars of a family, by child and bucket: beside the cells, so that an update costs nothing for them.
final class ExemplarTable: Sendable {
    /// The exemplars of one child by bucket; of a counter under 0.
    typealias OfChild = [Int: Exemplar]

    /// A family has no more; then the oldest goes.
    static let limit = 1_024

    fileprivate struct State {
        // By the address of a cell; whoever frees a cell drops what is here.
        var children: [UInt: OfChild] = [:]
        var count = 0
    }

    private let state = Mutex(State())

    /// All of them, by the address of a cell.
    var all: [UInt: OfChild] { state.withLock { $0.children } }

    /// Those of one child.
    func of(_ cell: UnsafeMutablePointer<MetricCell>) -> OfChild {
        let address = UInt(bitPattern: cell)
        return state.withLock { $0.children[address] ?? [:] }
    }

    /// Takes one, unless that place has a newer one; one of a time to come is of a clock that was set back since.
    func set(_ exemplar: Exemplar, cell: UnsafeMutablePointer<MetricCell>, bucket: Int) {
        let address = UInt(bitPattern: cell)
        state.withLock { state in
            if let present = state.children[address]?[bucket] {
                guard
                    present.wallNanoseconds <= exemplar.wallNanoseconds
                        || present.wallNanoseconds > WallClock.nanoseconds
                else { return }
            } else {
                if state.count >= Self.limit { state.dropOldest() }
                state.count += 1
            }
            state.children[address, default: [:]][bucket] = exemplar
        }
    }

    /// Drops those of cells that are about to be freed.
    func drop(cellsAt addresses: ClosedRange<UInt>) {
        state.withLock { state in
            guard state.count > 0 else { return }
            state.children = state.children.filter { !addresses.contains($0.key) }
            state.count = state.children.values.reduce(0) { $0 + $1.count }
        }
    }
}

extension ExemplarTable.State {
    fileprivate mutating func dropOldest() {
        var oldest: (address: UInt, bucket: Int, time: UInt64)?
        for (address, exemplars) in children {
            for (bucket, exemplar) in exemplars where exemplar.wallNanoseconds < oldest?.time ?? .max {
                oldest = (address, bucket, exemplar.wallNanoseconds)
            }
        }
        guard let oldest else { return }
        children[oldest.address]?[oldest.bucket] = nil
        if children[oldest.address]?.isEmpty == true { children[oldest.address] = nil }
        count -= 1
    }
}

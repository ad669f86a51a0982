/// Which elements of two sequences belong together, as `diff` finds them for lines: with as few additions and removals as
/// possible.
///
/// E. Myers, An O(ND) Difference Algorithm (1986). Memory and time are bounded: where more than ``depthLimit`` elements
/// differ within a stretch, the furthest that was reached is taken for right, and it goes on from there.
struct SequenceAlignment: Equatable {
    /// Elements that one stretch may differ by, so that 100,000 that have nothing in common take a second or two.
    static let depthLimit = 256

    /// The pairs, by their places in both, ascending.
    private(set) var pairs: [Pair] = []
    /// Whether no alignment has more pairs.
    private(set) var isExact = true

    /// An element of the first sequence, and the same in the second.
    struct Pair: Hashable {
        var first: Int
        var second: Int
    }

    /// Aligns two sequences.
    init(_ first: [Int32], _ second: [Int32], depthLimit: Int = depthLimit) {
        self.init(first[...], second[...], depthLimit: depthLimit)
    }

    /// Aligns two stretches; places are those of the sequences that they are from.
    init(_ first: ArraySlice<Int32>, _ second: ArraySlice<Int32>, depthLimit: Int = depthLimit) {
        var (first, second) = (first, second)
        while let a = first.first, a == second.first {
            pairs.append(Pair(first: first.startIndex, second: second.startIndex))
            first.removeFirst()
            second.removeFirst()
        }
        var behind: [Pair] = []
        while let a = first.last, a == second.last {
            behind.append(Pair(first: first.endIndex - 1, second: second.endIndex - 1))
            first.removeLast()
            second.removeLast()
        }
        while !first.isEmpty, !second.isEmpty {
            let stretch = Stretch(first, second, depthLimit: depthLimit)
            pairs += stretch.pairs
            if stretch.end != (first.endIndex, second.endIndex) { isExact = false }
            (first, second) = (first[stretch.end.first...], second[stretch.end.second...])
        }
        pairs += behind.reversed()
    }
}

/// The part of two sequences that is aligned at once.
private struct Stretch {
    var pairs: [SequenceAlignment.Pair] = []
    var end: (first: Int, second: Int)

    init(_ first: ArraySlice<Int32>, _ second: ArraySlice<Int32>, depthLimit: Int) {
        let (pairs, end) = first.withUnsafeBufferPointer { a in
            second.withUnsafeBufferPointer { b in Self.align(a, b, depthLimit) }
        }
        let (startOfFirst, startOfSecond) = (first.startIndex, second.startIndex)
        self.pairs = pairs.map { .init(first: $0.first + startOfFirst, second: $0.second + startOfSecond) }
        self.end = (end.first + startOfFirst, end.second + startOfSecond)
    }

    /// Of all ways with `depth` additions and removals the one that reaches furthest on each diagonal is noted; the way back
    /// along these notes has the pairs.
    private static func align(
        _ a: UnsafeBufferPointer<Int32>, _ b: UnsafeBufferPointer<Int32>, _ depthLimit: Int
    ) -> (pairs: [SequenceAlignment.Pair], end: (first: Int, second: Int)) {
        var notes: [[Int32]] = []
        // Diagonal k = x - y at k + depth.
        var reached: [Int32] = []
        for depth in 0...max(1, depthLimit) {
            var next = [Int32](repeating: 0, count: 2 * depth + 1)
            for k in stride(from: -depth, through: depth, by: 2) {
                var x = depth == 0 ? 0 : start(reached, k, depth).x
                while x < a.count, x - k < b.count, a[x] == b[x - k] { x += 1 }
                next[k + depth] = Int32(x)
                if x >= a.count, x - k >= b.count {
                    notes.append(next)
                    return (back(notes, k, a.count, b.count), (a.count, b.count))
                }
            }
            notes.append(next)
            reached = next
        }
        return furthest(notes, a.count, b.count)
    }

    /// Where a way on diagonal k begins, by those with one addition or removal less: outside a sequence there is none.
    private static func start(_ reached: [Int32], _ k: Int, _ depth: Int) -> (x: Int, from: Int) {
        let above = k + 1 + depth - 1
        let below = k - 1 + depth - 1
        if k == -depth || (k != depth && reached[below] < reached[above]) { return (Int(reached[above]), k + 1) }
        return (Int(reached[below]) + 1, k - 1)
    }

    private static func furthest(
        _ notes: [[Int32]], _ firstCount: Int, _ secondCount: Int
    ) -> (pairs: [SequenceAlignment.Pair], end: (first: Int, second: Int)) {
        let depth = notes.count - 1
        var best = (k: 0, x: 0, y: 0)
        for k in stride(from: -depth, through: depth, by: 2) {
            let x = Int(notes[depth][k + depth])
            // A way may lead outside.
            guard x <= firstCount, x - k <= secondCount, x + x - k > best.x + best.y else { continue }
            best = (k, x, x - k)
        }
        return (back(notes, best.k, best.x, best.y), (best.x, best.y))
    }

    private static func back(_ notes: [[Int32]], _ k: Int, _ x: Int, _ y: Int) -> [SequenceAlignment.Pair] {
        var pairs: [SequenceAlignment.Pair] = []
        var (k, x) = (k, x)
        for depth in stride(from: notes.count - 1, through: 0, by: -1) {
            let begin = depth == 0 ? (x: 0, from: 0) : start(notes[depth - 1], k, depth)
            while x > begin.x {
                x -= 1
                pairs.append(.init(first: x, second: x - k))
            }
            guard depth > 0 else { break }
            // The addition or removal itself.
            x = begin.from == k - 1 ? begin.x - 1 : begin.x
            k = begin.from
        }
        return pairs.reversed()
    }
}

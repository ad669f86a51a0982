import Synchronization

/// The texts of label values; of up to three nothing is allocated, and unused ones are empty.
struct LabelTexts: Hashable, Sendable {
    var first: String
    var second: String = ""
    var third: String = ""
    /// Those from the fourth on.
    var rest: [String] = []

    init(first: String, second: String = "", third: String = "") {
        self.first = first
        self.second = second
        self.third = third
    }

    init(_ list: [String]) {
        let padded = list + Array(repeating: "", count: max(0, 3 - list.count))
        self.init(first: padded[0], second: padded[1], third: padded[2])
        rest = Array(padded[3...])
    }

    /// Empty texts add nothing: most children have one label or two.
    func hash(into hasher: inout Hasher) {
        hasher.combine(first)
        if !second.isEmpty { hasher.combine(second) }
        if !third.isEmpty { hasher.combine(third) }
        if !rest.isEmpty { hasher.combine(rest) }
    }

    func list(count: Int) -> [String] {
        Array(([first, second, third] + rest).prefix(count))
    }
}

/// A family's children, and the text of their lines for the renderer.
@usableFromInline
final class FamilyStore: FamilySource {
    /// The most children that closed labels may make.
    static let longestClosedList = 65_536

    @usableFromInline let descriptor: FamilyDescriptor
    /// The children of closed labels; empty when a label is open.
    let closed: CellBlock

    private let scale: HistogramScale
    private let isOpen: Bool
    private let exemplars = ExemplarTable()
    private let ownLimit: Int?
    private let refused = Atomic<UInt64>(0)
    private let open: Mutex<OpenChildren>
    /// Only renderers take this lock.
    private let text: Mutex<FamilyText>

    var refusedCount: UInt64 { refused.load(ordering: .relaxed) }

    /// `isRemovable`: whether even the only child of a family without labels can be taken out.
    init(descriptor: FamilyDescriptor, scale: HistogramScale, seriesLimit: Int?, isRemovable: Bool = false) {
        let widths = descriptor.labels.map(\.domain?.count)
        isOpen = widths.contains(nil) || isRemovable
        let children = isOpen ? 0 : widths.reduce(1) { $0 * ($1 ?? 0) }
        precondition(
            isOpen || (1...Self.longestClosedList).contains(children),
            "\(descriptor.name): \(children) children; 1 to \(Self.longestClosedList) are possible")
        self.descriptor = descriptor
        self.scale = scale
        ownLimit = seriesLimit
        closed = CellBlock(count: children, scale: scale, exemplars: exemplars)
        open = Mutex(OpenChildren(limit: seriesLimit ?? Registry.defaultSeriesLimit))
        text = Mutex(FamilyText(descriptor: descriptor, scale: scale))
        guard descriptor.labels.isEmpty, !isOpen else { return }
        closed.table.cell(at: 0).pointee.isShown.store(true, ordering: .relaxed)
    }

    func attach(seriesLimit: Int, onRefusal: @escaping @Sendable (_ family: String) -> Void) {
        open.withLock { state in
            state.limit = ownLimit ?? seriesLimit
            state.onRefusal = onRefusal
        }
    }

    /// The child with these label texts, or the one with `other` for the open ones when the family is full.
    func child(_ texts: LabelTexts) -> (block: CellBlock, index: Int) {
        guard isOpen else { return (closed, closedIndex(of: texts)) }
        let (block, onRefusal) = open.withLock { state in
            if let present = state.byTexts[texts] { return (present, nil as (@Sendable (String) -> Void)?) }
            if state.byTexts.count - state.overflow.count < state.limit {
                return (state.add(make(texts), for: texts), nil)
            }
            let shared = overflowTexts(texts)
            let hook = state.onRefusal
            if let present = state.byTexts[shared] { return (present, hook) }
            state.overflow.insert(shared)
            return (state.add(make(shared), for: shared), hook)
        }
        if let onRefusal {
            refused.wrappingAdd(1, ordering: .relaxed)
            onRefusal(descriptor.name)
        }
        return (block, 0)
    }

    func remove(_ texts: LabelTexts) -> Bool {
        open.withLock { state in
            guard let gone = state.byTexts.removeValue(forKey: texts) else { return false }
            state.overflow.remove(texts)
            state.inOrder.removeAll { $0 === gone }
            state.removals += 1
            return true
        }
    }

    func prepare() -> PreparedFamily {
        text.withLock { text in
            guard isOpen else { return text.prepare(closed: closed, exemplars.all) }
            let known = text.known
            let (fresh, removals) = open.withLock { state in
                let start = state.removals == known.removals ? known.children : 0
                return (Array(state.inOrder[start...]), state.removals)
            }
            return text.prepare(adding: fresh, removals: removals, exemplars.all)
        }
    }

    func snapshot() -> FamilySnapshot {
        let exemplars = exemplars.all
        let children =
            isOpen
            ? open.withLock { $0.inOrder }.map { child($0, at: 0, texts: $0.labelTexts, exemplars) }
            : (0..<closed.count).filter { descriptor.shows(closed.table.cell(at: $0)) }.map {
                child(closed, at: $0, texts: descriptor.labelTexts(ofIndex: $0), exemplars)
            }
        let divisor = descriptor.unit == .seconds ? 1e9 : 1
        return FamilySnapshot(
            descriptor: descriptor, bucketBounds: scale.numberBounds + scale.bounds.map { Double($0) / divisor },
            children: children)
    }

    private func child(
        _ block: CellBlock, at index: Int, texts: [String], _ exemplars: [UInt: ExemplarTable.OfChild]
    ) -> ChildSnapshot {
        let cell = block.table.cell(at: index)
        let value: ChildValue =
            switch descriptor.kind {
            case .histogram: .histogram(HistogramSnapshot(of: cell, scale: scale, unit: descriptor.unit))
            case .gauge: .number(Double(bitPattern: cell.pointee.value.load(ordering: .relaxed)))
            case .counter where scale.holdsFraction:
                .number(Double(bitPattern: cell.pointee.value.load(ordering: .relaxed)))
            case .counter, .info: .count(cell.pointee.value.load(ordering: .relaxed))
            }
        let own = exemplars[UInt(bitPattern: cell)] ?? [:]
        return withExtendedLifetime(block) {
            ChildSnapshot(
                labelValues: texts, value: value, createdNanoseconds: cell.pointee.createdNanoseconds,
                exemplars: own.isEmpty ? [] : own.sorted { $0.key < $1.key }.map(\.value))
        }
    }

    private func make(_ texts: LabelTexts) -> CellBlock {
        let block = CellBlock(
            count: 1, scale: scale, exemplars: exemplars, labelTexts: texts.list(count: descriptor.labels.count))
        block.table.cell(at: 0).pointee.isShown.store(true, ordering: .relaxed)
        return block
    }

    private func overflowTexts(_ texts: LabelTexts) -> LabelTexts {
        func text(_ index: Int, _ own: String) -> String {
            guard index < descriptor.labels.count, descriptor.labels[index].domain == nil else { return own }
            return OpenLabel.overflow
        }
        var shared = LabelTexts(
            first: text(0, texts.first), second: text(1, texts.second), third: text(2, texts.third))
        shared.rest = texts.rest.indices.map { text($0 + 3, texts.rest[$0]) }
        return shared
    }

    private func closedIndex(of texts: LabelTexts) -> Int {
        var index = 0
        for (label, text) in zip(descriptor.labels, texts.list(count: descriptor.labels.count)) {
            guard let domain = label.domain, let position = domain.firstIndex(of: text) else { return -1 }
            index = index * domain.count + position
        }
        return index
    }
}

/// The children of a family with an open label.
private struct OpenChildren {
    var limit: Int
    var onRefusal: @Sendable (_ family: String) -> Void = { _ in }
    var byTexts: [LabelTexts: CellBlock] = [:]
    /// In the order in which they came.
    var inOrder: [CellBlock] = []
    /// Those that stand for refused ones; they do not count against the limit.
    var overflow: Set<LabelTexts> = []
    /// How often a child was taken out, so that the renderer knows that its text is stale.
    var removals = 0

    init(limit: Int) { self.limit = limit }

    mutating func add(_ block: CellBlock, for texts: LabelTexts) -> CellBlock {
        byTexts[texts] = block
        inOrder.append(block)
        return block
    }
}

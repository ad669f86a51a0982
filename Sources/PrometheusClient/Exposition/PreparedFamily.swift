/// A family ready to be rendered: all its text, and where its numbers are.
struct PreparedFamily: Sendable {
    /// The lines before the samples.
    let header: HeaderText
    /// Samples whose numbers are already text.
    var lines: [UInt8] = []
    /// Children whose numbers are read while rendering.
    var children: PreparedChildren?
    /// The children's exemplars, by the address of a cell.
    var exemplars: [UInt: ExemplarTable.OfChild] = [:]
}

/// The text of a family's children, one child after the other, cut where numbers go.
///
/// A counter or gauge has one cut. A histogram has one for each bucket, for the sum and for the count.
struct PreparedChildren: Sendable {
    /// What text is copied by; a number has more room.
    typealias Vector = SIMD16<UInt8>

    let kind: MetricKind
    let unit: MetricUnit
    let scale: HistogramScale
    /// Whether what a cell holds beside counts is a `Double`.
    let holdsFraction: Bool
    /// How many numbers a child has.
    let cutsPerChild: Int
    /// What tells from when on a child counts; nil for kinds that can go down.
    let createdName: String?
    /// The length of the name of a child's last sample.
    let lastNameBytes: Int
    /// All text, without the numbers and the line feeds behind them; then a vector that nothing is about, since text is
    /// copied by vectors.
    private(set) var text = [UInt8](repeating: 0, count: MemoryLayout<Vector>.size)
    /// Where each cut is in `text`.
    private(set) var cuts: [Int] = []
    /// Whose numbers they are.
    ///
    /// `nonisolated(unsafe)`: what they lead to is atomic, and lives as long as `blocks`.
    nonisolated(unsafe) private(set) var cells: [UnsafeMutablePointer<MetricCell>] = []
    private var blocks: [CellBlock] = []

    init(descriptor: FamilyDescriptor, scale: HistogramScale) {
        kind = descriptor.kind
        unit = descriptor.unit
        self.scale = scale
        holdsFraction = kind == .gauge || scale.holdsFraction
        cutsPerChild = kind == .histogram ? descriptor.bucketBounds.count + 3 : 1
        createdName = kind == .histogram || kind == .counter ? descriptor.baseName + "_created" : nil
        lastNameBytes = descriptor.name.utf8.count + (kind == .histogram ? "_count".utf8.count : 0)
    }

    /// Takes a child whose samples are these.
    mutating func append(_ block: CellBlock, index: Int, samples: [[UInt8]]) {
        cells.append(block.table.cell(at: index))
        if blocks.last !== block { blocks.append(block) }
        text.removeLast(MemoryLayout<Vector>.size)
        for sample in samples {
            text.append(contentsOf: sample)
            cuts.append(text.count)
        }
        text.append(contentsOf: repeatElement(0, count: MemoryLayout<Vector>.size))
    }

    /// Where the text of a child starts.
    func start(ofChild child: Int) -> Int {
        child == 0 ? 0 : cuts[child * cutsPerChild - 1]
    }

    /// The most bytes that a child takes when rendered.
    func longest(ofChild child: Int) -> Int {
        cuts[(child + 1) * cutsPerChild - 1] - start(ofChild: child) + cutsPerChild * (NumberText.longestBytes + 1)
    }
}

/// Makes the text of a family's children, once for each child.
struct FamilyText {
    /// How far the children of open labels are known.
    struct Known {
        var children = 0
        var removals = 0
    }

    private(set) var known = Known()
    private let descriptor: FamilyDescriptor
    private let scale: HistogramScale
    private let header: HeaderText
    private var children: PreparedChildren

    init(descriptor: FamilyDescriptor, scale: HistogramScale) {
        self.descriptor = descriptor
        self.scale = scale
        header = HeaderText(descriptor)
        children = PreparedChildren(descriptor: descriptor, scale: scale)
    }

    /// The children of closed labels that were used, in the order of their indices.
    mutating func prepare(
        closed block: CellBlock, _ exemplars: [UInt: ExemplarTable.OfChild]
    ) -> PreparedFamily {
        let shown = (0..<block.count).filter { descriptor.shows(block.table.cell(at: $0)) }
        if shown.count != children.cells.count {
            children = PreparedChildren(descriptor: descriptor, scale: scale)
            for index in shown { append(block, index: index, texts: descriptor.labelTexts(ofIndex: index)) }
        }
        return PreparedFamily(header: header, children: children, exemplars: exemplars)
    }

    /// The children of open labels: the known ones and the fresh ones, or only the fresh ones after a removal.
    mutating func prepare(
        adding fresh: [CellBlock], removals: Int, _ exemplars: [UInt: ExemplarTable.OfChild]
    ) -> PreparedFamily {
        if removals != known.removals { children = PreparedChildren(descriptor: descriptor, scale: scale) }
        for block in fresh { append(block, index: 0, texts: block.labelTexts) }
        known = Known(children: children.cells.count, removals: removals)
        return PreparedFamily(header: header, children: children, exemplars: exemplars)
    }

    private mutating func append(_ block: CellBlock, index: Int, texts: [String]) {
        children.append(block, index: index, samples: samples(texts))
    }

    private func samples(_ texts: [String]) -> [[UInt8]] {
        guard descriptor.kind == .histogram else { return [sample(descriptor.name, texts)] }
        return (descriptor.bucketBounds + ["+Inf"]).map { sample(descriptor.name + "_bucket", texts, le: $0) }
            + [sample(descriptor.name + "_sum", texts), sample(descriptor.name + "_count", texts)]
    }

    private func sample(_ name: String, _ texts: [String], le bound: String? = nil) -> [UInt8] {
        var text: [UInt8] = []
        SampleText.append(name: name, labels: descriptor.labels, texts: texts, le: bound, to: &text)
        return text
    }
}

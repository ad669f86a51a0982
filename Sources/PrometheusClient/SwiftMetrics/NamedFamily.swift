/// A family that is declared by its first use; the labels of that use are its labels.
struct NamedFamily: MetricFamilyDeclaration {
    /// What its numbers are.
    enum Shape: Hashable {
        case counter, fractionCounter, gauge, histogram, timer

        var kind: MetricKind {
            switch self {
            case .counter, .fractionCounter: .counter
            case .gauge: .gauge
            case .histogram, .timer: .histogram
            }
        }
    }

    /// A child of it, and how to take it out.
    struct Place {
        let block: CellBlock
        let index: Int
        /// Whether it was asked for with labels that the family has not.
        let isNarrowed: Bool
        fileprivate let store: FamilyStore
        fileprivate let texts: LabelTexts

        /// The child as one of a kind.
        func child<Kind: ChildKind>(_: Kind.Type) -> MetricChild<Kind> {
            MetricChild(block: block, cell: block.table.cell(at: index))
        }

        /// Takes it out of the family.
        func remove() { _ = store.remove(texts) }
    }

    let descriptor: FamilyDescriptor
    private let store: FamilyStore
    var storage: FamilyStorage { FamilyStorage(source: store) }

    init(
        _ name: String, of label: String, _ shape: Shape, labels: [String],
        _ buckets: (scale: HistogramScale, texts: [String])
    ) {
        descriptor = FamilyDescriptor(
            name: name, help: "\(label.isEmpty ? name : label), as recorded by swift-metrics.", kind: shape.kind,
            unit: shape == .timer ? .seconds : .none, labels: labels.map { LabelSpec(name: $0, domain: nil) },
            bucketBounds: buckets.texts)
        store = FamilyStore(descriptor: descriptor, scale: buckets.scale, seriesLimit: nil, isRemovable: true)
    }

    /// The child with these labels; those that it does not have are empty, which for Prometheus is the same.
    func place(_ labels: [(name: String, value: String)]) -> Place {
        let values = descriptor.labels.map { spec in
            labels.first { $0.name == spec.name }.map { OpenLabel($0.value).labelText } ?? ""
        }
        let texts = LabelTexts(values)
        let found = store.child(texts)
        let isNarrowed = labels.contains { label in !descriptor.labels.contains { $0.name == label.name } }
        return Place(block: found.block, index: found.index, isNarrowed: isNarrowed, store: store, texts: texts)
    }
}

import Synchronization

/// A family with one child whose labels tell facts and whose value is 1; its name ends in `_info`.
public struct Info: MetricFamilyDeclaration {
    private let store: InfoStore

    /// What it is called and what it holds.
    public var descriptor: FamilyDescriptor { store.descriptor }
    /// What the registry reads at a scrape.
    public var storage: FamilyStorage { FamilyStorage(source: store) }

    /// Declares an info; it is shown once its facts are set.
    public init(_ name: String, _ help: String, labels: String...) {
        let specs = labels.map { LabelSpec(name: $0, domain: nil) }
        store = InfoStore(
            descriptor: FamilyDescriptor(name: name, help: help, kind: .info, unit: .none, labels: specs))
    }

    /// Sets the facts, one a label in the declared order; missing ones are empty, further ones ignored.
    public func set(_ facts: String...) {
        let count = descriptor.labels.count
        let texts = (facts.prefix(count) + Array(repeating: "", count: max(0, count - facts.count)))
            .map { OpenLabel($0).labelText }
        store.facts.withLock { $0 = texts }
    }
}

private final class InfoStore: FamilySource {
    let descriptor: FamilyDescriptor
    let facts = Mutex<[String]?>(nil)

    init(descriptor: FamilyDescriptor) { self.descriptor = descriptor }

    func attach(seriesLimit: Int, onRefusal: @escaping @Sendable (_ family: String) -> Void) {}

    func prepare() -> PreparedFamily {
        var lines: [UInt8] = []
        if let texts = facts.withLock({ $0 }) {
            SampleText.append(name: descriptor.name, labels: descriptor.labels, texts: texts, to: &lines)
            lines.append(contentsOf: "1\n".utf8)
        }
        return PreparedFamily(header: HeaderText(descriptor), lines: lines)
    }

    func snapshot() -> FamilySnapshot {
        let texts = facts.withLock { $0 }
        return FamilySnapshot(
            descriptor: descriptor, children: texts.map { [ChildSnapshot(labelValues: $0, value: .count(1))] } ?? [])
    }
}

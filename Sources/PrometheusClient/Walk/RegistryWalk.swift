/// The families of a registry with their numbers, one after the other; each is read when it is asked for.
///
/// It shows what ``TextExposition`` writes, as values: for exporters that speak another format. Nothing that records
/// waits for it: a lock is held only while the list of a family's children is taken, and numbers are read one by one.
public struct RegistryWalk: Sequence, IteratorProtocol {
    private var waiting: ArraySlice<any FamilySource>

    /// Starts over the families of a registry, after its scrape hooks have run.
    public init(of registry: Registry) {
        registry.runScrapeHooks()
        waiting = registry.sources[...]
    }

    /// The next family, or nil at the end; one without children is there too.
    public mutating func next() -> FamilySnapshot? { waiting.popFirst()?.snapshot() }
}

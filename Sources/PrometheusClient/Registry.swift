import Synchronization

/// Holds families and checks that no two of them clash; what an exposition renders.
public final class Registry: Sendable {
    /// How many children an open label makes before further values count under `other`, unless told otherwise.
    public static let defaultSeriesLimit = 1_000

    private struct State {
        var sources: [any FamilySource] = []
        var ownerOfName: [String: String] = [:]
        var scrapeHooks: [@Sendable () -> Void] = []
    }

    private let state = Mutex(State())
    private let seriesLimit: Int
    /// Whether OpenMetrics has a sample `_created` for each child: a further series in most servers.
    public let showsCreated: Bool
    private let onRefusal: @Sendable (_ family: String) -> Void

    /// An empty registry.
    ///
    /// - Parameters:
    ///   - seriesLimit: children that a family with an open label may have.
    ///   - showsCreated: whether OpenMetrics tells from when on each counter and histogram counts.
    ///   - onRefusal: called with the family's name each time something counts under `other` for want of room. It
    ///     runs on the thread that records, holding no lock.
    public init(
        seriesLimit: Int = Registry.defaultSeriesLimit, showsCreated: Bool = false,
        onRefusal: @escaping @Sendable (_ family: String) -> Void = { _ in }
    ) {
        self.seriesLimit = seriesLimit
        self.showsCreated = showsCreated
        self.onRefusal = onRefusal
    }

    /// What the families are called and hold, in the order in which they are rendered.
    public var descriptors: [FamilyDescriptor] { sources.map(\.descriptor) }

    /// Takes a family; a bad name or a clash with another family is a mistake of the program and ends it.
    public func register(_ family: some MetricFamilyDeclaration) {
        if let fault = take(family) { preconditionFailure(fault.description) }
    }

    /// Takes every stored property of a catalogue, in order; one that is no family is a mistake of the program.
    public func registerAll(of catalog: some Sendable) {
        for property in Mirror(reflecting: catalog).children {
            guard let family = property.value as? any MetricFamilyDeclaration else {
                preconditionFailure("\(type(of: catalog)).\(property.label ?? "?") is no metric family")
            }
            register(family)
        }
    }

    /// Calls `hook` before each rendering, on the thread that renders, so that it can update gauges.
    public func beforeEachScrape(_ hook: @escaping @Sendable () -> Void) {
        state.withLock { $0.scrapeHooks.append(hook) }
    }

    /// Takes a family, or tells what is wrong with it and leaves it out.
    func take(_ family: some MetricFamilyDeclaration) -> RegistrationFault? {
        let source = family.storage.source
        let descriptor = source.descriptor
        if let fault = descriptor.fault { return fault }
        let clash = state.withLock { state -> RegistrationFault? in
            for name in descriptor.reservedNames {
                if let owner = state.ownerOfName[name] {
                    return .clash(name: name, family: descriptor.name, other: owner)
                }
            }
            for name in descriptor.reservedNames { state.ownerOfName[name] = descriptor.name }
            state.sources.append(source)
            return nil
        }
        if clash == nil { source.attach(seriesLimit: seriesLimit, onRefusal: onRefusal) }
        return clash
    }

    /// Tells that something of this name had no room.
    func refuse(_ family: String) { onRefusal(family) }

    var sources: [any FamilySource] { state.withLock { $0.sources } }

    func runScrapeHooks() {
        for hook in state.withLock({ $0.scrapeHooks }) { hook() }
    }
}

internal import Observability
internal import PrometheusClient
internal import SwiftProtobuf

/// The numbers of a registry in the protocol's form: requests of a size that servers take, made one at a time.
struct MetricRequests: Sequence, IteratorProtocol {
    /// One request.
    struct Request {
        /// The bytes of its body.
        var body: [UInt8]
        /// How many data points are in it.
        var points: Int
    }

    /// About as many bytes go into one request; many servers take no more than 4 MiB.
    private static let aimedBytes = 1_000_000

    private var walk: RegistryWalk
    private let mapping: MetricMapping
    private let resource: Cardlink_Otlp_Resource
    private let scope: Cardlink_Otlp_InstrumentationScope
    private var family: FamilySnapshot?
    private var rest: ArraySlice<ChildSnapshot> = []

    /// Reads a registry from here on, after its scrape hooks have run.
    init(_ registry: Registry, mapping: MetricMapping, resource: [Attribute], version: String) {
        walk = RegistryWalk(of: registry)
        self.mapping = mapping
        self.resource = Cardlink_Otlp_Resource(resource)
        scope = Cardlink_Otlp_InstrumentationScope(version: version)
    }

    /// The next request; nil at the end.
    mutating func next() -> Request? {
        var metrics: [Cardlink_Otlp_Metric] = []
        var points = 0
        var room = Self.aimedBytes
        while room > 0, let family = nextFamily() {
            let count = Swift.max(1, Swift.min(rest.count, room / Self.estimatedBytes(rest, of: family)))
            metrics.append(mapping.metric(family, rest.prefix(count)))
            room -= count * Self.estimatedBytes(rest, of: family)
            rest = rest.dropFirst(count)
            points += count
        }
        guard !metrics.isEmpty else { return nil }
        let message = Cardlink_Otlp_ExportMetricsServiceRequest.with {
            $0.resourceMetrics = [
                .with {
                    $0.resource = resource
                    $0.scopeMetrics = [
                        .with {
                            $0.scope = scope
                            $0.metrics = metrics
                        }
                    ]
                }
            ]
        }
        // A message without required fields can always be written.
        return Request(body: (try? message.serializedBytes()) ?? [], points: points)
    }

    private mutating func nextFamily() -> FamilySnapshot? {
        while rest.isEmpty {
            family = walk.next()
            guard let family else { return nil }
            rest = family.children[...]
        }
        return family
    }

    /// What the largest child takes, roughly.
    private static func estimatedBytes(_ children: ArraySlice<ChildSnapshot>, of family: FamilySnapshot) -> Int {
        let labels = family.descriptor.labels.reduce(0) { $0 + $1.name.utf8.count + 8 }
        let values = children.map { $0.labelValues.reduce(0) { $0 + $1.utf8.count } }.max() ?? 0
        let numbers = family.descriptor.kind == .histogram ? 64 + 16 * Swift.max(family.bucketBounds.count, 40) : 40
        return labels + values + numbers
    }
}

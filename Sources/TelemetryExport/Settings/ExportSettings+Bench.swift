package import Observability

extension ExportSettings {
    /// Tells which bench speaks, as far as the variables do not say it.
    package mutating func tell(_ bench: BenchIdentity) {
        resource += bench.attributes.filter { own in !resource.contains { $0.key == own.key } }
    }
}

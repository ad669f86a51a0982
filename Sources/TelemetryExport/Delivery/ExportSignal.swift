/// What is sent to others: one of OpenTelemetry's three kinds.
package enum ExportSignal: Sendable, Hashable, CaseIterable {
    case traces, metrics, logs

    /// How a line that is said of it begins.
    package var name: String {
        switch self {
        case .traces: "traces"
        case .metrics: "metrics"
        case .logs: "logs"
        }
    }

    /// What it consists of, in the plural.
    package var items: String {
        switch self {
        case .traces: "spans"
        case .metrics: "data points"
        case .logs: "log records"
        }
    }

    /// Its part in the names of variables.
    var variable: String { name.uppercased() }

    /// Its path behind an HTTP endpoint that is for all.
    var path: String { "v1/\(name)" }

    /// The full name of its gRPC service.
    var service: String {
        let (folder, prefix) =
            switch self {
            case .traces: ("trace", "Trace")
            case .metrics: ("metrics", "Metrics")
            case .logs: ("logs", "Logs")
            }
        return "opentelemetry.proto.collector.\(folder).v1.\(prefix)Service"
    }
}

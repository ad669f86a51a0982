import PrometheusClient

/// How a request ends. Its values are listed once, so that a look-up is an index and needs no hashing and no lock.
enum Outcome: Int, ClosedLabel {
    case success, failure

    static var labelValues: [String] { ["success", "failure"] }
    var labelIndex: Int { rawValue }
}

/// The families of a program, one stored property each: this is where one is added.
struct RequestMetrics: Sendable {
    let requests = Counter("requests_total", "Requests that ended.", labels: OneLabel("outcome", Outcome.self))
    let duration = DurationHistogram("request_duration_seconds", "Time of a request.", buckets: [0.1, 1])
    let connections = Gauge("connections_active", "Connections that are open.")
}

/// What Prometheus gets after one request of a quarter of a second.
func scrapeAfterOneRequest() -> String {
    let metrics = RequestMetrics()
    let registry = Registry()
    registry.registerAll(of: metrics)

    metrics.connections.set(3)
    metrics.requests[.success].increment()
    metrics.duration.child.record(.milliseconds(250))
    metrics.duration.child.setExemplar(
        250_000_000, labels: [Exemplar.Label("trace_id", "4bf92f35")], wallNanoseconds: 1_700_000_000_000_000_000)

    return TextExposition.text(registry, format: .openMetrics)
}

internal import Hummingbird
internal import Observability

/// Answers `/health`, `/health/live` and `/health/ready`.
struct HealthEndpoint: WebEndpoint {
    let report: @Sendable () async -> HealthReport

    func answer(_ request: Request, from peer: WebPeer) async -> Response {
        let report = await report()
        guard let json = try? report.json() else { return .text(.internalServerError, "no report") }
        let isGood = report.status == .healthy || report.status == .degraded
        return .whole(isGood ? .ok : .serviceUnavailable, json, type: "application/json")
    }
}

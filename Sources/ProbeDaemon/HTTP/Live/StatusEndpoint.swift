internal import Hummingbird

/// Answers `/api/v1/status`: how everything stands.
struct StatusEndpoint: WebEndpoint {
    let live: LiveView

    func answer(_ request: Request, from peer: WebPeer) async -> Response {
        if let refusal = request.crossOriginRefusal { return refusal }
        guard var json = await live.statusJSON() else { return .text(.internalServerError, "no status") }
        json.writeString("\n")
        return .whole(.ok, Array(buffer: json), type: "application/json")
    }
}

internal import Hummingbird
internal import NIOCore
internal import Observability

/// Answers `/api/v1/apdu/ID`: all that is known of one exchange that is still remembered.
struct ExchangeEndpoint: WebEndpoint {
    static let folder = "/api/v1/apdu/"

    let live: LiveView

    func answer(_ request: Request, from peer: WebPeer) async -> Response {
        if let refusal = request.crossOriginRefusal { return refusal }
        guard let id = UInt64(request.uri.path.dropFirst(Self.folder.count)) else {
            return .text(.badRequest, "\(Self.folder) takes the id of an exchange, a number from 1")
        }
        await live.catchUp()
        guard let detail = live.state.detail(of: id, showsPayload: peer.maySeePayloads(request)) else {
            return .text(.notFound, "no exchange \(id) is remembered; the last is \(live.state.lastID)")
        }
        guard let json = try? detail.json() else { return .text(.internalServerError, "no JSON") }
        return .whole(.ok, json + [0x0A], type: "application/json")
    }
}

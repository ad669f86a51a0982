internal import HTTPTypes
internal import Hummingbird
internal import NIOCore

/// Answers requests for one path; it is asked for GET and HEAD only.
protocol WebEndpoint: Sendable {
    /// The answer; of an answer to HEAD only the head is sent, so it must know its length.
    func answer(_ request: Request, from peer: WebPeer) async -> Response
}

/// Sends a request to the endpoint of its path, after the checks that all of them share; one whose path ends with a slash
/// answers for all that lies in it.
struct WebResponder: HTTPResponder {
    typealias Context = WebContext

    let endpoints: [String: any WebEndpoint]
    let hosts: HostGuard
    let security: WebSecurity?

    func respond(to request: Request, context: WebContext) async throws -> Response {
        var response = await answer(request, context)
        for field in security?.headers ?? [:] { response.headers[field.name] = field.value }
        return response
    }

    private func answer(_ request: Request, _ context: WebContext) async -> Response {
        guard hosts.allows(request.head.authority) else {
            return .text(
                .forbidden,
                "this probe is not known by that host name; use its address, or start it with --web.host NAME")
        }
        if let refusal = await security?.refusal(of: request) {
            return request.method == .head ? refusal.createHeadResponse() : refusal
        }
        guard let endpoint = endpoint(request.uri.path) else {
            let known = endpoints.keys.sorted().joined(separator: " ")
            return .text(.notFound, "nothing here; there is: \(known)")
        }
        let peer = WebPeer(
            address: context.address, localAddress: context.localAddress,
            isAuthenticated: security?.authenticatesViewers == true)
        switch request.method {
        case .get: return await endpoint.answer(request, from: peer)
        case .head: return await endpoint.answer(request, from: peer).createHeadResponse()
        default: return .text(.methodNotAllowed, "only GET and HEAD are answered", [.allow: "GET, HEAD"])
        }
    }

    private func endpoint(_ path: String) -> (any WebEndpoint)? {
        if let endpoint = endpoints[path] { return endpoint }
        let folder = path.lastIndex(of: "/").map { path[...$0] } ?? ""
        return folder.count > 1 ? endpoints[String(folder)] : nil
    }
}

extension Response {
    /// One line of plain text.
    static func text(_ status: HTTPResponse.Status, _ line: String, _ fields: HTTPFields = [:]) -> Response {
        whole(status, Array("\(line)\n".utf8), type: "text/plain; charset=utf-8", fields)
    }

    /// A body that is there in full; browsers may not guess at its type, nor keep it unless told otherwise.
    static func whole(
        _ status: HTTPResponse.Status, _ bytes: [UInt8], type: String, _ fields: HTTPFields = [:],
        cacheControl: String = "no-store"
    ) -> Response {
        var fields = fields
        fields[.contentType] = type
        fields[.cacheControl] = cacheControl
        fields[.xContentTypeOptions] = "nosniff"
        return Response(status: status, headers: fields, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}

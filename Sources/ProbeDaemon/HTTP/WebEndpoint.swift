internal import HTTPTypes
internal import Hummingbird
internal import NIOCore

/// Answers requests for one path; it is asked for GET and HEAD only.
protocol WebEndpoint: Sendable {
    /// The answer; of an answer to HEAD only the head is sent, so it must know its length.
    func answer(_ request: Request) async -> Response
}

/// Sends a request to the endpoint of its path, after the checks that all of them share.
struct WebResponder: HTTPResponder {
    typealias Context = BasicRequestContext

    let endpoints: [String: any WebEndpoint]
    let hosts: HostGuard
    let security: WebSecurity?

    func respond(to request: Request, context: BasicRequestContext) async throws -> Response {
        var response = await answer(request)
        for field in security?.headers ?? [:] { response.headers[field.name] = field.value }
        return response
    }

    private func answer(_ request: Request) async -> Response {
        guard hosts.allows(request.head.authority) else {
            return .text(
                .forbidden,
                "this probe is not known by that host name; use its address, or start it with --web.host NAME")
        }
        if let refusal = await security?.refusal(of: request) {
            return request.method == .head ? refusal.createHeadResponse() : refusal
        }
        guard let endpoint = endpoints[request.uri.path] else {
            let known = endpoints.keys.sorted().joined(separator: " ")
            return .text(.notFound, "nothing here; there is: \(known)")
        }
        switch request.method {
        case .get: return await endpoint.answer(request)
        case .head: return await endpoint.answer(request).createHeadResponse()
        default: return .text(.methodNotAllowed, "only GET and HEAD are answered", [.allow: "GET, HEAD"])
        }
    }
}

extension Response {
    /// One line of plain text.
    static func text(_ status: HTTPResponse.Status, _ line: String, _ fields: HTTPFields = [:]) -> Response {
        whole(status, Array("\(line)\n".utf8), type: "text/plain; charset=utf-8", fields)
    }

    /// A body that is there in full; browsers may neither keep it nor guess at its type.
    static func whole(
        _ status: HTTPResponse.Status, _ bytes: [UInt8], type: String, _ fields: HTTPFields = [:]
    ) -> Response {
        var fields = fields
        fields[.contentType] = type
        fields[.cacheControl] = "no-store"
        fields[.xContentTypeOptions] = "nosniff"
        return Response(status: status, headers: fields, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}

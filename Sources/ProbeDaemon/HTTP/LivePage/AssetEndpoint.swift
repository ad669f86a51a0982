internal import Crypto
internal import HTTPTypes
internal import Hummingbird

/// Answers with bytes that do not change while the program runs.
///
/// A browser may keep them and has to ask whether they are still the same: the next version of the probe has other ones
/// under the same name.
struct AssetEndpoint: WebEndpoint {
    private let type: String
    private let bytes: [UInt8]
    private let tag: String

    init(type: String, bytes: [UInt8]) {
        self.type = type
        self.bytes = bytes
        let digest = SHA256.hash(data: bytes).prefix(12)
        tag = "\"" + digest.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined() + "\""
    }

    func answer(_ request: Request, from peer: WebPeer) async -> Response {
        let fields: HTTPFields = [.eTag: tag, .contentSecurityPolicy: Self.policy]
        if request.headers[values: .ifNoneMatch].contains(where: { $0.contains(tag) }) {
            return Response(status: .notModified, headers: fields)
        }
        return .whole(.ok, bytes, type: type, fields, cacheControl: "no-cache")
    }

    private static let policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}

/// Answers for a folder of assets, by the last word of the path.
struct AssetFolder: WebEndpoint {
    let assets: [String: AssetEndpoint]

    func answer(_ request: Request, from peer: WebPeer) async -> Response {
        let name = request.uri.path.split(separator: "/").last.map(String.init) ?? ""
        guard let asset = assets[name] else { return .text(.notFound, "no part of the live page has that name") }
        return await asset.answer(request, from: peer)
    }
}

internal import AsyncHTTPClient
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
package import Observability
internal import ProbeEvents
package import PrometheusClient

/// A Pushgateway, for metrics of a program that ends before anyone scrapes it.
package struct Pushgateway: Sendable {
    /// The address as it may be shown: without a user's name and password.
    package let shownAddress: String

    private let address: String
    private let user: String?
    private let password: String
    /// Whether the address names a group already.
    private let isWhole: Bool

    /// Reads an address: `http://HOST:9091`, with a path where there is a proxy, with `USER:PASSWORD@` where one is asked
    /// for. One with `/metrics/job/NAME` and further labels names the group too.
    package init(_ url: String) throws(PushgatewayError) {
        guard let scheme = url.firstRange(of: "://"), ["http", "https"].contains(url[..<scheme.lowerBound]),
            url.utf8.allSatisfy({ (0x21...0x7E).contains($0) }), !url.contains(where: { "?#".contains($0) })
        else { throw .noAddress }
        let rest = url[scheme.upperBound...]
        let authority = rest.prefix { $0 != "/" }
        let at = authority.lastIndex(of: "@")
        let host = at.map { authority[authority.index(after: $0)...] } ?? authority
        guard let first = host.first, first != ":" else { throw .noAddress }
        let credentials = at.map { authority[..<$0].split(separator: ":", maxSplits: 1) } ?? []
        user = credentials.first.map(Self.decoded)
        password = credentials.dropFirst().first.map(Self.decoded) ?? ""
        var path = rest[authority.endIndex...]
        while path.last == "/" { path.removeLast() }
        isWhole = path.contains("/metrics/job/") || path.contains("/metrics/job@base64/")
        if path.hasSuffix("/metrics") { path.removeLast("/metrics".count) }
        address = String(url[..<scheme.upperBound] + host + path)
        shownAddress = address
    }

    /// Puts all that a registry shows in the place of what the group had; what an earlier run had and this one has not
    /// is gone then, as it should be. Ends when the time is over. It is tried once: what fails is counted as given up.
    package func push(
        _ registry: Registry, to group: GroupingKey, within limit: Duration, counting health: HealthCatalog? = nil
    ) async throws(PushgatewayError) {
        do throws(PushgatewayError) {
            try await put(registry, to: group, within: limit)
        } catch {
            health?.exportFailures[.pushgateway, error.reason].increment()
            health?.exportDropped[.pushgateway, error.reason].increment()
            throw error
        }
    }

    private func put(
        _ registry: Registry, to group: GroupingKey, within limit: Duration
    ) async throws(PushgatewayError) {
        var body = ByteBuffer()
        for chunk in TextExposition(of: registry) { body.writeBytes(chunk) }
        var request = HTTPClientRequest(url: isWhole ? address : "\(address)/metrics/\(group.path)")
        request.method = .PUT
        request.headers.add(name: "Content-Type", value: ExpositionFormat.text.contentType)
        request.headers.add(name: "User-Agent", value: "CardLink-Probe/\(ProbeVersion.current)")
        if let user { request.setBasicAuth(username: user, password: password) }
        request.body = .bytes(body)
        let client = HTTPClient(
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton, configuration: .ofProbe)
        let answer = await Self.answer(to: request, from: client, within: limit)
        try? await client.shutdown()
        switch answer {
        case .success(200..<300, _): return
        case .success(let status, let reason):
            let line = reason.split(whereSeparator: \.isWhitespace).joined(separator: " ").singleLine
            throw .refused(shownAddress, status: status, reason: String(line.prefix(200)))
        case .timeout: throw .late(shownAddress)
        case .failure(let reason): throw .unreachable(shownAddress, reason: reason)
        }
    }

    /// As it stands where it is no percent-encoding.
    private static func decoded(_ text: Substring) -> String {
        PercentEncoding.decoded(Array(text.utf8)).map { String(decoding: $0, as: UTF8.self) } ?? String(text)
    }

    private enum Answer {
        case success(UInt, String)
        case timeout
        case failure(String)
    }

    /// A reason is short; what comes behind it is none.
    private static let longestReason = 64 * 1024

    private static func answer(
        to request: HTTPClientRequest, from client: HTTPClient, within limit: Duration
    ) async -> Answer {
        do {
            let response = try await client.execute(request, deadline: .now() + TimeAmount(limit))
            let reason = try await response.body.collect(upTo: longestReason)
            // What stands before it may answer with a page for browsers.
            let isText = response.headers.first(name: "Content-Type")?.hasPrefix("text/plain") == true
            return .success(response.status.code, isText ? String(buffer: reason) : "")
        } catch let error as HTTPClientError {
            return error == .deadlineExceeded ? .timeout : .failure(error.shortDescription)
        } catch {
            return .failure("no connection")
        }
    }
}

/// Why metrics were not pushed.
package enum PushgatewayError: ExplainedError, Hashable {
    /// What was given is no address.
    case noAddress
    /// It answered, and did not take them.
    case refused(String, status: UInt, reason: String)
    /// It did not answer in time.
    case late(String)
    /// It was not reached.
    case unreachable(String, reason: String)

    /// One line: what, where, what to do next.
    package var explanation: String {
        switch self {
        case .noAddress: "no address of a Pushgateway; write one like http://host:9091"
        case .refused(let address, let status, let reason):
            "metrics were not taken by \(address): status \(status)\(reason.isEmpty ? "" : ", \(reason)")"
        case .late(let address): Self.unreachable(address, reason: "no answer in time").explanation
        case .unreachable(let address, let reason):
            "metrics were not pushed to \(address): \(reason); is a Pushgateway there?"
        }
    }

    /// By what it is counted.
    fileprivate var reason: ExportFailureReason {
        switch self {
        case .noAddress: .other
        case .refused: .rejected
        case .late: .timeout
        case .unreachable: .unreachable
        }
    }
}

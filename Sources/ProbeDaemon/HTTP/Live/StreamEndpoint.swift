internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import Observability

/// Answers `/api/v1/stream`: a status, then exchanges as they come, as server-sent events.
struct StreamEndpoint: WebEndpoint {
    let live: LiveView
    let seats: ScrapeSlots

    /// Where a viewer begins.
    private enum Start {
        case now
        /// With what is remembered behind an exchange.
        case after(UInt64)
    }

    func answer(_ request: Request, from peer: WebPeer) async -> Response {
        if let refusal = request.crossOriginRefusal { return refusal }
        guard let start = Self.start(of: request) else {
            return .text(.badRequest, "after and Last-Event-ID take the id of an exchange, a number from 0")
        }
        let head: HTTPFields = [
            .contentType: "text/event-stream", .cacheControl: "no-store", .xContentTypeOptions: "nosniff",
        ]
        guard request.method != .head else { return Response(status: .ok, headers: head) }
        guard let seat = seats.take() else {
            return .text(.serviceUnavailable, "too many viewers at once; try again", [.retryAfter: "5"])
        }
        let body = ResponseBody { writer in
            defer { withExtendedLifetime(seat) {} }
            try await send(to: &writer, for: request, from: start)
            try await writer.finish(nil)
        }
        return Response(status: .ok, headers: head, body: body)
    }

    private func send(to writer: inout any ResponseBodyWriter, for request: Request, from start: Start) async throws {
        let viewer = LiveViewer()
        let joined = live.feed.join(viewer)
        defer { live.feed.leave(viewer) }
        try await request.body.consumeWithInboundCloseHandler { _ in
            if let json = await live.statusJSON() { try await writer.write(LiveFrame(status: json).bytes) }
            if case .after(let id) = start { try await replay(to: &writer, after: id, upTo: joined) }
            while let bytes = await viewer.next() { try await writer.write(bytes) }
        } onInboundClosed: {
            viewer.close()
        }
    }

    /// Sends what is remembered between two ids.
    private func replay(to writer: inout any ResponseBodyWriter, after: UInt64, upTo last: UInt64) async throws {
        // An id that was never given is one of the probe's life before this one.
        var id = after > last ? 0 : after
        while id < last {
            let wanted = Int(clamping: min(last - id, UInt64(LiveFeed.batch)))
            var (items, missed) = live.state.exchanges(after: id, atMost: wanted)
            items.removeAll { $0.id > last }
            let lost = min(missed, last - id)
            if lost > 0 { try await writer.write(LiveFrame.gap(lost)) }
            guard let end = items.last?.id, let frame = LiveFrame(items) else { return }
            try await writer.write(frame.bytes)
            id = end
        }
    }

    /// Where the request asks to begin; nil for nonsense.
    private static func start(of request: Request) -> Start? {
        let named = request.uri.queryParameters.get("after")
        guard let text = request.headers.value(of: "last-event-id") ?? named, !text.isEmpty else { return .now }
        return UInt64(text).map(Start.after)
    }
}

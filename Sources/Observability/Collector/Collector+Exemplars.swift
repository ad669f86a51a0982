internal import ProbeEvents
internal import PrometheusClient
internal import SmartCard

/// What of a command its histogram counted.
struct CountedExchange: Sendable {
    /// Under which name.
    let name: CommandName
    /// Which value.
    let cardNanoseconds: UInt64
    /// When it ended, nanoseconds since 1970 in UTC.
    let wallNanoseconds: UInt64

    /// nil for a command that never came to a card.
    init?(_ exchange: APDUExchange) {
        guard exchange.statusWord != nil || exchange.reachedCard else { return nil }
        name = exchange.name
        cardNanoseconds = exchange.cardNanoseconds
        wallNanoseconds = exchange.stamp.endWallNanoseconds
    }
}

extension Collector {
    /// Shows a trace beside the bucket that counted a command of it.
    func show(_ context: SpanContext, behind exchange: CountedExchange) {
        catalog.apduResponseTime[exchange.name].setExemplar(
            exchange.cardNanoseconds, labels: context.exemplarLabels, wallNanoseconds: exchange.wallNanoseconds)
    }

    /// Shows a trace beside the bucket that counted a session of it.
    func show(_ context: SpanContext, behind closed: ReaderSessionClosed) {
        catalog.sessionDuration[closed.type ?? .pcsc, closed.status].setExemplar(
            closed.stamp.durationNanoseconds, labels: context.exemplarLabels,
            wallNanoseconds: closed.stamp.endWallNanoseconds)
    }
}

extension SpanContext {
    /// 63 code points of the 128 that there may be.
    fileprivate var exemplarLabels: [Exemplar.Label] {
        [Exemplar.Label("trace_id", "\(traceID)"), Exemplar.Label("span_id", "\(spanID)")]
    }
}

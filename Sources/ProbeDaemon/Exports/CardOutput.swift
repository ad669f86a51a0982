internal import Observability
internal import ProbeEvents
internal import ProbeStore
internal import PrometheusClient

/// What is told of cards and contacts over many events: numbers, and the live page.
struct CardOutput: Sendable {
    /// Reads the events.
    let reader: EventRing.Reader

    private let watch: CardWatch

    /// Events that wait, also while a card's past is read.
    private static let queueCapacity = 8_192
    /// How long the first event waits for others.
    private static let gathering = Duration.milliseconds(250)
    private static let finishLimit = Duration.seconds(1)

    /// A watch over all cards that come; their past is in the history, where one is kept.
    init(_ parts: ObservabilityParts) {
        let settings = parts.settings.current
        let (collector, live) = (parts.collector, parts.live)
        let watch = CardWatch(
            history: settings[\.storeEnabled] ? HistoryStore.Settings(settings).path : nil
        ) { sign in
            switch sign {
            case .command(let reader): collector.recordReaderCommand(on: reader)
            case .contact(let event, let reader): collector.recordContactEvent(event, on: reader)
            case .forgotten: collector.recordForgottenCard()
            case .drift(let drifts, let reader):
                for drift in drifts {
                    collector.setCardSlowdown(drift.slowdown, of: drift.command, in: reader)
                    collector.setUnusualAnswers(drift.unusualAnswers, to: drift.command, in: reader)
                }
                live?.state.note(drifts, in: reader)
            }
        }
        self.watch = watch
        reader = EventRing.Reader(
            watch, name: "cards", capacity: Self.queueCapacity, gathering: Self.gathering
        ) { _, count in
            collector.health.exportDropped[.cards, .queueFull].increment(by: count)
        }
        collector.registry.beforeEachScrape {
            for (reader, ratio) in watch.contactRatios(at: EventClock.monotonicNow) {
                collector.setContactQuality(ratio, of: reader)
            }
        }
    }

    /// How a command usually goes on the card in a reader; nil where too little is known.
    func usual(_ exchange: APDUExchange) -> FlightHeader.Usual? { watch.usual(exchange) }

    /// Takes what waits; bounded in time.
    func finish() { reader.finish(within: Self.finishLimit) }
}

import Observability
import ProbeEvents
import PrometheusClient
import SmartCard

/// What a card may refuse.
struct CardRefusal: Error {}

/// A session with two commands, of which the second fails; gives what Prometheus gets.
func scrapeAfterOneSession(of collector: Collector) -> String {
    try? collector.withSession(.pcsc, speaking: .t1, errorType: { _ in .cardRemoved }) {
        _ = collector.timedExchange([0x00, 0xA4, 0x04, 0x00]) { [0x90, 0x00] }
        try collector.timedCommand(.getResponse) { throw CardRefusal() }
    }
    return TextExposition.text(collector.registry)
}

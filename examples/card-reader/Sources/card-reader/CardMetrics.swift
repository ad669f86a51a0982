internal import ProbeEvents
internal import PrometheusClient
internal import SmartCard

/// Counts what the card was asked, for Prometheus. A sink is called by whoever talks to the card, and must not block.
final class CardMetrics: EventSink {
    private struct Families: Sendable {
        let commands = Counter(
            "tester_commands_total", "Commands to the card, by name and status word.",
            labels: TwoLabels("command", OpenLabel.self, "status_word", OpenLabel.self))
        let seconds = DurationHistogram(
            "tester_command_seconds", "Time of a command in the card.", labels: OneLabel("command", OpenLabel.self),
            buckets: [0.001, 0.01, 0.1, 1])
    }

    private let families = Families()
    private let registry = Registry()

    init() { registry.registerAll(of: families) }

    func receive(_ event: ProbeEvent) {
        guard case .apdu(let exchange) = event else { return }
        let command = OpenLabel(exchange.name.name)
        // Folded: 61XX stands for every length, so that the number of series is bounded.
        let statusWord = exchange.statusWord?.label(cla: exchange.command.bytes.first ?? 0).name ?? "none"
        families.commands[command, OpenLabel(statusWord)].increment()
        families.seconds[command].record(exchange.cardNanoseconds)
    }

    /// What Prometheus gets when it asks.
    var exposition: String { TextExposition.text(registry) }
}

internal import Observability
internal import ProbeEvents
internal import PrometheusClient

extension AlertRule {
    /// What cards answer, and how fast.
    static let cards = [
        AlertRule(
            "CardLinkAPDUErrorRate", .warning, pending: .seconds(300),
            thresholds: [AlertThresholds.apduErrorRatio, AlertThresholds.apduMinimum],
            summary: "Many commands to cards fail.",
            description: """
                {{ $value | humanizePercentage }} of the commands of 10 minutes failed on \(place); SELECTs of what a card \
                does not have are left out.
                """,
            dashboard: .apdu
        ) { settings in
            .share(
                Recordings.apduUnexpectedErrors, of: Recordings.apduCommands,
                above: settings[AlertThresholds.apduErrorRatio], minimum: settings[AlertThresholds.apduMinimum])
        },
        AlertRule(
            "CardLinkAPDUSlow", .warning, pending: .seconds(300),
            thresholds: [AlertThresholds.apduSeconds, AlertThresholds.apduMinimum],
            summary: "Cards answer slowly.",
            description:
                "95 % of the commands of 10 minutes took up to {{ $value | humanizeDuration }} in the card on \(place).",
            dashboard: .apdu
        ) { settings in
            Recordings.apduResponseTime.latest.exceeding(settings[AlertThresholds.apduSeconds])
                .with("and", Recordings.apduCommands.latest.atLeast(settings[AlertThresholds.apduMinimum]))
        },
        AlertRule(
            "CardLinkPINRunningOut", .warning, pending: .zero,
            summary: "A PIN or key has one try left.",
            description:
                "A card said {{ printf \"%.0f\" $value }} times in 10 minutes that one wrong PIN more blocks it, on \(place).",
            dashboard: .apdu
        ) { _ in pinAnswers(left: .one) },
        AlertRule(
            "CardLinkPINBlocked", .critical, pending: .zero,
            summary: "A PIN or key is blocked.",
            description:
                "A card said {{ printf \"%.0f\" $value }} times in 10 minutes that a PIN or key is blocked, on \(place).",
            dashboard: .apdu
        ) { _ in pinAnswers(left: .none) },
    ]

    private static func pinAnswers(left: TriesLeft) -> Query {
        Query.gained(
            Series(Catalogs.bench.apduPINAnswers).matching("tries_left", left.name), over: .tenMinutes
        )
        .sum(without: "tries_left").exceeding(0)
    }
}

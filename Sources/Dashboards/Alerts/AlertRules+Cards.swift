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
        AlertRule(
            "CardLinkCardSlower", .warning, pending: .seconds(300), thresholds: [AlertThresholds.cardSlowdownRatio],
            summary: "A card is slower than it usually is.",
            description: """
                The card in {{ $labels.reader }} takes {{ $value | humanizePercentage }} longer than usual for \
                {{ $labels.command }} on \(place).
                """,
            dashboard: .devices
        ) { settings in
            Query(Series(Catalogs.bench.cardSlowdown)).exceeding(settings[AlertThresholds.cardSlowdownRatio])
        },
        AlertRule(
            "CardLinkCardAnswersDiffer", .warning, pending: .seconds(300),
            thresholds: [AlertThresholds.cardUnusualRatio],
            summary: "A card answers otherwise than it usually does.",
            description: """
                {{ $value | humanizePercentage }} of the answers to {{ $labels.command }} of the card in \
                {{ $labels.reader }} are not what it usually says to the same, on \(place).
                """,
            dashboard: .devices
        ) { settings in
            Query(Series(Catalogs.bench.cardUnusualAnswers)).exceeding(settings[AlertThresholds.cardUnusualRatio])
        },
        AlertRule(
            "CardLinkContactBad", .warning, pending: .seconds(60), thresholds: [AlertThresholds.contactFaultRatio],
            summary: "A reader has bad contact with its card.",
            description: """
                {{ $value | humanizePercentage }} of what was done with the card in {{ $labels.reader }} in 10 minutes \
                failed at the contacts, on \(place).
                """,
            dashboard: .devices
        ) { settings in
            Query(Series(Catalogs.bench.contactQuality)).wrapped { "1 - \($0)" }
                .exceeding(settings[AlertThresholds.contactFaultRatio])
        },
    ]

    private static func pinAnswers(left: TriesLeft) -> Query {
        Query.gained(
            Series(Catalogs.bench.apduPINAnswers).matching("tries_left", left.name), over: .tenMinutes
        )
        .sum(without: "tries_left").exceeding(0)
    }
}

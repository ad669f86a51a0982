internal import Observability
internal import ProbeEvents
internal import PrometheusClient

extension AlertRule {
    /// Readers, modems and phones.
    static let devices = [
        AlertRule(
            "CardLinkDeviceGone", .critical, pending: .seconds(120),
            summary: "A device that the bench expects is gone.",
            description: "The {{ $labels.device_type }} {{ $labels.device }} is gone from \(place).",
            dashboard: .devices
        ) { _ in
            Query(Series(Catalogs.bench.deviceExpected))
                .with("unless", Query(Series(Catalogs.bench.deviceUp)).wrapped { "\($0) == 1" })
        },
        AlertRule(
            "CardLinkDeviceErrors", .warning, pending: .seconds(120), thresholds: [AlertThresholds.deviceErrors],
            summary: "Devices fail again and again.",
            description: "{{ printf \"%.0f\" $value }} errors of {{ $labels.device_type }}s in 10 minutes on \(place).",
            dashboard: .devices
        ) { settings in
            .gained(
                Series(Catalogs.bench.deviceErrors).matching("error_type", .matchesNot, everydayErrors),
                over: .tenMinutes
            )
            .sum(without: "error_type").exceeding(settings[AlertThresholds.deviceErrors])
        },
        AlertRule(
            "CardLinkModemSIMNotReady", .warning, pending: .seconds(300),
            summary: "A modem cannot use its card.",
            description: "The card in the modem {{ $labels.modem }} is not ready on \(place).",
            dashboard: .devices
        ) { _ in
            Query(Series(Catalogs.bench.modemSIMReady)).wrapped { "\($0) == 0" }
                .with("and on (job, instance, modem)", presentModems)
        },
        AlertRule(
            "CardLinkModemNotRegistered", .warning, pending: .seconds(300),
            summary: "A modem with a card is in no network.",
            description: "The modem {{ $labels.modem }} is registered in no network on \(place).",
            dashboard: .devices
        ) { _ in
            let registered = Series(Catalogs.bench.modemRegistration).matching("state", .matches, registeredStates)
            return Query(Series(Catalogs.bench.modemSIMReady)).wrapped { "\($0) == 1" }
                .with("and on (job, instance, modem)", Query(Series(Catalogs.bench.modemRegistration)))
                .with("unless on (job, instance, modem)", Query(registered))
        },
    ]

    // People pull cards, and programs share them.
    private static let everydayErrors = names([DeviceErrorType.cardRemoved, .cardReset, .sharingViolation])
    private static let registeredStates = names([
        RegistrationState.home, .roaming, .smsOnlyHome, .smsOnlyRoaming, .csfbNotPreferredHome,
        .csfbNotPreferredRoaming,
    ])

    // One that is gone is told as such.
    private static let presentModems = Query(
        Series(Catalogs.bench.deviceUp).matching("device_type", DeviceType.modem.name)
    )
    .wrapped { "label_replace(\($0) == 1, \"modem\", \"$1\", \"device\", \"(.*)\")" }

    private static func names(_ values: [some ClosedVocabulary]) -> String {
        values.map(\.name).joined(separator: "|")
    }
}

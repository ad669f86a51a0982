extension AlertRule {
    /// Sessions, and the channels and handshakes that they need.
    static let sessions = [
        AlertRule(
            "CardLinkSessionTimeouts", .warning, pending: .seconds(300),
            thresholds: [AlertThresholds.sessionTimeoutRatio, AlertThresholds.sessionMinimum],
            summary: "Many sessions end by time-out.",
            description: """
                {{ $value | humanizePercentage }} of the {{ $labels.session_type }} sessions of 30 minutes timed out on \
                \(place).
                """,
            dashboard: .overview
        ) { settings in
            .share(
                Recordings.sessionTimeouts, of: Recordings.sessions,
                above: settings[AlertThresholds.sessionTimeoutRatio],
                minimum: settings[AlertThresholds.sessionMinimum])
        },
        // A session with a reader lasts as long as its program, and some never end.
        AlertRule(
            "CardLinkSessionsLong", .warning, pending: .seconds(600),
            thresholds: [AlertThresholds.sessionSeconds, AlertThresholds.sessionMinimum],
            summary: "OTA or BIP sessions take long.",
            description: """
                95 % of the {{ $labels.session_type }} sessions of 30 minutes took up to {{ $value | humanizeDuration }} on \
                \(place).
                """,
            dashboard: .overview
        ) { settings in
            let ofOTA = #"{session_type=~"ota|bip"}"#
            return Recordings.sessionDuration.latest.wrapped { $0 + ofOTA }.exceeding(
                settings[AlertThresholds.sessionSeconds]
            )
            .with("and", Recordings.sessions.latest.atLeast(settings[AlertThresholds.sessionMinimum]))
        },
        AlertRule(
            "CardLinkTLSHandshakeFailures", .warning, pending: .seconds(120),
            thresholds: [AlertThresholds.tlsFailureRatio, AlertThresholds.tlsMinimum],
            summary: "Many TLS handshakes fail.",
            description: "{{ $value | humanizePercentage }} of the TLS handshakes of 30 minutes failed on \(place).",
            dashboard: .overview
        ) { settings in
            .share(
                Recordings.tlsFailures, of: Recordings.tlsHandshakes, above: settings[AlertThresholds.tlsFailureRatio],
                minimum: settings[AlertThresholds.tlsMinimum])
        },
        AlertRule(
            "CardLinkBIPFailures", .warning, pending: .seconds(120),
            thresholds: [AlertThresholds.bipFailureRatio, AlertThresholds.bipMinimum],
            summary: "Many BIP channels fail.",
            description: """
                {{ $value | humanizePercentage }} of the BIP channels of 30 minutes failed over {{ $labels.bearer_type }} on \
                \(place).
                """,
            dashboard: .overview
        ) { settings in
            .share(
                Recordings.bipErrors, of: Recordings.bipOutcomes, above: settings[AlertThresholds.bipFailureRatio],
                minimum: settings[AlertThresholds.bipMinimum])
        },
        AlertRule(
            "CardLinkTriggerFailures", .warning, pending: .seconds(120),
            thresholds: [AlertThresholds.triggerFailureRatio, AlertThresholds.triggerMinimum],
            summary: "Many triggers of OTA sessions cannot be sent.",
            description: """
                {{ $value | humanizePercentage }} of the {{ $labels.trigger_type }} triggers of 30 minutes could not be sent \
                on \(place).
                """,
            dashboard: .overview
        ) { settings in
            .share(
                Recordings.triggerFailures, of: Recordings.triggers,
                above: settings[AlertThresholds.triggerFailureRatio],
                minimum: settings[AlertThresholds.triggerMinimum])
        },
    ]
}

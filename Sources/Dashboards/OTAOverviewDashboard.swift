internal import Observability
internal import ProbeEvents

/// Sessions over the air: from the trigger over the channel and TLS to their end; packets and what cards say of them.
struct OTAOverviewDashboard {
    private let queries = BenchQueries()
    private var catalog: MetricCatalog { queries.catalog }

    private static let noSession =
        "No session ended in this time: run a tester under cardlink-probe run, or choose a longer time."
    private static let noTrigger =
        "No trigger was seen in this time: none was sent, or no tap sees the card's ENVELOPE."
    private static let noChannel = "No BIP channel was opened in this time."
    private static let noPacket =
        "No proof of receipt was seen in this time: no packet asked for one, or no tap sees the card's ENVELOPE."
    private static let noESIM = "No eUICC was asked for anything in this time."
    private static let noTLS = "No TLS handshake was seen in this time: connect the tester through the TLS forwarder."

    var dashboard: Dashboard {
        Dashboard(
            uid: "cardlink-ota", title: "CardLink: OTA overview",
            summary: "Sessions with cards over the air: how many, how they end, how long each part takes.",
            variables: queries.variables + [
                .labelValues(
                    "session_type", label: "session_type", of: Series(catalog.sessions).chosen, title: "Session")
            ],
            annotations: queries.faults,
            sections: [
                .init(
                    "At a glance",
                    .init(height: 4, active, success, triggerSuccess, triggerToChannelNow, tlsSuccess, moved)),
                .init("Sessions", .init(activeOverTime, ended, errors), .init(durations, durationPercentiles)),
                .init("Trigger to effect", .init(triggers, triggerToChannel, legs), .init(legShares)),
                .init("Bearer Independent Protocol", .init(channels, channelBytes, channelErrors)),
                .init("Packets over SMS", .init(receipts, receiptTime)),
                .init("eSIM", .init(esimFunctions, esimFunctionTime, esimDownloads)),
                .init("TLS", .init(handshakes, handshakeTime, tlsErrors)),
            ])
    }

    // MARK: At a glance

    private var active: Panel {
        Panel(
            "Active sessions", .stat, .count, width: 4,
            "Sessions that are open now: programs at cards (pcsc), channels (bip), OTA sessions, modem programs (at).",
            whenEmpty: "No probe answers here.", Target(chosenActive, "{{session_type}}", as: .latest))
    }

    private var success: Panel {
        let all = Query.increase(ends, over: Window.range)
        let good = Query.increase(ends.matching("status", "completed"), over: Window.range)
        return Panel(
            "Sessions that succeeded", .stat, .share, width: 4, "Sessions that ended well, of all that ended.",
            whenEmpty: Self.noSession, Target(BenchQueries.share(of: good, in: all), "succeeded", as: .latest)
        ).with(\.thresholds, Self.goodShare)
    }

    private var triggerSuccess: Panel {
        let sent = Query.increase(Series(catalog.triggersSent).chosen, over: Window.range)
        let failed = Query.increase(Series(catalog.triggerFailures).chosen, over: Window.range).sum().orZero
        let tried = sent.sum().orZero.joined("+", failed).above(0)
        return Panel(
            "Triggers sent", .stat, .share, width: 4, "Triggers that could be sent, of all that were tried.",
            whenEmpty: Self.noTrigger, Target(sent.sum().orZero.divided(by: tried), "sent", as: .latest)
        ).with(\.thresholds, Self.goodShare)
    }

    private var triggerToChannelNow: Panel {
        Panel(
            "p95 trigger to channel", .stat, .seconds, width: 4,
            "95 of 100 triggers led to OPEN CHANNEL within this time after their ENVELOPE.", whenEmpty: Self.noTrigger,
            Target(
                .quantile(0.95, of: legTimes(.envelopeToOpenChannel, over: Window.range)).above(0), "p95", as: .latest)
        ).with(\.thresholds, Thresholds(.green, (5, .orange), (30, .red)))
    }

    private var tlsSuccess: Panel {
        let all = Query.increase(Series(catalog.tlsHandshakes).chosen, over: Window.range)
        let good = Query.increase(
            Series(catalog.tlsHandshakes).chosen.matching("result", "success"), over: Window.range)
        return Panel(
            "TLS handshakes that succeeded", .stat, .share, width: 4, "Handshakes that came to their end, of all.",
            whenEmpty: Self.noTLS, Target(BenchQueries.share(of: good, in: all), "succeeded", as: .latest)
        ).with(\.thresholds, Self.goodShare)
    }

    private var moved: Panel {
        let bytes = Query.increase(Series(catalog.bipBytesTransferred).chosen, over: Window.range)
        return Panel(
            "Through channels", .stat, .bytes, width: 4, "Bytes through BIP channels in the time shown.",
            whenEmpty: Self.noChannel, Target(bytes.sum(by: "direction"), "{{direction}}", as: .latest))
    }

    // MARK: Sessions

    private var activeOverTime: Panel {
        Panel(
            "Open sessions", .stackedTimeSeries, .count, width: 8,
            "A line that only climbs is sessions that nobody ends.", whenEmpty: "No probe answers here.",
            Target(chosenActive, "{{session_type}}"))
    }

    private var ended: Panel {
        Panel(
            "Sessions that ended", .bars, .count, width: 8, "How sessions end. timeout: the other side went silent.",
            whenEmpty: Self.noSession,
            Target(Query.increase(ends, over: Window.rate).sum(by: "status"), "{{status}}")
        ).with(\.overrides, FieldOverride.verdicts(good: ["completed"], bad: ["failed", "timeout"]))
    }

    private var durations: Panel {
        let counts = Query.increase(sessionTimes, over: Window.rate)
        return Panel(
            "How long sessions last", .heatMap, .seconds, width: 12,
            "Each column is the sessions that ended then. A band that wanders up is a bench that slows down.",
            whenEmpty: Self.noSession, Target(counts.sum(by: "le"), "{{le}}", as: .buckets, exemplars: true))
    }

    private var durationPercentiles: Panel {
        Panel(
            "Session duration", .timeSeries, .seconds, width: 12,
            "p50 is the usual session, p99 the one that testers wait for; a dot leads to its trace.",
            whenEmpty: Self.noSession,
            targets: BenchQueries.percentiles(of: .rate(sessionTimes, over: Window.rate)))
    }

    private var errors: Panel {
        let counts = Query.increase(
            Series(catalog.sessionErrors).chosen.matching("session_type", .matches, "$session_type"),
            over: Window.rate)
        return Panel(
            "Session errors", .bars, .count, width: 8,
            "Why sessions ended badly or could not be opened. client_gone: the tester ended without closing.",
            whenEmpty: "No session went wrong in this time.",
            Target(counts.sum(by: "session_type", "error_type").above(0), "{{session_type}} {{error_type}}"))
    }

    // MARK: Trigger to channel

    private var triggers: Panel {
        let sent = Query.increase(Series(catalog.triggersSent).chosen, over: Window.rate).sum(by: "trigger_type")
        let failed = Query.increase(Series(catalog.triggerFailures).chosen, over: Window.rate).sum(by: "trigger_type")
        return Panel(
            "Triggers", .bars, .count, width: 8, "Triggers by kind, and those that could not be sent.",
            whenEmpty: Self.noTrigger, Target(sent, "{{trigger_type}}"), Target(failed, "{{trigger_type}} failed")
        ).with(\.overrides, FieldOverride.verdicts(good: [], bad: ["sms failed", "poll failed"]))
    }

    private var triggerToChannel: Panel {
        Panel(
            "Trigger to channel", .timeSeries, .seconds, width: 8,
            "From the trigger's ENVELOPE to OPEN CHANNEL: the card's own decision time.", whenEmpty: Self.noTrigger,
            targets: BenchQueries.percentiles(of: legTimes(.envelopeToOpenChannel, over: Window.rate)))
    }

    private var legs: Panel {
        let buckets = queries.buckets(Series(catalog.otaLegDuration, .bucket), over: Window.range)
        return Panel(
            "p95 of each leg", .barGauge, .seconds, width: 8,
            "Which part of an OTA session takes the time: trigger, channel, TLS, commands, close. One that no tap sees is missing.",
            whenEmpty: Self.noTrigger, Target(.quantile(0.95, of: buckets, by: "leg").above(0), "{{leg}}", as: .latest)
        ).with(\.minimum, 0)
    }

    private var legShares: Panel {
        let sums = Query.increase(Series(catalog.otaLegDuration, .sum).chosen, over: Window.rate).sum(by: "leg")
        let counts = Query.increase(Series(catalog.otaLegDuration, .count).chosen, over: Window.rate).sum(by: "leg")
        return Panel(
            "Where a session's time goes", .stackedTimeSeries, .seconds, width: 24,
            "The mean of each leg, one on the other: a whole session from trigger to close. A leg that no tap sees is missing.",
            whenEmpty: Self.noTrigger, Target(sums.divided(by: counts.above(0)), "{{leg}}"))
    }

    // MARK: BIP

    private var channels: Panel {
        Panel(
            "Open channels", .stackedTimeSeries, .count, width: 8,
            "BIP channels by bearer. One that stays after its session is a channel that the card never closed.",
            whenEmpty: Self.noChannel,
            Target(Query(Series(catalog.bipConnectionsActive).chosen).sum(by: "bearer_type"), "{{bearer_type}}"))
    }

    private var channelBytes: Panel {
        let bytes = Query.rate(Series(catalog.bipBytesTransferred).chosen, over: Window.rate)
        return Panel(
            "Data through channels", .timeSeries, .bytesPerSecond, width: 8,
            "sent is from the card to the server. Sent without received: the server does not answer.",
            whenEmpty: Self.noChannel,
            Target(bytes.sum(by: "direction", "bearer_type"), "{{direction}} {{bearer_type}}"))
    }

    private var channelErrors: Panel {
        let counts = Query.increase(Series(catalog.bipErrors).chosen, over: Window.rate)
        return Panel(
            "BIP errors", .bars, .count, width: 8,
            "Commands of channels that failed. link_dropped and network_busy are the network's, buffer_too_large the card's.",
            whenEmpty: "No BIP command failed in this time.",
            Target(counts.sum(by: "error_type", "bearer_type").above(0), "{{error_type}} {{bearer_type}}"))
    }

    // MARK: Packets over SMS

    private var receipts: Panel {
        let counts = Query.increase(Series(catalog.otaReceipts).chosen, over: Window.rate)
        let bad = OTAReceipt.allCases.filter { !$0.isTaken }.map(\.name)
        return Panel(
            "Proofs of receipt", .bars, .count, width: 12,
            "What cards say of secured packets. missing: one was wanted and none came; counter_low: it was sent again.",
            whenEmpty: Self.noPacket, Target(counts.sum(by: "status").above(0), "{{status}}")
        ).with(\.overrides, FieldOverride.verdicts(good: [OTAReceipt.ok.name], bad: bad))
    }

    private var receiptTime: Panel {
        Panel(
            "Time to the proof of receipt", .timeSeries, .seconds, width: 12,
            "From a packet's first message to what the card says of it, the messages of a long packet included.",
            whenEmpty: Self.noPacket,
            targets: BenchQueries.percentiles(
                of: queries.buckets(Series(catalog.otaReceiptDuration, .bucket), over: Window.rate)))
    }

    // MARK: eSIM

    private var esimFunctions: Panel {
        let counts = Query.increase(Series(catalog.esimFunctions).chosen, over: Window.rate)
        return Panel(
            "eSIM functions", .bars, .count, width: 8,
            "What eUICCs were asked for, by what came of it. refused: by status word; abandoned: no answer was fetched.",
            whenEmpty: Self.noESIM, Target(counts.sum(by: "result").above(0), "{{result}}")
        ).with(\.overrides, FieldOverride.verdicts(good: ["ok"], bad: ["refused", "abandoned"]))
    }

    private var esimFunctionTime: Panel {
        let buckets = queries.buckets(Series(catalog.esimFunctionDuration, .bucket), over: Window.range)
        return Panel(
            "p95 of each eSIM function", .barGauge, .seconds, width: 8,
            "From the first block to the end of the answer; of a package from its first segment to the installation.",
            whenEmpty: Self.noESIM,
            Target(.quantile(0.95, of: buckets, by: "function").above(0), "{{function}}", as: .latest)
        ).with(\.minimum, 0)
    }

    private var esimDownloads: Panel {
        let counts = Query.increase(Series(catalog.esimDownloads).chosen, over: Window.rate)
        return Panel(
            "Profile downloads", .bars, .count, width: 8,
            "Downloads by what ended them. authenticated: nothing followed, as with a server that only tells of profiles.",
            whenEmpty: "No profile was downloaded in this time.", Target(counts.sum(by: "result"), "{{result}}")
        ).with(\.overrides, FieldOverride.verdicts(good: ["installed"], bad: ["failed", "abandoned", "card_reset"]))
    }

    // MARK: TLS

    private var handshakes: Panel {
        let counts = Query.increase(Series(catalog.tlsHandshakes).chosen, over: Window.rate)
        return Panel(
            "TLS handshakes", .bars, .count, width: 8,
            "Handshakes by result. failed: keys or suites do not match; aborted: the connection went.",
            whenEmpty: Self.noTLS, Target(counts.sum(by: "result"), "{{result}}")
        ).with(\.overrides, FieldOverride.verdicts(good: ["success"], bad: ["failed", "aborted", "timeout"]))
    }

    private var handshakeTime: Panel {
        Panel(
            "TLS handshake time", .timeSeries, .seconds, width: 8,
            "From the first byte to the end. PSK handshakes take no more than some round trips.",
            whenEmpty: Self.noTLS,
            targets: BenchQueries.percentiles(
                of: queries.buckets(Series(catalog.tlsHandshakeDuration, .bucket), over: Window.rate)))
    }

    private var tlsErrors: Panel {
        let counts = Query.increase(Series(catalog.tlsErrors).chosen, over: Window.rate)
        let open = Query(Series(catalog.tlsConnectionsActive).chosen)
        return Panel(
            "TLS connections and errors", .timeSeries, .count, width: 8,
            "Open connections, and what went wrong. unknown_psk_identity: the server does not know the card's key.",
            whenEmpty: Self.noTLS, Target(open.sum(), "open"),
            Target(counts.sum(by: "error_type").above(0), "{{error_type}}"))
    }

    // MARK: Parts

    private static let goodShare = Thresholds(.red, (0.9, .orange), (0.99, .green))

    private var ends: Series { chosenSessions(Series(catalog.sessionDuration, .count)) }
    private var sessionTimes: Series { chosenSessions(Series(catalog.sessionDuration, .bucket)) }

    private var chosenActive: Query {
        Query(chosenSessions(Series(catalog.activeSessions))).sum(by: "session_type")
    }

    private func chosenSessions(_ series: Series) -> Series {
        series.chosen.matching("session_type", .matches, "$session_type")
    }

    private func legTimes(_ leg: OTALeg, over window: String) -> Query {
        queries.buckets(Series(catalog.otaLegDuration, .bucket).matching("leg", leg.name), over: window)
    }
}

internal import Observability
internal import ProbeEvents

/// Readers, modems and phones: which are there, how they answer, what is wrong with them.
struct DeviceStatusDashboard {
    private let queries = BenchQueries()
    private var catalog: MetricCatalog { queries.catalog }

    private static let noDevice = "No reader, modem or phone was seen: run cardlink-probe doctor on the bench."
    private static let noModem = "No modem is watched: serve --modem PORT, see cardlink-probe modems."
    private static let noError = "No device failed in this time."

    var dashboard: Dashboard {
        Dashboard(
            uid: "cardlink-devices", title: "CardLink: device status",
            summary: "Readers, modems and phones of the benches: presence, errors, latency, radio.",
            variables: queries.variables, annotations: queries.faults,
            sections: [
                .init(
                    "At a glance", .init(height: 4, connected, missing, errorCount, failures, simReady, registered)),
                .init("Presence", .init(presence, expected)),
                .init("Errors", .init(errors, operations)),
                .init("Cards", .init(contact, drift)),
                .init("Latency", .init(atTimes, adbTimes)),
                .init("Radio", .init(strength, quality), .init(registration, sim)),
            ])
    }

    // MARK: At a glance

    private var connected: Panel {
        Panel(
            "Connected", .stat, .count, width: 4, "Devices that are there now.", whenEmpty: Self.noDevice,
            Target(
                Query(Series(catalog.devicesConnected).chosen).sum(by: "device_type"), "{{device_type}}",
                as: .latest))
    }

    private var missing: Panel {
        Panel(
            "Expected and missing", .stat, .count, width: 4,
            "Devices that a configuration names and that are not there; the table below has their names.",
            whenEmpty: Self.noDevice, Target(queries.missingDevices.count().orZero, "missing", as: .latest)
        ).with(\.thresholds, Thresholds(.green, (1, .red)))
    }

    private var errorCount: Panel {
        let counts = Query.increase(Series(catalog.deviceErrors).chosen, over: Window.range)
        return Panel(
            "Errors", .stat, .count, width: 4, "What went wrong for a device's sake in the time shown.",
            whenEmpty: Self.noError, Target(counts.sum().orZero, "errors", as: .latest)
        ).with(\.thresholds, Thresholds(.green, (1, .orange))).with(\.decimals, 0)
    }

    private var failures: Panel {
        // A wait for a change ends by time-out where nothing changes.
        let asked = Series(catalog.deviceOperations).chosen.matching("operation", .differs, "wait_for_change")
        let all = Query.increase(asked, over: Window.range)
        let failed = Query.increase(asked.matching("status", .matches, "failed|timeout"), over: Window.range)
        return Panel(
            "Failed operations", .stat, .share, width: 4,
            "Connects, transactions, controls, AT commands and the like that failed, of all. OpenSC has some: it asks readers for features that they have not got.",
            whenEmpty: "Nothing was asked of a device in this time.",
            Target(BenchQueries.share(of: failed, in: all), "failed", as: .latest)
        ).with(\.thresholds, Thresholds(.green, (0.1, .orange), (0.25, .red)))
    }

    private var simReady: Panel {
        let ready = Query(Series(catalog.modemSIMReady).chosen).sum()
        let all = Query(Series(catalog.modemSIMReady).chosen).count()
        return Panel(
            "SIM ready", .stat, .share, width: 4, "Modems that can use their card, of all that are watched.",
            whenEmpty: Self.noModem, Target(ready.divided(by: all), "ready", as: .latest)
        ).with(\.thresholds, Thresholds(.red, (1, .green)))
    }

    private var registered: Panel {
        let home = Series(catalog.modemRegistration).chosen
            .matching("state", .matches, "home|roaming|sms_only_home|sms_only_roaming")
        return Panel(
            "Registered", .stat, .count, width: 4, "Modems that a network serves, in any domain.",
            whenEmpty: Self.noModem,
            Target(
                Query(home).max(by: "instance", "modem").count().joined("or", watched.wrapped { "0 * \($0)" }),
                "registered", as: .latest)
        ).with(\.thresholds, Thresholds(.red, (1, .green)))
    }

    /// How many modems are watched.
    private var watched: Query { Query(Series(catalog.modemSIMReady).chosen).count() }

    // MARK: Presence

    private var presence: Panel {
        Panel(
            "Presence", .stateTimeline, .none, width: 14,
            "A device a line, red while it is gone. All readers of a bench gone at once: pcscd stopped.",
            whenEmpty: Self.noDevice,
            Target(Query(Series(catalog.deviceUp).chosen), "{{device}} on {{instance}}")
        ).with(\.mappings, Self.presence).with(\.thresholds, Thresholds(.red, (1, .green)))
    }

    private var expected: Panel {
        let keys = ["instance", "device_type", "device"]
        let up = Query(Series(catalog.deviceUp).chosen).wrapped {
            "max by (\(keys.joined(separator: ", "))) (\($0))"
        }
        let expected = Query(Series(catalog.deviceExpected).chosen).wrapped {
            "max by (\(keys.joined(separator: ", "))) (\($0))"
        }
        return .table(
            "Devices", width: 10, "Each device by name: whether the configuration expects it, and whether it is there.",
            whenEmpty: Self.noDevice,
            TableColumns(
                keys: [.init("instance", "Probe"), .init("device_type", "Type"), .init("device", "Device")],
                values: [
                    .init(
                        "State", .none, up, thresholds: Thresholds(.red, (1, .green)), mappings: Self.presence),
                    .init(
                        "Expected", .none, expected, thresholds: Thresholds(.grey),
                        mappings: [ValueMapping(value: 1, text: "yes", color: .grey)]),
                ]))
    }

    private static let presence = [
        ValueMapping(value: 1, text: "present", color: .green), ValueMapping(value: 0, text: "gone", color: .red),
    ]

    // MARK: Errors

    private var errors: Panel {
        let counts = Query.increase(Series(catalog.deviceErrors).chosen, over: Window.rate)
        return Panel(
            "Device errors", .bars, .count, width: 12,
            "no_service: pcscd is not there. communication and unresponsive: cable, contact or card. sharing_violation: another program.",
            whenEmpty: Self.noError,
            Target(counts.sum(by: "device_type", "error_type").above(0), "{{device_type}} {{error_type}}"))
    }

    private var operations: Panel {
        let counts = Query.rate(Series(catalog.deviceOperations).chosen, over: Window.rate)
        return Panel(
            "Operations", .stackedTimeSeries, .perSecond, width: 12,
            "What is asked of devices beside commands to a card, by result.",
            whenEmpty: "Nothing was asked of a device in this time.",
            Target(counts.sum(by: "device_type", "status"), "{{device_type}} {{status}}"))
    }

    // MARK: Cards

    private var contact: Panel {
        let events = Query.increase(Series(catalog.contactEvents).chosen, over: Window.rate)
        let commands = Query.increase(Series(catalog.readerCommands).chosen, over: Window.rate)
        return Panel(
            "Contact events per 1,000 commands", .timeSeries, .count, width: 12,
            "mute, communication, reset, bounce, atr_changed: dirt, wear, a card that is not all the way in. retry and length_corrected (6CXX) are no faults.",
            whenEmpty: "Nothing went wrong at a reader's contacts in this time.",
            Target(
                events.sum(by: "reader", "event").wrapped { "1000 * \($0)" }
                    .joined("/ on (reader) group_left ()", commands.sum(by: "reader").above(0)), "{{reader}} {{event}}")
        )
    }

    private var drift: Panel {
        Panel(
            "Cards slower than usual", .timeSeries, .share, width: 12,
            "How much longer a card takes than the history says of it in this reader; 0 while that may be chance.",
            whenEmpty: "Too little is known of any card yet: it takes 48 commands of a kind.",
            Target(
                Query(Series(catalog.cardSlowdown).chosen).max(by: "reader", "command"), "{{reader}} {{command}}"))
    }

    // MARK: Latency

    private var atTimes: Panel {
        let buckets = queries.buckets(Series(catalog.atCommandDuration, .bucket), over: Window.rate)
        return Panel(
            "p95 of AT commands", .timeSeries, .seconds, width: 12,
            "From the command to its final result. AT+COPS takes minutes while it searches; others above 1 s are a modem that is busy or hangs.",
            whenEmpty: "No AT command was seen in this time: no modem is watched or relayed.",
            Target(.quantile(0.95, of: buckets, by: "command"), "{{command}}", exemplars: true))
    }

    private var adbTimes: Panel {
        let buckets = queries.buckets(Series(catalog.adbOperationDuration, .bucket), over: Window.rate)
        return Panel(
            "p95 of adb operations", .timeSeries, .seconds, width: 12,
            "Operations of the adb server. transport that slows down is a phone's cable or hub.",
            whenEmpty: "No adb operation was seen in this time: no phone is watched.",
            Target(.quantile(0.95, of: buckets, by: "operation"), "{{operation}}", exemplars: true))
    }

    // MARK: Radio

    private var strength: Panel {
        Panel(
            "Signal strength", .timeSeries, .decibelMilliwatt, width: 12,
            "As the modem measures it. RSRP under -110 dBm, RSSI under -95 dBm: sessions will drop.",
            whenEmpty: Self.noModem,
            Target(Query(Series(catalog.modemSignalStrength).chosen), "{{modem}} {{measure}} {{technology}}"))
    }

    private var quality: Panel {
        Panel(
            "Signal quality", .timeSeries, .decibel, width: 12,
            "Good strength with poor quality (RSRQ under -15 dB) is interference or a cell that is full.",
            whenEmpty: "No modem measures quality: none is watched, or its network has no such measure.",
            Target(Query(Series(catalog.modemSignalQuality).chosen), "{{modem}} {{measure}} {{technology}}"))
    }

    /// The state is a label; a time line wants it as a number with a word for it.
    private var registration: Panel {
        let states = RegistrationState.allCases.map { state in
            Query(Series(catalog.modemRegistration).chosen.matching("state", state.name))
                .wrapped { "\(state.rawValue) * \($0)" }
        }
        return Panel(
            "Registration", .stateTimeline, .none, width: 12,
            "How each modem is registered in each domain. searching and denied: no session over the air can begin.",
            whenEmpty: Self.noModem,
            Target(
                Query.any(of: states).max(by: "instance", "modem", "domain"), "{{modem}} {{domain}}")
        ).with(\.mappings, RegistrationState.allCases.map(Self.mapping))
    }

    private static func mapping(_ state: RegistrationState) -> ValueMapping {
        let color: Color =
            switch state {
            case .home, .roaming: .green
            case .searching, .unknown: .yellow
            case .notRegistered, .denied: .red
            default: .orange
            }
        return ValueMapping(value: Int(state.rawValue), text: state.name.replacing("_", with: " "), color: color)
    }

    private var sim: Panel {
        Panel(
            "SIM", .stateTimeline, .none, width: 12,
            "Whether a modem can use its card. Not ready: no card, a PIN that is asked for, or a card that failed.",
            whenEmpty: Self.noModem,
            Target(Query(Series(catalog.modemSIMReady).chosen), "{{modem}} on {{instance}}")
        ).with(
            \.mappings,
            [
                ValueMapping(value: 1, text: "ready", color: .green),
                ValueMapping(value: 0, text: "not ready", color: .red),
            ])
    }
}

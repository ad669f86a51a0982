import TestSupport

/// Thirty benches at everyday work for an hour and a half, as `promtool` takes series: a sample a minute each.
///
/// Programs probe, cards are pulled, a scrape is missed, a probe is restarted, and now and then one thing fails.
struct QuietBenches {
    private static let minutes = 90
    private var random = SeededGenerator(seed: 30)
    private var lines: [String] = []

    /// A promtool file in which none of these alerts may fire, looked at every five minutes.
    static func file(alerts: [String]) -> String {
        var benches = QuietBenches()
        for number in 0..<30 { benches.add(number) }
        let looks = stride(from: 5, through: minutes, by: 5).flatMap { minute in
            alerts.map { "      - {alertname: \($0), eval_time: \(minute)m, exp_alerts: []}" }
        }
        return """
            rule_files: [rules.yml]
            evaluation_interval: 1m
            tests:
              - name: thirty benches
                interval: 1m
                input_series:
            \(benches.lines.joined(separator: "\n"))
                alert_rule_test:
            \(looks.joined(separator: "\n"))
            """
    }

    private mutating func add(_ number: Int) {
        let bench = Bench(number: number, restart: number % 5 == 0 ? Int.random(in: 15...80, using: &random) : nil)
        facts(of: bench)
        commands(of: bench)
        rarely(
            bench, "cardlink_session_duration_seconds_count", "session_type=\"ota\"", "status", "completed", "timeout")
        rarely(bench, "cardlink_tls_handshakes_total", "cipher_suite=\"none\"", "result", "success", "failed")
        rarely(bench, "cardlink_test_results_total", "suite_name=\"scp81\"", "status", "passed", "failed")
        rarely(
            bench, "cardlink_database_operations_total", "operation=\"insert\",table=\"runs\"", "status", "success",
            "failed")
        counter(bench, "cardlink_bip_connection_duration_seconds_count", "bearer_type=\"packet\",status=\"completed\"")
        {
            _, random in Int.random(in: 1...3, using: &random)
        }
        counter(bench, "cardlink_bip_errors_total", "bearer_type=\"packet\",error_type=\"link_dropped\"") { minute, _ in
            minute % 40 == 7 ? 1 : 0
        }
        counter(bench, "cardlink_triggers_sent_total", "trigger_type=\"sms\"") { _, random in
            Int.random(in: 1...3, using: &random)
        }
        counter(bench, "cardlink_trigger_failures_total", "trigger_type=\"sms\"") { minute, _ in
            minute % 40 == 9 ? 1 : 0
        }
    }

    private mutating func facts(of bench: Bench) {
        let missed = Int.random(in: 5..<Self.minutes, using: &random)
        let pulled = Int.random(in: 5..<Self.minutes, using: &random)
        gauge(bench, "up", "") { $0 == missed ? 0 : 1 }
        gauge(bench, "process_start_time_seconds", "") { minute in
            bench.restart.map { minute >= $0 ? $0 * 60 : -90_000 } ?? -90_000
        }
        gauge(bench, "cardlink_bench_info", "bench=\"lab-\(bench.number)\",instance_id=\"id-\(bench.number)\"") { _ in 1
        }
        let reader = "device_type=\"reader\",device=\"ACS ACR39U 00 00\""
        gauge(bench, "cardlink_device_expected", reader) { _ in 1 }
        gauge(bench, "cardlink_device_up", reader) { $0 == pulled ? 0 : 1 }
        gauge(bench, "cardlink_device_up", "device_type=\"modem\",device=\"EG25\"") { _ in 1 }
        gauge(bench, "cardlink_contact_quality_ratio", "reader=\"ACS ACR39U 00 00\"") { _ in 1 }
        // A machine that is busy for a moment.
        gauge(bench, "cardlink_card_slowdown_ratio", "reader=\"ACS ACR39U 00 00\",command=\"SELECT\"") {
            $0 == pulled ? 2 : 0
        }
        gauge(bench, "cardlink_card_unusual_answers_ratio", "reader=\"ACS ACR39U 00 00\",command=\"SELECT\"") { _ in 0 }
        gauge(bench, "cardlink_modem_sim_ready", "modem=\"EG25\"") { $0 == pulled ? 0 : 1 }
        gauge(bench, "cardlink_modem_registration", "modem=\"EG25\",domain=\"eps\",state=\"home\"") { _ in 1 }
        gauge(bench, "cardlink_system_disk_usage_bytes", "path=\"/\"") { 700 + $0 }
        gauge(bench, "cardlink_system_disk_available_bytes", "path=\"/\"") { 300 - $0 }
    }

    /// A run or none in each minute: 48 SELECTs that are refused, then work; a wrong PIN on a few mornings.
    private mutating func commands(of bench: Bench) {
        var runs: [Int] = []
        for _ in 0...Self.minutes { runs.append(Int.random(in: 0...2, using: &random)) }
        let select = "command=\"SELECT\""
        counter(bench, "cardlink_apdu_commands_total", "\(select),interface=\"pcsc\"") { minute, _ in runs[minute] * 60
        }
        counter(bench, "cardlink_apdu_errors_total", "\(select),error_type=\"not_found\"") { minute, _ in
            runs[minute] * 48
        }
        counter(bench, "cardlink_apdu_commands_total", "command=\"READ BINARY\",interface=\"pcsc\"") { minute, _ in
            runs[minute] * 40
        }
        counter(bench, "cardlink_apdu_errors_total", "command=\"READ BINARY\",error_type=\"conditions\"") { minute, _ in
            minute % 10 == 3 ? runs[minute] : 0
        }
        for (bound, share) in [("0.05", 90), ("0.25", 99), ("1.0", 99), ("2.5", 100), ("+Inf", 100)] {
            counter(bench, "cardlink_apdu_response_time_seconds_bucket", "command=\"READ BINARY\",le=\"\(bound)\"") {
                minute, _ in runs[minute] * share
            }
        }
        counter(bench, "cardlink_apdu_pin_answers_total", "tries_left=\"2\"") { minute, _ in minute % 45 == 20 ? 1 : 0 }
        counter(bench, "cardlink_device_errors_total", "device_type=\"reader\",error_type=\"card_removed\"") {
            minute, _ in minute % 10
        }
        counter(bench, "cardlink_device_errors_total", "device_type=\"reader\",error_type=\"timeout\"") { minute, _ in
            minute % 20 == 4 ? 1 : 0
        }
        counter(bench, "cardlink_events_received_total", "source=\"shim\"") { minute, _ in runs[minute] * 100 }
    }

    /// Mostly one thing, and once in 35 minutes the other.
    private mutating func rarely(
        _ bench: Bench, _ family: String, _ labels: String, _ label: String, _ good: String, _ bad: String
    ) {
        counter(bench, family, "\(labels),\(label)=\"\(good)\"") { _, random in Int.random(in: 1...4, using: &random) }
        counter(bench, family, "\(labels),\(label)=\"\(bad)\"") { minute, _ in minute % 35 == 12 ? 1 : 0 }
    }

    /// What each minute adds; nothing is shown before the first, and a restart begins anew.
    private mutating func counter(
        _ bench: Bench, _ family: String, _ labels: String, _ added: (Int, inout SeededGenerator) -> Int
    ) {
        var sum = 0
        let values = (0...Self.minutes).map { minute in
            if minute == bench.restart { sum = 0 }
            sum += added(minute, &random)
            return sum == 0 ? "_" : "\(sum)"
        }
        add(bench, family, labels, values)
    }

    private mutating func gauge(_ bench: Bench, _ family: String, _ labels: String, _ value: (Int) -> Int) {
        add(bench, family, labels, (0...Self.minutes).map { "\(value($0))" })
    }

    private mutating func add(_ bench: Bench, _ family: String, _ labels: String, _ values: [String]) {
        let target = "job=\"cardlink\",instance=\"bench-\(bench.number):7816\"" + (labels.isEmpty ? "" : ",")
        lines.append("      - {series: '\(family){\(target)\(labels)}', values: '\(values.joined(separator: " "))'}")
    }

    private struct Bench {
        var number: Int
        var restart: Int?
    }
}

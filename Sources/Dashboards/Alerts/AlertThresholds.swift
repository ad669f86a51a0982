/// Every threshold of the rules.
///
/// A share times its minimum is one or more, so that a single failure never fires.
package enum AlertThresholds {
    // OpenSC, identifying a card that it does not know, has two GET DATA and a READ BINARY refused in 49 commands: 6 %.
    static let apduErrorRatio = AlertThreshold(
        "apdu-error-ratio", 0.1, .ratio, 0.001...1, "Share of commands that fail, probing SELECTs left out.")
    static let apduSeconds = AlertThreshold(
        "apdu-seconds", 1, .seconds, 0.001...10, "Time that 95 % of the commands must not exceed.")
    static let apduMinimum = AlertThreshold(
        "apdu-minimum", 50, .count, 1...1_000_000, "Commands in 10 minutes below which no share or time is judged.")

    // Less than half as long again is seen by nobody who waits for a test.
    static let cardSlowdownRatio = AlertThreshold(
        "card-slowdown-ratio", 0.5, .ratio, 0.001...100,
        "How much longer than usual a card may take, as a part of that.")
    static let cardUnusualRatio = AlertThreshold(
        "card-unusual-ratio", 0.4, .ratio, 0.001...1, "Share of answers that a card usually does not give.")
    static let contactFaultRatio = AlertThreshold(
        "contact-fault-ratio", 0.05, .ratio, 0.001...1,
        "Share of faults among a reader's commands and faults of contact; with less than 3 faults none is told.")

    static let sessionTimeoutRatio = AlertThreshold(
        "session-timeout-ratio", 0.1, .ratio, 0.001...1, "Share of sessions that end by time-out.")
    static let sessionSeconds = AlertThreshold(
        "session-seconds", 300, .seconds, 1...3_600, "Time that 95 % of OTA and BIP sessions must not exceed.")
    static let sessionMinimum = AlertThreshold(
        "session-minimum", 10, .count, 1...1_000_000, "Sessions in 30 minutes below which none are judged.")
    static let tlsFailureRatio = AlertThreshold(
        "tls-failure-ratio", 0.1, .ratio, 0.001...1, "Share of TLS handshakes that fail.")
    static let tlsMinimum = AlertThreshold(
        "tls-minimum", 10, .count, 1...1_000_000, "TLS handshakes in 30 minutes below which none are judged.")
    static let bipFailureRatio = AlertThreshold(
        "bip-failure-ratio", 0.2, .ratio, 0.001...1, "Share of BIP channels that fail.")
    static let bipMinimum = AlertThreshold(
        "bip-minimum", 5, .count, 1...1_000_000, "BIP channels in 30 minutes below which none are judged.")
    static let triggerFailureRatio = AlertThreshold(
        "trigger-failure-ratio", 0.2, .ratio, 0.001...1, "Share of triggers that cannot be sent.")
    static let triggerMinimum = AlertThreshold(
        "trigger-minimum", 5, .count, 1...1_000_000, "Triggers in 30 minutes below which none are judged.")

    static let deviceErrors = AlertThreshold(
        "device-errors", 10, .count, 0...1_000_000, "Errors of devices of one type in 10 minutes that are borne.")

    static let testFailureRatio = AlertThreshold(
        "test-failure-ratio", 0.2, .ratio, 0.001...1, "Share of a suite's tests that fail.")
    static let testMinimum = AlertThreshold(
        "test-minimum", 10, .count, 1...1_000_000, "Tests of a suite in 30 minutes below which none are judged.")
    static let databaseFailureRatio = AlertThreshold(
        "database-failure-ratio", 0.05, .ratio, 0.001...1, "Share of database operations that fail.")
    static let databaseMinimum = AlertThreshold(
        "database-minimum", 20, .count, 1...1_000_000,
        "Database operations in 10 minutes below which none are judged.")

    static let eventsDropped = AlertThreshold(
        "events-dropped", 0, .count, 0...1_000_000, "Events of one source lost in 10 minutes that are borne.")
    static let exportDropped = AlertThreshold(
        "export-dropped", 0, .count, 0...1_000_000, "Items of one exporter given up in 10 minutes that are borne.")
    static let diskFreeRatio = AlertThreshold(
        "disk-free-ratio", 0.1, .ratio, 0.001...1, "Share of a file system that must be left.")
    static let scrapeSeconds = AlertThreshold(
        "scrape-seconds", 0.5, .seconds, 0.001...1, "Time that 95 % of the scrapes must not exceed.")

    /// All of them, in the order of the rules.
    package static var all: [AlertThreshold] {
        var seen: Set<String> = []
        return AlertRule.all.flatMap(\.thresholds).filter { seen.insert($0.name).inserted }
    }
}

internal import Observability
internal import ProbeEvents

/// What an operator decides about the rules.
package struct RuleSettings: Sendable {
    /// Something that was asked for and cannot be.
    package struct Fault: ExplainedError, Hashable {
        /// What, and what is allowed, in one line.
        package let explanation: String
    }

    /// The job that scrapes probes.
    package var job = "cardlink"
    /// Where the article Runbook is; a section's name follows behind `#`.
    package var runbook = "file:///usr/share/doc/cardlink-probe/Runbook.md"
    /// Where Grafana is.
    package var grafana = "http://localhost:3000"

    private var values: [String: Double] = [:]
    private var pending: [String: Duration] = [:]

    /// What holds where nobody decided.
    package init() {}

    /// The value of a threshold.
    package subscript(_ threshold: AlertThreshold) -> Double { values[threshold.name] ?? threshold.fallback }

    /// How long a rule's condition must hold.
    package func pending(_ rule: AlertRule) -> Duration { pending[rule.name] ?? rule.pending }

    /// Sets a threshold by words like `apdu-error-ratio=10%`.
    package mutating func setThreshold(_ words: String) throws(Fault) {
        let (name, text) = try Self.halves(words, "--threshold")
        guard let threshold = AlertThresholds.all.first(where: { $0.name == name }) else {
            throw Self.unknown("threshold", name, among: AlertThresholds.all.map(\.name))
        }
        guard let value = threshold.value(of: text), threshold.allowed.contains(value) else {
            throw Fault(explanation: "threshold \(name) cannot be '\(text)': \(threshold.demand)")
        }
        values[name] = value
    }

    /// Sets how long a rule's condition must hold by words like `CardLinkDeviceGone=30s`; the prefix may be left out.
    package mutating func setPending(_ words: String) throws(Fault) {
        let (given, text) = try Self.halves(words, "--for")
        let name = given.hasPrefix("CardLink") ? given : "CardLink\(given)"
        guard AlertRule.all.contains(where: { $0.name == name }) else {
            throw Self.unknown("alert", name, among: AlertRule.all.map(\.name))
        }
        guard let duration = DurationText.duration(text), duration <= .seconds(86_400) else {
            throw Fault(explanation: "--for \(given) cannot be '\(text)': a time from 0s to 24h, as in 90s or 5m")
        }
        pending[name] = duration
    }

    private static func halves(_ words: String, _ option: String) throws(Fault) -> (String, String) {
        guard let equals = words.firstIndex(of: "="), equals != words.startIndex else {
            throw Fault(explanation: "\(option) needs NAME=VALUE, not '\(words)'; see: cardlink-metrics alerts list")
        }
        return (String(words[..<equals]), String(words[words.index(after: equals)...]))
    }

    private static func unknown(_ kind: String, _ name: String, among known: [String]) -> Fault {
        let nearest = NearestName.of(name, among: known).map { "the nearest is \($0), and " } ?? ""
        return Fault(explanation: "no \(kind) '\(name)'; \(nearest)cardlink-metrics alerts list shows all")
    }
}

internal import ArgumentParser
internal import Dashboards
internal import Observability
internal import ProbeEvents

/// `cardlink-metrics alerts`.
struct AlertsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "alerts",
        abstract: "Alert and recording rules for Prometheus.",
        discussion: """
            Examples:
              cardlink-metrics alerts list
              cardlink-metrics alerts export --output /etc/prometheus/cardlink.rules.yml
              cardlink-metrics alerts export --threshold apdu-error-ratio=5% --for DeviceGone=30s
              cardlink-metrics alerts check /etc/prometheus/cardlink.rules.yml
            """,
        subcommands: [AlertsList.self, AlertsExport.self, AlertsCheck.self])
}

/// What an operator decides about the rules.
struct RuleOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("Set a threshold: 5%, 500ms, 50; may be given again.", valueName: "name=value"),
        completion: .list(AlertThresholds.all.map { "\($0.name)=" }))
    var threshold: [String] = []
    @Option(
        help: ArgumentHelp("How long an alert's condition must hold; may be given again.", valueName: "alert=time"),
        completion: .list(AlertRule.all.map { "\($0.name)=" }))
    var `for`: [String] = []

    /// The settings.
    func settings() throws -> RuleSettings {
        var settings = RuleSettings()
        do throws(RuleSettings.Fault) {
            for words in threshold { try settings.setThreshold(words) }
            for words in `for` { try settings.setPending(words) }
        } catch {
            throw ValidationError(error.explanation)
        }
        return settings
    }
}

/// `cardlink-metrics alerts list`.
struct AlertsList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Every alert: name, severity, how long its condition must hold, thresholds.",
        discussion: "Example: cardlink-metrics alerts list --json")

    @OptionGroup var rules: RuleOptions
    @Flag(help: "Print an array of objects.")
    var json = false

    func run() throws {
        let listing = AlertListing(try rules.settings())
        print(json ? try listing.json() : listing.text, terminator: "")
    }
}

/// `cardlink-metrics alerts export`.
struct AlertsExport: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "The rules as a file for rule_files of prometheus.yml.",
        discussion: """
            Example: cardlink-metrics alerts export --threshold apdu-seconds=500ms --output cardlink.rules.yml

            With --compat these are recording rules instead, which give the names of CardLink's design paper \
            (cardlink_sessions_active, cardlink_apdu_duration_seconds) from the probe's; use them beside the alerts.
            """)

    @OptionGroup var rules: RuleOptions
    @Option(help: ArgumentHelp("The scrape job of the probes.", valueName: "name"))
    var job = RuleSettings().job
    @Option(help: ArgumentHelp("Where the runbook is; alerts link to their sections of it.", valueName: "url"))
    var runbookURL = RuleSettings().runbook
    @Option(help: ArgumentHelp("Where Grafana is; alerts link to its dashboards.", valueName: "url"))
    var grafanaURL = RuleSettings().grafana
    @Flag(help: "Recording rules with the names of CardLink's design paper.")
    var compat = false
    @Option(
        help: ArgumentHelp("Write to a file, which is replaced as a whole.", valueName: "file"), completion: .file())
    var output: String?

    func validate() throws {
        for (option, text) in [("--job", job), ("--runbook-url", runbookURL), ("--grafana-url", grafanaURL)] {
            let isPlain = !text.isEmpty && text.allSatisfy { $0.isASCII && !$0.isWhitespace && !"\"'\\{}".contains($0) }
            guard isPlain else {
                throw ValidationError("\(option) cannot be '\(text)': no blanks, quotes, braces, backslashes")
            }
        }
    }

    func run() throws {
        var settings = try rules.settings()
        (settings.job, settings.runbook, settings.grafana) = (job, runbookURL, grafanaURL)
        let text = compat ? RuleFile.compatibility : RuleFile(settings).yaml
        guard let output else { return print(text, terminator: "") }
        try ReplacedFile(output, text: text).commit()
        print("\(output) written; check it with: cardlink-metrics alerts check \(output)")
    }
}

/// `cardlink-metrics alerts check`.
struct AlertsCheck: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Hold a rule file to the probe's metrics: names, labels and their values; 1 when there is a fault.",
        discussion: """
            Example: cardlink-metrics alerts check /etc/prometheus/cardlink.rules.yml

            Without a file it checks the rules that export gives. Whether an expression is one, promtool check rules tells.
            """)

    @Argument(help: "The rule file.", completion: .file())
    var file: String?
    @Option(help: ArgumentHelp("Leave alone what begins so, another exporter's metrics.", valueName: "prefix"))
    var allowMetric: [String] = []
    @Option(help: ArgumentHelp("A label that this Prometheus adds to all series.", valueName: "name"))
    var allowLabel: [String] = []

    func run() throws {
        let known = KnownMetrics(allowedMetrics: allowMetric, allowedLabels: allowLabel)
        let check = RuleFileCheck(try text(), file: file ?? "the rules", known: known)
        for fault in check.faults { say(fault.description) }
        guard check.faults.isEmpty else { throw ExitCode.failure }
        let next = file.map { "; whether its expressions are any, tells: promtool check rules \($0)" } ?? ""
        print("\(file ?? "the rules"): \(check.ruleCount) rules, no fault\(next)")
    }

    private func text() throws -> String {
        guard let file else { return RuleFile(RuleSettings()).yaml }
        return try GivenFile.text(file)
    }
}

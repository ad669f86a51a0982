internal import ArgumentParser
internal import Dashboards
internal import FoundationEssentials
internal import Observability
internal import ProbeEvents

/// `cardlink-metrics dashboards`.
struct DashboardsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dashboards",
        abstract: "Grafana dashboards, 9 and later.",
        discussion: """
            Examples:
              cardlink-metrics dashboards list
              cardlink-metrics dashboards export cardlink-apdu >apdu.json
              cardlink-metrics dashboards export --output /etc/grafana/provisioning/dashboards --provisioning
              cardlink-metrics dashboards check edited.json
            """,
        subcommands: [DashboardsList.self, DashboardsExport.self, DashboardsCheck.self])
}

/// `cardlink-metrics dashboards list`.
struct DashboardsList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Every dashboard: uid, how many panels, what it is for.",
        discussion: "Example: cardlink-metrics dashboards list --json")

    @Flag(help: "Print an array of objects.")
    var json = false

    func run() throws { print(json ? try DashboardListing.json() : DashboardListing.text, terminator: "") }
}

/// `cardlink-metrics dashboards export`.
struct DashboardsExport: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "The JSON that Grafana imports: one printed, or all of them as files.",
        discussion: """
            Examples:
              cardlink-metrics dashboards export cardlink-devices >devices.json
              cardlink-metrics dashboards export --output dashboards --provisioning

            Each dashboard becomes UID.json; a file that is there is replaced as a whole. The same dashboard always gives \
            the same bytes.
            """)

    @Argument(
        help: "Which; without one, all.", completion: .list(DashboardCatalog.all.map(\.uid)))
    var uid: [String] = []
    @Option(
        help: ArgumentHelp("The folder to write to; it is made where it is missing.", valueName: "dir"),
        completion: .directory)
    var output: String?
    @Flag(help: "Write \(Provisioning.fileName) beside them, which has Grafana load them.")
    var provisioning = false
    @Option(
        help: ArgumentHelp(
            "The folder as Grafana sees it, when it runs in a container; else that of --output.", valueName: "dir"))
    var grafanaPath: String?

    func validate() throws {
        for uid in uid where !DashboardCatalog.all.contains(where: { $0.uid == uid }) {
            let nearest = NearestName.of(uid, among: DashboardCatalog.all.map(\.uid))
            let hint = nearest.map { "the nearest is '\($0)'" } ?? "cardlink-metrics dashboards list shows all"
            throw ValidationError("there is no dashboard '\(uid)'; \(hint)")
        }
        guard output == nil else { return }
        guard !provisioning, grafanaPath == nil else {
            throw ValidationError("--provisioning and --grafana-path need --output DIR")
        }
        guard uid.count == 1 else {
            throw ValidationError("name one dashboard to print it, or give --output DIR for more than one")
        }
    }

    func run() throws {
        let chosen = DashboardCatalog.all.filter { uid.isEmpty || uid.contains($0.uid) }
        guard let output else { return print(try chosen[0].json.text(), terminator: "") }
        try makeFolder(output)
        for dashboard in chosen { try write(try dashboard.json.text(), to: "\(output)/\(dashboard.uid).json") }
        if provisioning {
            let folder = grafanaPath ?? URL(filePath: output).standardizedFileURL.path
            try write(Provisioning.text(folder: folder), to: "\(output)/\(Provisioning.fileName)")
        }
    }

    private func makeFolder(_ path: String) throws {
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw FileFault(explanation: "cannot make the folder \(path); give --output a folder that you may write to")
        }
    }

    private func write(_ text: String, to path: String) throws {
        try ReplacedFile(path, text: text).commit()
        print("\(path) written")
    }
}

/// `cardlink-metrics dashboards check`.
struct DashboardsCheck: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Hold dashboards to the probe's metrics, labels and values, and to Grafana's grid; 1 with a fault.",
        discussion: """
            Example: cardlink-metrics dashboards check edited.json

            Without a file it checks the dashboards that export gives. Each fault is a line: file, panel, what is wrong, \
            and the nearest name that there is. Beside names: uids and panel ids that are there twice, panels off the grid \
            or over one another, units and data source variables that are missing.
            """)

    @Argument(help: "Dashboards as Grafana exports them.", completion: .file(extensions: ["json"]))
    var file: [String] = []
    @Option(help: ArgumentHelp("Leave alone what begins so, another exporter's metrics.", valueName: "prefix"))
    var allowMetric: [String] = []
    @Option(help: ArgumentHelp("A label that this Prometheus adds to all series.", valueName: "name"))
    var allowLabel: [String] = []

    func run() throws {
        let known = KnownMetrics(allowedMetrics: allowMetric, allowedLabels: allowLabel)
        let dashboards =
            file.isEmpty ? DashboardCatalog.all.map { (place: $0.uid, json: $0.json) } : try file.map(Self.read)
        let faults = DashboardCheck(known).faults(in: dashboards)
        for fault in faults { say(fault.description) }
        guard faults.isEmpty else { throw ExitCode.failure }
        print("\(dashboards.map(\.place).joined(separator: ", ")): no fault")
    }

    /// A dashboard, or what Grafana's HTTP interface wraps it in.
    private static func read(_ file: String) throws -> (place: String, json: JSON) {
        let text = try GivenFile.text(file, mostBytes: mostBytes)
        guard let json = try? JSON(text: text) else {
            throw FileFault(explanation: "\(file) is no JSON; export it again: in Grafana Share, Export, Save to file")
        }
        return (place: file, json: json["dashboard"] ?? json)
    }

    /// Grafana itself takes no more.
    private static let mostBytes = 16 * 1024 * 1024
}

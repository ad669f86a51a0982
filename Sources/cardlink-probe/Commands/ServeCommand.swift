internal import ArgumentParser
internal import Observability
internal import ProbeDaemon
internal import ProbeEvents

/// `cardlink-probe serve`.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Watch readers and programs, and serve metrics until SIGTERM.",
        discussion: """
            Programs started with cardlink-probe run tell it everything while it listens. Health is answered on port \
            7817 and with the metrics; with --web.listen-address alone it is answered there only.
            """)

    @Option(
        name: .customLong("web.listen-address"),
        help: ArgumentHelp(
            "Where to serve metrics; may be given again (default: 127.0.0.1:7816).", valueName: "host:port"),
        transform: { try ListenAddress(parsing: $0) })
    var web: [ListenAddress] = []

    @Option(
        name: .customLong("web.telemetry-path"),
        help: ArgumentHelp("The path of the metrics.", valueName: "path"))
    var telemetryPath = "/metrics"

    @Option(
        name: .customLong("health.listen-address"),
        help: ArgumentHelp(
            "Where to answer health alone; may be given again (default: 127.0.0.1:7817).", valueName: "host:port"),
        transform: { try ListenAddress(parsing: $0) })
    var health: [ListenAddress] = []

    @Option(
        name: .customLong("web.host"),
        help: ArgumentHelp("A further name that this machine is known by; may be given again.", valueName: "name"))
    var hostNames: [String] = []

    @OptionGroup var place: RuntimeDirectoryOption

    func validate() throws {
        let taken = ["/", "/health", "/health/live", "/health/ready"]
        let isPath = telemetryPath.hasPrefix("/") && !telemetryPath.contains { "?# ".contains($0) }
        guard isPath, !taken.contains(telemetryPath) else {
            throw ValidationError(
                "--web.telemetry-path '\(telemetryPath)' is no free path; it begins with / and is none of: "
                    + taken.joined(separator: ", "))
        }
    }

    func run() async throws {
        var options = Daemon.Options(web: web, health: health)
        options.telemetryPath = telemetryPath
        options.hostNames = hostNames
        options.runtimeDirectory = place.runtimeDir
        do {
            try await Daemon(options).run()
        } catch let error as any ExplainedError {
            throw fail(error)
        }
    }
}

internal import ArgumentParser
internal import DaemonClient
internal import Observability

/// `cardlink-metrics health`.
struct HealthCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "health",
        abstract: "Tell how the probe is, and what to do about it.",
        discussion: """
            Exit status: 0 healthy or degraded, as /health answers 200 to both; 1 unhealthy or not known; 69 no answer.

            Example: cardlink-metrics health --verbose
            Example: cardlink-metrics health >/dev/null || systemctl restart cardlink-probe
            """)

    @OptionGroup var probe: ProbeOptions
    @OptionGroup var colour: ColourOption

    @Flag(help: "Show every check, and how long it took.")
    var verbose = false

    @Flag(help: "Print the probe's own document.")
    var json = false

    func run() async throws {
        let connection = try await probe.connection()
        let health = try await ProbeClient.with(connection) { try await $0.health() }
        if json {
            Output.write(health.bytes)
        } else {
            let text = HealthText(health.value, columns: Output.columns, isColoured: colour.isColoured)
            Output.write(text.lines(isVerbose: verbose).map { $0 + "\n" }.joined())
        }
        switch health.value.status {
        case .healthy, .degraded: return
        case .unhealthy, .unknown: throw ExitCode(1)
        }
    }
}

internal import ArgumentParser
internal import Dispatch
internal import Glibc
internal import ProbeDaemon
internal import ProbeEvents

/// The command `cardlink-probe`.
struct CardlinkProbe: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cardlink-probe",
        abstract: "Sees what programs say to smart cards, and tells it.",
        discussion: """
            Exit status: 0 success, 1 a bad result, 64 wrong usage, 69 something is not there or does not answer. \
            run ends as its program ends; its own failures are 125, 126 and 127, as env has them.
            """,
        version: "cardlink-probe \(ProbeVersion.current)",
        subcommands: [RunCommand.self, ServeCommand.self, ReadersCommand.self, Simulate.self])
}

@main
enum Main {
    static func main() {
        // Before the first thread is made, so that none takes a signal that a wrapped program is to be handed.
        if CommandLine.arguments.dropFirst().first == RunCommand.configuration.commandName { RunCommand.takeSignals() }
        Task {
            await CardlinkProbe.main()
            exit(0)
        }
        dispatchMain()
    }
}

/// An end with one line on standard error and an exit status.
func fail(_ error: any Error, code: Int32 = 69) -> ExitCode {
    Terminal.say("\(error)")
    return ExitCode(code)
}

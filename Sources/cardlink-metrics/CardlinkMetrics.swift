internal import ArgumentParser
internal import Glibc
internal import Observability
internal import ProbeEvents

/// The command `cardlink-metrics`.
@main
struct CardlinkMetrics: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cardlink-metrics",
        abstract: "Asks about the probe's metrics and sets its configuration.",
        discussion: """
            Exit status: 0 success, 1 a bad result, 64 wrong usage, 69 something is not there or cannot be written, \
            78 a fault in the configuration.
            """,
        version: "cardlink-metrics \(ProbeVersion.current)",
        subcommands: [ConfigCommand.self])

    static func main() async {
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch let error as ConfigError {
            for fault in error.faults { say(fault.line) }
            Glibc.exit(error.isUsage ? ExitCode.validationFailure.rawValue : 78)
        } catch let error as UnknownKey {
            say(error.explanation)
            Glibc.exit(ExitCode.validationFailure.rawValue)
        } catch let error as any ExplainedError {
            say(error.explanation)
            Glibc.exit(69)
        } catch {
            end(with: error)
        }
    }

    /// Help and the version as they are; what is wrong with the arguments in one line.
    private static func end(with error: any Error) -> Never {
        let code = exitCode(for: error)
        guard code != .success, !(error is ExitCode) else { exit(withError: error) }
        let message = message(for: error).split(whereSeparator: \.isNewline).joined(separator: " ")
        say("\(message); see: cardlink-metrics --help")
        Glibc.exit(code.rawValue)
    }
}

/// Writes one line of the program's own to standard error.
func say(_ line: String) {
    let bytes = Array("cardlink-metrics: \(line)\n".utf8)
    _ = write(STDERR_FILENO, bytes, bytes.count)
}

internal import ArgumentParser
internal import DaemonClient
internal import Dispatch
internal import Glibc
internal import Observability
internal import ProbeEvents

/// The command `cardlink-metrics`.
struct CardlinkMetrics: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cardlink-metrics",
        abstract: "Asks about the probe's metrics and sets its configuration.",
        discussion: """
            Exit status: 0 success, 1 a bad result, 64 wrong usage, 69 something is not there or cannot be written, \
            78 a fault in the configuration.

            Example: cardlink-metrics status --watch
            """,
        version: "cardlink-metrics \(ProbeVersion.current)",
        subcommands: [
            StatusCommand.self, ExportCommand.self, HealthCommand.self, TestCommand.self, ConfigCommand.self,
            DashboardsCommand.self, AlertsCommand.self, HistoryCommand.self, CompareCommand.self,
        ])
}

@main
enum Main {
    static func main() {
        // Not an asynchronous main, whose threads take every signal.
        let isDone = DispatchSemaphore(value: 0)
        Task.detached {
            await run()
            isDone.signal()
        }
        isDone.wait()
    }

    private static func run() async {
        do {
            var command = try CardlinkMetrics.parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
            Output.flush()
        } catch let error as ConfigError {
            for fault in error.faults { say(fault.line) }
            exit(error.isUsage ? ExitCode.validationFailure.rawValue : 78)
        } catch let error as any UsageError {
            say(error.explanation)
            exit(ExitCode.validationFailure.rawValue)
        } catch let error as any ExplainedError {
            say(error.explanation)
            exit(69)
        } catch {
            end(with: error)
        }
    }

    /// Help and the version as they are; what is wrong with the arguments in one line.
    private static func end(with error: any Error) -> Never {
        let code = CardlinkMetrics.exitCode(for: error)
        if error is ExitCode { Output.flush() }
        guard code != .success, !(error is ExitCode) else { CardlinkMetrics.exit(withError: error) }
        let message = CardlinkMetrics.message(for: error).onOneLine
        say("\(message.hasSuffix(".") ? String(message.dropLast()) : message); see: \(commandName) --help")
        exit(code.rawValue)
    }

    /// The command that was meant, as far as there is one.
    private static var commandName: String {
        var name = "cardlink-metrics"
        var known = CardlinkMetrics.configuration.subcommands
        for word in CommandLine.arguments.dropFirst() {
            guard let next = known.first(where: { $0._commandName == word }) else { break }
            name += " " + word
            known = next.configuration.subcommands
        }
        return name
    }
}

/// An error in the words of a command.
protocol UsageError: ExplainedError {}

extension UnknownKey: UsageError {}
extension ProbeAddressError: UsageError {}

extension String {
    fileprivate var onOneLine: String { split(whereSeparator: \.isNewline).joined(separator: " ") }
}

/// Writes one line of the program's own to standard error.
func say(_ line: String) {
    let bytes = Array("cardlink-metrics: \(line)\n".utf8)
    _ = write(STDERR_FILENO, bytes, bytes.count)
}

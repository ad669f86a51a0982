internal import ArgumentParser
internal import CProbe
internal import Dispatch
@preconcurrency internal import Glibc
internal import ProbeDaemon
internal import ProbeEvents

/// The command `cardlink-probe`.
struct CardlinkProbe: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cardlink-probe",
        abstract: "Sees what programs say to smart cards, and tells it.",
        discussion: """
            Exit status: 0 success, 1 a bad result, 64 wrong usage, 69 something is not there or does not answer, \
            78 a fault in a file. run ends as its program ends; its own failures are 125, 126 and 127, as env has them.
            """,
        version: "cardlink-probe \(ProbeVersion.current)",
        subcommands: [
            RunCommand.self, ServeCommand.self, ReadersCommand.self, ModemsCommand.self, DoctorCommand.self,
            EventsCommand.self, ReplayCommand.self, ExplainCommand.self, Simulate.self,
        ])
}

@main
enum Main {
    static func main() {
        process_use_two_arenas()
        // Before the first thread is made, so that none takes a signal that a wrapped program is to be handed.
        if CallWords.texts.first == RunCommand.configuration.commandName { RunCommand.noteOrigin() }
        // Not `dispatchMain`, which makes a thread that takes every signal.
        let isDone = DispatchSemaphore(value: 0)
        Task.detached {
            await run()
            isDone.signal()
        }
        isDone.wait()
    }

    private static func run() async {
        do {
            var command = try CardlinkProbe.parseAsRoot(CallWords.texts)
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
            flush()
        } catch {
            let code = CardlinkProbe.exitCode(for: error)
            if error is ExitCode { flush() }
            // Help, the version, and what a command has said already.
            guard code != .success, !(error is ExitCode) else { CardlinkProbe.exit(withError: error) }
            Terminal.say(line(for: error))
            exit(code.rawValue)
        }
    }

    /// Writes what was printed and waits. What a wrapped program ends with goes before.
    private static func flush() {
        let isFlushed = fflush(stdout) == 0
        let reason = isFlushed ? "not all of it was taken" : String(cString: strerror(errno))
        guard !isFlushed || ferror(stdout) != 0, CallWords.texts.first != RunCommand.configuration.commandName
        else { return }
        Terminal.say("cannot write: \(reason); write to another place")
        exit(69)
    }

    /// What is wrong with the arguments, in one line, and where help is.
    private static func line(for error: any Error) -> String {
        var command = "cardlink-probe"
        var known = CardlinkProbe.configuration.subcommands
        for word in CallWords.texts {
            guard let next = known.first(where: { $0._commandName == word }) else { break }
            command += " " + word
            known = next.configuration.subcommands
        }
        let message = CardlinkProbe.message(for: error).split(whereSeparator: \.isNewline).joined(separator: " ")
        return "\(message.hasSuffix(".") ? String(message.dropLast()) : message); see: \(command) --help"
    }
}

/// An end with one line on standard error and an exit status.
func fail(_ error: any Error, code: Int32 = 69) -> ExitCode {
    Terminal.say("\(error)")
    return ExitCode(code)
}

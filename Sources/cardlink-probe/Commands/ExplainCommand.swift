internal import ArgumentParser
internal import Observability
internal import ProbeDaemon

/// `cardlink-probe explain`.
struct ExplainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Tell in ten lines what a fault was, and why.",
        discussion: """
            A fault on the bench leaves a file with the last events of its device and session, where cardlink-probe serve \
            watches; status, the live page and the log name it. Without a file the last one is told. A cause is certain when \
            something that was seen says so, likely when what was seen goes well with it; what was not seen is not guessed.

            Exit status: 0 success, 69 there is no such file, 78 it is none of a fault.

            Example: cardlink-probe explain
            Example: cardlink-probe explain 2026-11-29T03-00-12.345Z-card-acs-acr39u.ndjson --json
            """)

    @Flag(help: "Print JSON.")
    var json = false

    @Flag(help: "List the files by name, the newest first.")
    var list = false

    @Option(
        help: ArgumentHelp(
            "The folder of the files; without a word CARDLINK_FLIGHTS_PATH says it, else it is in the state directory.",
            valueName: "dir"), completion: .directory)
    var folder: String?

    @Argument(help: "The file, by path or by its name in the folder.", completion: .file())
    var file: String?

    func run() async throws {
        let place = if let folder { FlightFolder(path: folder) } else { await FlightFolder.ofEnvironment() }
        if list {
            for name in place.names.reversed() { print(name) }
            return
        }
        do throws(FlightReadError) {
            let explanation = FlightExplanation(try FlightFile(at: try place.path(of: file)))
            if json { return print(String(decoding: explanation.json(), as: UTF8.self), terminator: "") }
            for line in explanation.lines(columns: Terminal.size?.columns ?? 80) { print(line) }
        } catch {
            throw fail(error, code: error.isContent ? 78 : 69)
        }
    }
}

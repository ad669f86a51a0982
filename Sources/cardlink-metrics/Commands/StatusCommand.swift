internal import ArgumentParser
internal import DaemonClient
internal import Glibc
internal import Observability

/// `cardlink-metrics status`.
struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show what is on the bench: sources, devices, sessions, commands and faults.",
        discussion: """
            With --watch it is drawn again and again, as top does, until q or Ctrl-C; into a pipe, one after the other.

            Example: cardlink-metrics status --watch 1s
            Example: cardlink-metrics status --url https://bench-7:7816 --user ops --json
            """)

    @OptionGroup var probe: ProbeOptions
    @OptionGroup var colour: ColourOption

    @Option(
        defaultAsFlag: "2s",
        help: ArgumentHelp("Show it again every 2 s, or so often, from 100ms to 1h.", valueName: "time"))
    var watch: String?

    @Option(
        help: ArgumentHelp("Show what status --json saved, in place of a probe.", valueName: "file"),
        completion: .file())
    var file: String?

    @Flag(help: "Print the probe's own document; with --watch, one a line.")
    var json = false

    /// How often; what is no time is told.
    private func interval() throws -> Duration? {
        // Read here: the parser takes what a `transform` refuses for a word of its own.
        try watch.map { try OptionText.time($0, .milliseconds(100)...(.seconds(3_600))) }
    }

    func validate() throws {
        _ = try interval()
        if file != nil, watch != nil || probe.url != nil {
            throw ValidationError("--file shows what was saved once; leave --watch and --url away")
        }
    }

    func run() async throws {
        if let file { return show(try BenchDocument.status(try GivenFile.page(file), from: file)) }
        let connection = try await probe.connection()
        guard let interval = try interval() else {
            return show(try await ProbeClient.with(connection) { try await $0.status() })
        }
        if !json, isatty(STDOUT_FILENO) == 1 {
            try await StatusWatch(connection, every: interval, isColoured: colour.isColoured).run()
        } else {
            try await repeated(connection, every: interval)
        }
    }

    /// One below the other, until the reader or the probe goes.
    private func repeated(_ connection: ProbeConnection, every interval: Duration) async throws {
        try await ProbeClient.with(connection) { client in
            while true {
                let status = try await client.status().value
                Output.write(json ? BenchDocument.line(status) + "\n" : text(status) + "\n")
                try await Task.sleep(for: interval)
            }
        }
    }

    private func show(_ document: ProbeClient.Document<BenchStatus>) {
        if json { Output.write(document.bytes) } else { Output.write(text(document.value)) }
    }

    /// On a terminal as wide as that, else on 80 columns.
    private func text(_ status: BenchStatus) -> String {
        let columns = Output.columns ?? 80
        return StatusScreen(status, columns: columns, isColoured: colour.isColoured).lines.map { $0 + "\n" }.joined()
    }
}

internal import ArgumentParser
internal import FoundationEssentials
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
            7817 and with the metrics; with --web.listen-address alone it is answered there only. Each option is a key \
            of the configuration file, too, and an environment variable: options go before variables, and these before \
            the file. SIGHUP makes it read the file again.

            Example: cardlink-probe serve
            Example: cardlink-probe serve --config probe.yaml --web.listen-address :7816
            Example: cardlink-probe serve --capture.file bench.pcapng --capture.gsmtap 127.0.0.1:4729
            """)

    @Option(help: ArgumentHelp("The configuration file, in YAML.", valueName: "file"), completion: .file())
    var config: String?

    @OptionGroup var options: ServeOptions

    func run() async throws {
        let sources = ConfigSources(
            file: config, environment: ProcessInfo.processInfo.environment, options: options.byPath)
        do {
            try await Daemon(try await sources.load(), from: sources).run()
        } catch let error as ConfigError {
            for fault in error.faults { Terminal.say(error.isUsage ? "\(fault.line); see: \(Self.help)" : fault.line) }
            throw ExitCode(error.isUsage ? ExitCode.validationFailure.rawValue : 78)
        } catch let error as any ExplainedError {
            throw fail(error)
        }
    }

    private static let help = "cardlink-probe serve --help"
}

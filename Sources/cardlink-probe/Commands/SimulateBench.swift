internal import ArgumentParser
internal import BenchSimulator
internal import Glibc

/// `cardlink-probe simulate bench`: a pcscd with readers and cards that only its own clients see.
struct SimulateBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "A pcscd of its own with virtual readers and cards, for one command or until stopped.",
        usage: "cardlink-probe simulate bench [<options>] [-- <command> ...]",
        discussion: """
            The command finds the bench by PCSCLITE_CSOCK_NAME in its environment; it keeps this process's id, terminal \
            and descriptors, and the bench is gone when it ends. Without a command the line to set is printed. vpcd lists \
            its readers in pairs: with an odd number of cards the last reader is empty.

            The control socket takes a line each: status, insert [SLOT], remove [SLOT], kill-pcscd, stop-pcscd, \
            start-pcscd; and answers ok or error.

            Exit: that of the command, 126 when it cannot be run, 127 when it is not found; 64 a wrong option; 69 \
            pcscd, vpcd or namespaces are not to be had; 78 a fault in a script; 1 anything else.

            Example: cardlink-probe simulate bench -- cardlink-probe run -- opensc-tool --name
            """)

    @OptionGroup var bench: BenchFlags

    @Argument(parsing: .postTerminator, help: "The program to run on the bench, and its arguments.")
    var command: [String] = []

    func run() async throws {
        try await endingWell { () async throws(SimulatorError) in
            let options = bench.options
            let running = try BenchLauncher.start(
                options, keeper: ["simulate", SimulateBenchKeeper.name] + BenchFlags.words(of: options))
            guard command.isEmpty else { try running.become(CallWords.last(command.count)) }
            print("export \(RunningBench.variable)=\(running.socket)")
            fflush(nil)
            try await running.keep()
        }
    }
}

/// `cardlink-probe simulate bench-keeper`: the process that a bench lives in; started by `bench` only.
struct SimulateBenchKeeper: AsyncParsableCommand {
    static let name = "bench-keeper"
    static let configuration = CommandConfiguration(commandName: name, shouldDisplay: false)

    @OptionGroup var bench: BenchFlags

    func run() async throws {
        throw ExitCode(await BenchKeeper.run(bench.options))
    }
}

/// The options of a bench, as its starter takes them and its keeper gets them.
struct BenchFlags: ParsableArguments {
    @Option(
        name: .customLong("script"),
        help: ArgumentHelp(
            "A card in YAML; again for the next reader's card.", valueName: "file"), completion: .file())
    var scripts: [String] = []

    @Option(help: "Readers that have a card, 1 to 16.")
    var readers = 1

    @Option(
        help: ArgumentHelp("Appends each command and answer of the cards to this file.", valueName: "file"),
        completion: .file())
    var log: String?

    @Option(
        help: ArgumentHelp("Appends pcscd's debug output, with APDUs, to this file.", valueName: "file"),
        completion: .file())
    var pcscdLog: String?

    @Option(help: ArgumentHelp("Listens here for commands.", valueName: "socket"))
    var control: String?

    func validate() throws {
        guard (1...BenchOptions.mostReaders).contains(readers), scripts.count <= BenchOptions.mostReaders else {
            throw ValidationError("--readers must be 1 to \(BenchOptions.mostReaders), and so the number of scripts.")
        }
    }

    var options: BenchOptions {
        var options = BenchOptions()
        options.scripts = scripts.map(absolutePath)
        options.readers = readers
        options.log = log.map(absolutePath)
        options.pcscdLog = pcscdLog.map(absolutePath)
        options.control = control.map(absolutePath)
        return options
    }

    /// The options as words that parse to the same again.
    static func words(of options: BenchOptions) -> [String] {
        var words = ["--readers=\(options.readers)"] + options.scripts.map { "--script=\($0)" }
        words += options.log.map { ["--log=\($0)"] } ?? []
        words += options.pcscdLog.map { ["--pcscd-log=\($0)"] } ?? []
        words += options.control.map { ["--control=\($0)"] } ?? []
        return words
    }
}

internal import ArgumentParser
internal import BenchSimulator

/// `cardlink-probe simulate modem`: an AT modem on a pseudo terminal.
struct SimulateModem: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "modem",
        abstract: "A virtual AT modem on a pseudo terminal, with a card in it, until stopped.",
        discussion: """
            The control socket takes a line each: status, say TEXT, unplug [MILLISECONDS], plug, silent on, silent off; \
            and answers ok or error. The log has what came and went, as bytes and as commands.

            Exit: 0 stopped by SIGINT, SIGTERM or SIGHUP; 64 a wrong option; 78 a fault in the script; 1 anything else.

            Example: cardlink-probe simulate modem --profile quectel-ec25 --link /tmp/modem
            """)

    @Option(help: ArgumentHelp("The name under which the terminal is found.", valueName: "path"), completion: .file())
    var link = "cardlink-modem"

    @Option(
        help: ArgumentHelp("What the modem is and how it misbehaves, in YAML.", valueName: "file"), completion: .file())
    var script: String?

    @Option(
        help: ArgumentHelp("The kind of modem, in place of the script's: \(ModemProfile.names).", valueName: "name"),
        completion: .list(ModemProfile.allNames))
    var profile: String?

    @Option(
        help: ArgumentHelp("Appends all that goes over the port to this file.", valueName: "file"), completion: .file())
    var log: String?

    @Option(help: ArgumentHelp("Listens here for commands.", valueName: "socket"))
    var control: String?

    func validate() throws {
        guard profile.map({ ModemProfile.named($0) != nil }) ?? true else {
            throw ValidationError("--profile must be one of \(ModemProfile.names).")
        }
    }

    func run() async throws {
        try await endingWell { () throws(SimulatorError) in
            var modem = ModemProcess()
            if let script { modem.script = try ModemScriptReader.read(path: script) }
            if let profile = profile.flatMap(ModemProfile.named) { modem.script.profile = profile }
            modem.link = link
            modem.log = log
            modem.control = control
            try await modem.run()
        }
    }
}

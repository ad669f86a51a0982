internal import ArgumentParser
internal import BenchSimulator

/// `cardlink-probe simulate card`: one card in a reader of a vpcd that is already there.
struct SimulateCard: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "card",
        abstract: "Puts a virtual card into a virtual reader of this machine's pcscd (vsmartcard-vpcd), until stopped.",
        discussion: """
            The control socket takes a line each: status, insert, remove; and answers ok or error.

            Exit: 0 stopped by SIGINT, SIGTERM or SIGHUP; 64 a wrong option; 78 a fault in the script; 1 anything else.

            Example: cardlink-probe simulate card --script examples/cards/slow-and-failing.yaml
            """)

    @Option(
        help: ArgumentHelp("What the card is and how it misbehaves, in YAML.", valueName: "file"), completion: .file())
    var script: String?

    @Option(help: "The host that vpcd listens on.")
    var host = "127.0.0.1"

    @Option(help: "The port of the reader.")
    var port: Int?

    @Option(help: "The reader, counted from 0, in place of the port (35963 for the first).")
    var slot: Int?

    @Option(help: ArgumentHelp("Listens here for commands.", valueName: "socket"))
    var control: String?

    @Option(help: ArgumentHelp("Appends each command and answer to this file.", valueName: "file"), completion: .file())
    var log: String?

    @Option(help: ArgumentHelp("The ATR, in place of the script's.", valueName: "hex"))
    var atr: String?

    func validate() throws {
        guard port == nil || slot == nil else { throw ValidationError("Use either --port or --slot.") }
        guard (1...65_535).contains(port ?? 1) else { throw ValidationError("--port must be 1 to 65535.") }
        guard (0...15).contains(slot ?? 0) else { throw ValidationError("--slot must be 0 to 15.") }
        guard atr.map({ CardScript.atr(hexadecimal: $0) != nil }) ?? true else {
            throw ValidationError("--atr must be 2 to 33 bytes in hexadecimal and begin with 3B or 3F.")
        }
    }

    func run() async throws {
        try await endingWell { () throws(SimulatorError) in
            var card = CardProcess()
            if let script { card.script = try CardScriptReader.read(path: script) }
            if let atr = atr.flatMap(CardScript.atr(hexadecimal:)) { card.script.atr = atr }
            card.host = host
            card.port = port ?? VPCDClient.firstPort + (slot ?? 0)
            card.log = log
            card.control = control
            try await card.run()
        }
    }
}

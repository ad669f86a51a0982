internal import ArgumentParser
internal import FoundationEssentials
internal import ProbeDaemon

/// `cardlink-probe modems`.
struct ModemsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "modems",
        abstract: "Show the modems of this machine, who uses their ports, and what they answer.",
        discussion: """
            A port that nobody has open is asked for the modem's model, card, registration, operator and signal; the best \
            one is the second AT port, which connection managers leave alone. Nothing is sent that changes what the modem \
            does.

            Exit status: 0 when a modem answers, 1 when none does, 64 wrong usage.

            Example: cardlink-probe modems
            Example: cardlink-probe modems /dev/ttyUSB2 --json
            """)

    @Argument(
        help: ArgumentHelp("Serial ports to ask, in place of those on USB.", valueName: "port"), completion: .file())
    var ports: [String] = []

    @Flag(help: "Look only: open no port.")
    var noAsk = false

    @Option(help: "Bits per second, for a port to which it matters.")
    var speed: UInt32 = 115_200

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        guard (50...4_000_000).contains(speed) else { throw ValidationError("--speed must be 50 to 4000000.") }
    }

    func run() async throws {
        let overview = await ModemOverview.take(ports: ports, isAsking: !noAsk, speed: speed)
        print(json ? try Self.json(of: overview) : overview.modems.isEmpty ? "" : overview.table, terminator: "")
        if overview.modems.isEmpty {
            Terminal.say("no modem on USB; plug one in, or name its port: cardlink-probe modems /dev/ttyS0")
            throw ExitCode(1)
        }
        guard noAsk || overview.modems.contains(where: { $0.state == .answers }) else { throw ExitCode(1) }
    }

    private static func json(of overview: ModemOverview) throws -> String {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(overview), as: UTF8.self) + "\n"
    }
}

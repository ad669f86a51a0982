internal import ArgumentParser
internal import BenchSimulator

/// `cardlink-probe simulate`: cards, readers and modems that are not there.
struct Simulate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Virtual cards, readers and modems, for tests and first steps without hardware.",
        discussion: "Example: cardlink-probe simulate bench -- cardlink-probe run -- opensc-tool --name",
        subcommands: [SimulateCard.self, SimulateBench.self, SimulateModem.self, SimulateBenchKeeper.self])
}

/// Says an error in one line on stderr and ends with the exit code that it asks for.
func endingWell<Result>(_ work: () async throws(SimulatorError) -> Result) async throws -> Result {
    do throws(SimulatorError) {
        return try await work()
    } catch {
        tell(error.explanation)
        throw ExitCode(error.exitCode)
    }
}

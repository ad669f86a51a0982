internal import ArgumentParser
internal import FoundationEssentials
internal import Glibc
internal import Observability
internal import ProbeDaemon

/// `cardlink-probe doctor`.
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Look for what keeps the probe from working, and say what to do.",
        usage: "cardlink-probe doctor [OPTIONS] [PROGRAM]",
        discussion: """
            Looks at the PC/SC library, the shim, pcscd, readers, modems, sockets and ports; with a program, whether it \
            can be seen; with the configuration of serve, by file or environment, at what its relays for TLS need. Each \
            line says what was looked at and what was found, below it what to do.

            Exit status: 0 nothing is at fault, 1 something is.

            Example: cardlink-probe doctor opensc-tool
            Example: cardlink-probe doctor --config probe.yaml
            """)

    @Flag(help: "Print JSON.")
    var json = false

    @Option(
        help: ArgumentHelp("Write a file for a bug report; it holds no secrets.", valueName: "file"),
        completion: .file())
    var bundle: String?

    @Option(help: ArgumentHelp("The configuration file of serve, in YAML.", valueName: "file"))
    var config: String?

    @OptionGroup var place: RuntimeDirectoryOption

    @Argument(help: "A program that is to be seen.", completion: .file())
    var program: String?

    func run() async throws {
        var request = Doctor.Request()
        request.runtimeDirectory = place.runtimeDir
        request.program = program
        do {
            let sources = ConfigSources(file: config, environment: ProcessInfo.processInfo.environment)
            request.settings = try await sources.load()
        } catch {
            request.configurationFaults = error.faults.map(\.line)
        }
        let findings = await Doctor(request).examine()
        print(json ? try Self.json(of: findings) : Doctor.text(of: findings), terminator: "")
        if let bundle {
            do {
                try DoctorBundle(findings).write(to: bundle)
            } catch {
                throw fail(error)
            }
        }
        if findings.contains(where: { $0.state == .fault }) { throw ExitCode(1) }
    }

    private static func json(of findings: [Finding]) throws -> String {
        String(decoding: try DoctorBundle.encoder.encode(["findings": findings]), as: UTF8.self) + "\n"
    }
}

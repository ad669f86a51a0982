internal import ArgumentParser
internal import FoundationEssentials
internal import Glibc
internal import ProbeDaemon

/// `cardlink-probe doctor`.
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Look for what keeps the probe from working, and say what to do.",
        usage: "cardlink-probe doctor [OPTIONS] [PROGRAM]",
        discussion: """
            Looks at the PC/SC library, the shim, pcscd, readers, modems, sockets and ports; with a program, whether it \
            can be seen. Each line says what was looked at and what was found, below it what to do.

            Exit status: 0 nothing is at fault, 1 something is.
            """)

    @Flag(help: "Print JSON.")
    var json = false

    @Option(help: ArgumentHelp("Write a file for a bug report; it holds no secrets.", valueName: "file"))
    var bundle: String?

    @OptionGroup var place: RuntimeDirectoryOption

    @Argument(help: "A program that is to be seen.")
    var program: String?

    func run() async throws {
        var request = Doctor.Request()
        request.runtimeDirectory = place.runtimeDir
        request.program = program
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

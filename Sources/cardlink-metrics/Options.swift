internal import ArgumentParser
internal import DaemonClient
internal import FoundationEssentials
internal import Glibc
internal import Observability
internal import ProbeEvents

/// Which probe is asked, and as whom.
struct ProbeOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The probe's address (default: where the configuration lets serve listen, http://127.0.0.1:7816).",
            valueName: "address"))
    var url: String?

    @OptionGroup var file: ConfigFileOption

    @Option(
        help: ArgumentHelp(
            "A user of the probe's web.config_file. The password is read from --password-file, else from the variable "
                + "CARDLINK_PASSWORD, else it is asked for on the terminal.", valueName: "name"))
    var user: String?

    @Option(
        help: ArgumentHelp("A file whose first line is the password.", valueName: "file"), completion: .file())
    var passwordFile: String?

    @Option(
        help: ArgumentHelp(
            "Certificates in PEM, one of which signed the probe's (default: those that the system trusts).",
            valueName: "file"), completion: .file())
    var cacert: String?

    @Option(
        help: ArgumentHelp("Our own certificate in PEM, for a probe that asks for one.", valueName: "file"),
        completion: .file())
    var cert: String?

    @Option(help: ArgumentHelp("Its key in PEM.", valueName: "file"), completion: .file())
    var key: String?

    @Flag(help: "Take any certificate of the probe's; this is told each time.")
    var insecure = false

    @Option(
        help: ArgumentHelp("How long an answer may take, from 100ms to 10m.", valueName: "time"),
        transform: { text in try OptionText.time(text, .milliseconds(100)...(.seconds(600))) })
    var timeout = Duration.seconds(5)

    func validate() throws {
        if (cert == nil) != (key == nil) {
            throw ValidationError("--cert and --key go together; give both")
        }
        if passwordFile != nil, user == nil {
            throw ValidationError("--password-file needs --user; give the name as well")
        }
        if let user, user.contains(":") || user.isEmpty {
            throw ValidationError("--user '\(user)' is no name: HTTP has none that is empty or has a colon; correct it")
        }
    }

    /// All of it, with the configuration.
    func connection() async throws -> ProbeConnection { try connection(try await file.load()) }

    /// The same with a configuration that has been read.
    func connection(_ settings: Settings) throws -> ProbeConnection {
        let address =
            try url.map { try ProbeAddress(parsing: $0, metricsPath: settings[\.metricsPath]) }
            ?? ProbeAddress(settings)
        if !address.isSecure, let option = tlsOption {
            throw MisplacedOption(option: option, url: address.base)
        }
        if insecure { say("\(address.base): whoever answers is taken for the probe (--insecure)") }
        return ProbeConnection(
            address: address, credentials: try user.map(credentials),
            tls: ClientTLS(authority: cacert, certificate: cert, key: key, isUnchecked: insecure), timeout: timeout)
    }

    private var tlsOption: String? {
        cacert != nil ? "--cacert" : cert != nil ? "--cert" : insecure ? "--insecure" : nil
    }

    private func credentials(_ user: String) throws -> ProbeCredentials {
        if let passwordFile { return ProbeCredentials(user: user, password: try PasswordText.inFile(passwordFile)) }
        if let text = ProcessInfo.processInfo.environment["CARDLINK_PASSWORD"], !text.isEmpty {
            return ProbeCredentials(user: user, password: text)
        }
        return ProbeCredentials(user: user, password: try PasswordText.typed(for: user))
    }
}

/// An option for TLS beside an address without.
struct MisplacedOption: UsageError {
    let option: String
    let url: String

    var explanation: String { "\(option) is for TLS, and \(url) has none; write --url with https://, or leave it away" }
}

/// Colours, as every command has them.
struct ColourOption: ParsableArguments {
    enum Choice: String, ExpressibleByArgument, CaseIterable {
        case always, auto, never
    }

    @Option(help: "When to use colours; auto heeds NO_COLOR.")
    var color = Choice.auto

    /// Whether to colour standard output.
    var isColoured: Bool {
        switch color {
        case .always: true
        case .never: false
        case .auto: TerminalColour.isWanted(on: STDOUT_FILENO)
        }
    }
}

/// Values of options that are texts of their own.
enum OptionText {
    /// A length of time; a number alone is of seconds.
    static func time(_ text: String, _ range: ClosedRange<Duration>) throws -> Duration {
        guard let time = DurationText.duration(text, bareSeconds: true), range.contains(time) else {
            let bounds = "\(DurationText.text(range.lowerBound)) to \(DurationText.text(range.upperBound))"
            throw ValidationError("'\(text)' is no time from \(bounds); write one as in 2s or 500ms")
        }
        return time
    }
}

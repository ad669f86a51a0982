internal import ArgumentParser
internal import FoundationEssentials
internal import Observability
internal import WebConfigFile

/// `cardlink-metrics config`.
struct ConfigCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Show, check and set what cardlink-probe serve reads.",
        discussion: "Example: cardlink-metrics config show --config probe.yaml",
        subcommands: [ConfigShow.self, ConfigGet.self, ConfigSet.self, ConfigValidate.self, ConfigExplain.self])
}

/// Where the configuration is read from.
struct ConfigFileOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The configuration file, as serve is given it; else the environment and the defaults alone.",
            valueName: "file"), completion: .file())
    var config: String?

    /// The file and this environment.
    func load() async throws -> Settings {
        let settings = try await ConfigSources(file: config, environment: ProcessInfo.processInfo.environment).load()
        for line in settings.warnings { say(line) }
        return settings
    }
}

/// A key of the table.
struct ConfigKeyArgument: ParsableArguments {
    @Argument(
        help: "The key, as in metrics.port; config show has them all.",
        completion: .list(ConfigKeys.table.rows.map(\.path)))
    var key: String

    /// Its row.
    func row() throws -> SettingFacts { try ConfigKeys.table.row(key) }
}

/// `cardlink-metrics config show`.
struct ConfigShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Every key, its value, and where that is from.",
        discussion: "Example: cardlink-metrics config show --config probe.yaml --json")

    @OptionGroup var file: ConfigFileOption
    @Flag(help: "Print an array of objects.")
    var json = false

    func run() async throws {
        let listing = ConfigListing(try await file.load())
        print(json ? try listing.json() : listing.text, terminator: "")
    }
}

/// `cardlink-metrics config get`.
struct ConfigGet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "get", abstract: "The value of one key; a line for each part of a list.",
        discussion: "Example: cardlink-metrics config get metrics.port")

    @OptionGroup var key: ConfigKeyArgument
    @OptionGroup var file: ConfigFileOption
    @Flag(help: "Print a JSON value.")
    var json = false

    func run() async throws {
        let row = try key.row()
        let listing = ConfigListing(try await file.load())
        print(json ? try listing.json(of: row) : listing.value(of: row), terminator: "")
    }
}

/// `cardlink-metrics config set`.
struct ConfigSet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set", abstract: "Set one key in a file; its comments, order, mode and owner stay.",
        discussion: """
            The file is made where it is missing, and stays as it was when it would have a fault.

            Example: cardlink-metrics config set health.timeout 2s --config probe.yaml
            """)

    @OptionGroup var key: ConfigKeyArgument
    @Argument(
        help: "The value; of a list, several.", completion: .custom { words, _, _ in ConfigSet.values(after: words) })
    var values: [String]
    @Option(help: ArgumentHelp("The configuration file.", valueName: "file"), completion: .file())
    var config: String

    /// What may stand behind the key that is among these words, where that is a list.
    private static func values(after words: [String]) -> [String] {
        ConfigKeys.table.rows.first { words.contains($0.path) }?.words ?? []
    }

    func run() async throws { print(try await ConfigEdit(try key.row(), to: values).write(to: config)) }
}

/// `cardlink-metrics config validate`.
struct ConfigValidate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate", abstract: "Tell every fault of file and environment at once; 78 when there is one.",
        discussion: """
            The file that web.config_file names is checked as serve does it, with the certificates and keys that it names.

            Example: cardlink-metrics config validate --config probe.yaml
            """)

    @OptionGroup var file: ConfigFileOption

    func run() async throws {
        let web = try await file.load()[\.webConfigFile]
        if let web { try WebConfig.check(web) }
        print("\(file.config ?? "the environment"): no fault")
        if let web { print("\(web): no fault") }
    }
}

/// `cardlink-metrics config explain`.
struct ConfigExplain: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "What a key is for, what may stand there, and every way to give it.",
        discussion: "Example: cardlink-metrics config explain health.timeout")

    @OptionGroup var key: ConfigKeyArgument
    @Flag(help: "Print an object.")
    var json = false

    func run() throws {
        let explanation = ConfigExplanation(try key.row())
        print(json ? try explanation.json() : explanation.text, terminator: "")
    }
}

internal import ArgumentParser
internal import FoundationEssentials
internal import Observability

/// `cardlink-metrics config`.
struct ConfigCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Show, check and set what cardlink-probe serve reads.",
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
        commandName: "show", abstract: "Every key, its value, and where that is from.")

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
        commandName: "get", abstract: "The value of one key; a line for each part of a list.")

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
        discussion: "The file is made where it is missing, and stays as it was when it would have a fault.")

    @OptionGroup var key: ConfigKeyArgument
    @Argument(help: "The value; of a list, several.")
    var values: [String]
    @Option(help: ArgumentHelp("The configuration file.", valueName: "file"), completion: .file())
    var config: String

    func run() async throws { print(try await ConfigEdit(try key.row(), to: values).write(to: config)) }
}

/// `cardlink-metrics config validate`.
struct ConfigValidate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate", abstract: "Tell every fault of file and environment at once; 78 when there is one.")

    @OptionGroup var file: ConfigFileOption

    func run() async throws {
        _ = try await file.load()
        print("\(file.config ?? "the environment"): no fault")
    }
}

/// `cardlink-metrics config explain`.
struct ConfigExplain: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "What a key is for, what may stand there, and every way to give it.")

    @OptionGroup var key: ConfigKeyArgument
    @Flag(help: "Print an object.")
    var json = false

    func run() throws {
        let explanation = ConfigExplanation(try key.row())
        print(json ? try explanation.json() : explanation.text, terminator: "")
    }
}

internal import Configuration
internal import Synchronization
internal import SystemPackage

/// Where the configuration comes from: command line, environment and file, in this order.
package struct ConfigSources: Sendable {
    /// The file; nil for none.
    package var file: String?
    /// The environment.
    package var environment: [String: String]
    /// What the command line says, by the path of the key.
    package var options: [String: [String]]

    /// Sources from their parts.
    package init(file: String? = nil, environment: [String: String] = [:], options: [String: [String]] = [:]) {
        self.file = file
        self.environment = environment
        self.options = options
    }

    /// Reads them all; throws every fault at once.
    package func load() async throws(ConfigError) -> Settings {
        let rows = ConfigKeys.table.rows
        let file = file.map { ConfigFile($0, keys: rows) }
        let reading = try await reading(of: file)
        var given: [String: Settings.Given] = [:]
        var faults = file?.faults ?? []
        var isUsage = faults.isEmpty
        for row in rows {
            guard let (texts, provider) = reading.texts(of: row) else { continue }
            let origin = origin(of: row, from: provider, in: file)
            // What has the wrong form has been told.
            if provider == .file, file?.misshapen.contains(row.path) == true { continue }
            given[row.path] = Settings.Given(texts: row.isPath ? texts.map(origin.resolve) : texts, origin: origin)
            guard let reason = row.refusal(texts) else { continue }
            faults.append(ConfigFault(row, at: origin, reason: reason))
            if provider != .options { isUsage = false }
        }
        guard faults.isEmpty else {
            let inOrder = faults.sorted { ($0.lineNumber ?? .max) < ($1.lineNumber ?? .max) }
            throw ConfigError(inOrder, isUsage: isUsage)
        }
        return Settings(given, warnings: unknownVariables(besides: rows))
    }

    private func origin(
        of row: SettingFacts, from provider: ConfigReading.Provider, in file: ConfigFile?
    )
        -> Settings.Origin
    {
        switch provider {
        case .options: .option(row.option)
        case .environment: .variable(row.variable)
        case .olderEnvironment: .variable(row.olderVariable ?? row.variable)
        case .file: .file(self.file ?? "", line: file?.lines[row.path] ?? 1)
        }
    }

    private func unknownVariables(besides rows: [SettingFacts]) -> [String] {
        let ours = environment.keys.filter { $0.hasPrefix(ConfigKeys.variablePrefix) }
        guard !ours.isEmpty else { return unprotected }
        let known = rows.map(\.variable) + ConfigKeys.otherVariables
        return ours.filter { !known.contains($0) }.sorted().map { name in
            let nearest = NearestName.of(name, among: known).map { "; did you mean \($0)?" } ?? ""
            return "the environment variable \(name) is not known\(nearest)"
        } + unprotected
    }

    /// CardLink's own variables for a password, which would be a secret in an environment; silence would let somebody
    /// believe in it.
    private var unprotected: [String] {
        ["GP_METRICS_AUTH_USERNAME", "GP_METRICS_AUTH_PASSWORD"].filter { environment[$0]?.isEmpty == false }.map {
            "the environment variable \($0) protects nothing here; a password stands in the file of web.config_file"
        }
    }

    // MARK: Layers

    private func reading(of file: ConfigFile?) async throws(ConfigError) -> ConfigReading {
        // An empty variable is one that is not set.
        let environment = environment.filter { !$0.value.isEmpty }
        // A layer that has nothing is not asked: for all keys that takes 0.5 ms, and `cardlink-metrics` starts in 20.
        let candidates: [(ConfigReading.Provider, (any ConfigProvider)?)] = [
            (.options, Self.layer("options", optionValues)), (.environment, Self.variables(in: environment)),
            (.olderEnvironment, Self.layer("older", Self.olderValues(in: environment))),
        ]
        var providers = candidates.compactMap { kind, layer in layer.map { (kind, $0) } }
        // A file without keys is none to the provider.
        if let file, !file.lines.isEmpty {
            do {
                providers.append((.file, try await FileProvider<YAMLSnapshot>(filePath: FilePath(file.path))))
            } catch {
                guard !file.faults.isEmpty else {
                    // It was read a moment ago: it has been changed or taken away since.
                    throw ConfigError([ConfigFault(file: file.path, line: nil, reason: "changed while it was read")])
                }
            }
        }
        return ConfigReading(providers)
    }

    private static func layer(_ name: String, _ values: [AbsoluteConfigKey: ConfigValue]) -> (any ConfigProvider)? {
        values.isEmpty ? nil : InMemoryProvider(name: name, values: values)
    }

    private static func variables(in environment: [String: String]) -> (any ConfigProvider)? {
        guard environment.keys.contains(where: { $0.hasPrefix(ConfigKeys.variablePrefix) }) else { return nil }
        return EnvironmentVariablesProvider(environmentVariables: environment).prefixKeys(with: "cardlink")
    }

    private var optionValues: [AbsoluteConfigKey: ConfigValue] {
        var values: [AbsoluteConfigKey: ConfigValue] = [:]
        for row in ConfigKeys.table.rows {
            guard let texts = options[row.path], let last = texts.last else { continue }
            values[row.key] = ConfigValue(row.isList ? .stringArray(texts) : .string(last), isSecret: false)
        }
        return values
    }

    private static func olderValues(in environment: [String: String]) -> [AbsoluteConfigKey: ConfigValue] {
        var values: [AbsoluteConfigKey: ConfigValue] = [:]
        for row in ConfigKeys.table.rows {
            guard let name = row.olderVariable, let text = environment[name] else { continue }
            values[row.key] = ConfigValue(.string(text), isSecret: false)
        }
        return values
    }
}

/// Asks the layers for one key after the other, and notes which of them answered.
private final class ConfigReading: AccessReporter {
    enum Provider {
        case options, environment, olderEnvironment, file
    }

    private let providers: [(provider: Provider, name: String)]
    private let layers: [any ConfigProvider]
    private let answered = Mutex<String?>(nil)

    init(_ providers: [(Provider, any ConfigProvider)]) {
        self.providers = providers.map { ($0.0, $0.1.providerName) }
        layers = providers.map(\.1)
    }

    /// The texts of a key and who gave them; nil when nobody does.
    func texts(of row: SettingFacts) -> (texts: [String], provider: Provider)? {
        guard !layers.isEmpty else { return nil }
        let reader = ConfigReader(providers: layers, accessReporter: self)
        let key = Configuration.ConfigKey(row.key.components)
        var texts: [String]?
        if row.isList {
            texts = reader.stringArray(forKey: key)?.map { String($0.trimmed) }.filter { !$0.isEmpty }
        }
        // A list in a file may be written as its one value.
        texts = texts ?? reader.string(forKey: key).map { [$0] }
        let name = answered.withLock { $0 }
        guard let texts, let provider = providers.first(where: { $0.name == name })?.provider else { return nil }
        return (texts, provider)
    }

    func report(_ event: AccessEvent) {
        let result = event.providerResults.first { (try? $0.result.get())?.value != nil }
        answered.withLock { $0 = result?.providerName }
    }
}

extension Settings.Origin {
    /// A path as it is meant there: one in a file is relative to the file's folder.
    fileprivate func resolve(_ path: String) -> String {
        guard case .file(let file, _) = self, !path.hasPrefix("/"), let slash = file.lastIndex(of: "/") else {
            return path
        }
        return file[...slash] + path
    }
}

extension SettingFacts {
    fileprivate var key: AbsoluteConfigKey { AbsoluteConfigKey(path.split(separator: ".").map(String.init)) }
}

extension String {
    fileprivate var trimmed: Substring {
        let start = drop(while: \.isWhitespace)
        return start.lastIndex { !$0.isWhitespace }.map { start[...$0] } ?? ""
    }
}

internal import ArgumentParser
internal import Observability

/// The options of `serve` that are keys of the configuration; names and help are from its table.
struct ServeOptions: ParsableArguments {
    @Option(name: .of(\.metricsEnabled), help: .of(\.metricsEnabled))
    var metricsEnabled: String?
    @Option(name: .of(\.metricsListenAddress), help: .of(\.metricsListenAddress))
    var metricsListenAddress: [String] = []
    @Option(name: .of(\.metricsPort), help: .of(\.metricsPort))
    var metricsPort: String?
    @Option(name: .of(\.metricsPath), help: .of(\.metricsPath))
    var metricsPath: String?
    @Option(name: .of(\.metricsMaxRequests), help: .of(\.metricsMaxRequests))
    var metricsMaxRequests: String?
    @Option(name: .of(\.metricsSeriesLimit), help: .of(\.metricsSeriesLimit))
    var metricsSeriesLimit: String?
    @Option(name: .of(\.metricsCreated), help: .of(\.metricsCreated))
    var metricsCreated: String?
    @Option(name: .of(\.metricsCollectionInterval), help: .of(\.metricsCollectionInterval))
    var metricsCollectionInterval: String?
    @Option(name: .of(\.healthEnabled), help: .of(\.healthEnabled))
    var healthEnabled: String?
    @Option(name: .of(\.healthListenAddress), help: .of(\.healthListenAddress))
    var healthListenAddress: [String] = []
    @Option(name: .of(\.healthPort), help: .of(\.healthPort))
    var healthPort: String?
    @Option(name: .of(\.tracingEnabled), help: .of(\.tracingEnabled))
    var tracingEnabled: String?
    @Option(name: .of(\.tracingEndpoint), help: .of(\.tracingEndpoint))
    var tracingEndpoint: String?
    @Option(name: .of(\.tracingProtocol), help: .of(\.tracingProtocol))
    var tracingProtocol: String?
    @Option(name: .of(\.tracingServiceName), help: .of(\.tracingServiceName))
    var tracingServiceName: String?
    @Option(name: .of(\.tracingServiceVersion), help: .of(\.tracingServiceVersion))
    var tracingServiceVersion: String?
    @Option(name: .of(\.tracingSampleRate), help: .of(\.tracingSampleRate))
    var tracingSampleRate: String?
    @Option(name: .of(\.healthTimeout), help: .of(\.healthTimeout))
    var healthTimeout: String?
    @Option(name: .of(\.healthDiskDegraded), help: .of(\.healthDiskDegraded))
    var healthDiskDegraded: String?
    @Option(name: .of(\.healthDiskUnhealthy), help: .of(\.healthDiskUnhealthy))
    var healthDiskUnhealthy: String?
    @Option(name: .of(\.healthMemoryDegraded), help: .of(\.healthMemoryDegraded))
    var healthMemoryDegraded: String?
    @Option(name: .of(\.healthMemoryUnhealthy), help: .of(\.healthMemoryUnhealthy))
    var healthMemoryUnhealthy: String?
    @Option(name: .of(\.systemDiskPaths), help: .of(\.systemDiskPaths))
    var systemDiskPaths: [String] = []
    @Option(name: .of(\.webConfigFile), help: .of(\.webConfigFile))
    var webConfigFile: String?
    @Option(name: .of(\.webHostNames), help: .of(\.webHostNames))
    var webHostNames: [String] = []
    @Option(name: .of(\.benchName), help: .of(\.benchName))
    var benchName: String?
    @Option(name: .of(\.benchSite), help: .of(\.benchSite))
    var benchSite: String?
    @Option(name: .of(\.runtimeDirectory), help: .of(\.runtimeDirectory))
    var runtimeDirectory: String?
    @Option(name: .of(\.runtimeGroup), help: .of(\.runtimeGroup))
    var runtimeGroup: String?
    @Option(name: .of(\.modemPorts), help: .of(\.modemPorts))
    var modemPorts: [String] = []
    @Option(name: .of(\.modemPollInterval), help: .of(\.modemPollInterval))
    var modemPollInterval: String?
    @Option(name: .of(\.modemTaps), help: .of(\.modemTaps))
    var modemTaps: [String] = []
    @Option(name: .of(\.loggingLevel), help: .of(\.loggingLevel))
    var loggingLevel: String?
    @Option(name: .of(\.loggingComponents), help: .of(\.loggingComponents))
    var loggingComponents: [String] = []
    @Option(name: .of(\.loggingFormat), help: .of(\.loggingFormat))
    var loggingFormat: String?
    @Option(name: .of(\.loggingTraceCorrelation), help: .of(\.loggingTraceCorrelation))
    var loggingTraceCorrelation: String?
    @Option(name: .of(\.loggingFile), help: .of(\.loggingFile))
    var loggingFile: String?

    /// What was given, by the path of the key.
    var byPath: [String: [String]] {
        var given = ServeOptionsGiven()
        given.add(\.metricsEnabled, metricsEnabled)
        given.add(\.metricsListenAddress, metricsListenAddress)
        given.add(\.metricsPort, metricsPort)
        given.add(\.metricsPath, metricsPath)
        given.add(\.metricsMaxRequests, metricsMaxRequests)
        given.add(\.metricsSeriesLimit, metricsSeriesLimit)
        given.add(\.metricsCreated, metricsCreated)
        given.add(\.tracingEnabled, tracingEnabled)
        given.add(\.tracingEndpoint, tracingEndpoint)
        given.add(\.tracingProtocol, tracingProtocol)
        given.add(\.tracingServiceName, tracingServiceName)
        given.add(\.tracingServiceVersion, tracingServiceVersion)
        given.add(\.tracingSampleRate, tracingSampleRate)
        given.add(\.metricsCollectionInterval, metricsCollectionInterval)
        given.add(\.healthEnabled, healthEnabled)
        given.add(\.healthListenAddress, healthListenAddress)
        given.add(\.healthPort, healthPort)
        given.add(\.healthTimeout, healthTimeout)
        given.add(\.healthDiskDegraded, healthDiskDegraded)
        given.add(\.healthDiskUnhealthy, healthDiskUnhealthy)
        given.add(\.healthMemoryDegraded, healthMemoryDegraded)
        given.add(\.healthMemoryUnhealthy, healthMemoryUnhealthy)
        given.add(\.systemDiskPaths, systemDiskPaths)
        given.add(\.webConfigFile, webConfigFile)
        given.add(\.webHostNames, webHostNames)
        given.add(\.benchName, benchName)
        given.add(\.benchSite, benchSite)
        given.add(\.runtimeDirectory, runtimeDirectory)
        given.add(\.runtimeGroup, runtimeGroup)
        given.add(\.modemPorts, modemPorts)
        given.add(\.modemPollInterval, modemPollInterval)
        given.add(\.modemTaps, modemTaps)
        given.add(\.loggingLevel, loggingLevel)
        given.add(\.loggingComponents, loggingComponents)
        given.add(\.loggingFormat, loggingFormat)
        given.add(\.loggingTraceCorrelation, loggingTraceCorrelation)
        given.add(\.loggingFile, loggingFile)
        return given.byPath
    }
}

/// Collects what options gave.
private struct ServeOptionsGiven {
    private(set) var byPath: [String: [String]] = [:]

    mutating func add<Value>(_ key: KeyPath<ConfigKeys, Setting<Value>>, _ text: String?) {
        if let text { add(key, [text]) }
    }

    mutating func add<Value>(_ key: KeyPath<ConfigKeys, Setting<Value>>, _ texts: [String]) {
        if !texts.isEmpty { byPath[ConfigKeys.table[keyPath: key].facts.path] = texts }
    }
}

extension NameSpecification {
    /// The name that the table has for a key's option.
    fileprivate static func of<Value>(_ key: KeyPath<ConfigKeys, Setting<Value>>) -> NameSpecification {
        .customLong(ConfigKeys.table[keyPath: key].facts.option)
    }
}

extension ArgumentHelp {
    /// What the table says of a key.
    fileprivate static func of<Value>(_ key: KeyPath<ConfigKeys, Setting<Value>>) -> ArgumentHelp {
        let facts = ConfigKeys.table[keyPath: key].facts
        let again = facts.isList ? " May be given again." : ""
        return ArgumentHelp(
            "\(facts.help)\(again) (default: \(facts.fallbackText))", valueName: facts.valueName)
    }
}

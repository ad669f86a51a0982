internal import ArgumentParser
internal import Observability

/// The options of `serve` that are keys of the configuration; names and help are from its table.
struct ServeOptions: ParsableArguments {
    @Option(name: .of(\.metricsEnabled), help: .of(\.metricsEnabled), completion: .of(\.metricsEnabled))
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
    @Option(name: .of(\.metricsCreated), help: .of(\.metricsCreated), completion: .of(\.metricsCreated))
    var metricsCreated: String?
    @Option(name: .of(\.metricsCollectionInterval), help: .of(\.metricsCollectionInterval))
    var metricsCollectionInterval: String?
    @Option(name: .of(\.healthEnabled), help: .of(\.healthEnabled), completion: .of(\.healthEnabled))
    var healthEnabled: String?
    @Option(name: .of(\.healthListenAddress), help: .of(\.healthListenAddress))
    var healthListenAddress: [String] = []
    @Option(name: .of(\.healthPort), help: .of(\.healthPort))
    var healthPort: String?
    @Option(name: .of(\.tracingEnabled), help: .of(\.tracingEnabled), completion: .of(\.tracingEnabled))
    var tracingEnabled: String?
    @Option(name: .of(\.tracingEndpoint), help: .of(\.tracingEndpoint))
    var tracingEndpoint: String?
    @Option(name: .of(\.tracingProtocol), help: .of(\.tracingProtocol), completion: .of(\.tracingProtocol))
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
    @Option(name: .of(\.readersExpected), help: .of(\.readersExpected))
    var readersExpected: [String] = []
    @Option(name: .of(\.webConfigFile), help: .of(\.webConfigFile), completion: .of(\.webConfigFile))
    var webConfigFile: String?
    @Option(name: .of(\.webHostNames), help: .of(\.webHostNames))
    var webHostNames: [String] = []
    @Option(name: .of(\.webLivePage), help: .of(\.webLivePage), completion: .of(\.webLivePage))
    var webLivePage: String?
    @Option(name: .of(\.benchName), help: .of(\.benchName))
    var benchName: String?
    @Option(name: .of(\.benchSite), help: .of(\.benchSite))
    var benchSite: String?
    @Option(name: .of(\.runtimeDirectory), help: .of(\.runtimeDirectory), completion: .of(\.runtimeDirectory))
    var runtimeDirectory: String?
    @Option(name: .of(\.runtimeGroup), help: .of(\.runtimeGroup))
    var runtimeGroup: String?
    @Option(name: .of(\.modemPorts), help: .of(\.modemPorts))
    var modemPorts: [String] = []
    @Option(name: .of(\.modemPollInterval), help: .of(\.modemPollInterval))
    var modemPollInterval: String?
    @Option(name: .of(\.modemTaps), help: .of(\.modemTaps))
    var modemTaps: [String] = []
    @Option(name: .of(\.pskTLSRelays), help: .of(\.pskTLSRelays))
    var pskTLSRelays: [String] = []
    @Option(name: .of(\.pskFile), help: .of(\.pskFile), completion: .of(\.pskFile))
    var pskFile: String?
    @Option(name: .of(\.phonesWatch), help: .of(\.phonesWatch), completion: .of(\.phonesWatch))
    var phonesWatch: String?
    @Option(name: .of(\.phonesServer), help: .of(\.phonesServer))
    var phonesServer: String?
    @Option(name: .of(\.phonesRadioLog), help: .of(\.phonesRadioLog), completion: .of(\.phonesRadioLog))
    var phonesRadioLog: String?
    @Option(name: .of(\.phonesExpected), help: .of(\.phonesExpected))
    var phonesExpected: [String] = []
    @Option(name: .of(\.adbRelays), help: .of(\.adbRelays))
    var adbRelays: [String] = []
    @Option(name: .of(\.eventsRecording), help: .of(\.eventsRecording), completion: .file())
    var eventsRecording: String?
    @Option(name: .of(\.eventsRecordingMaxSize), help: .of(\.eventsRecordingMaxSize))
    var eventsRecordingMaxSize: String?
    @Option(name: .of(\.storeEnabled), help: .of(\.storeEnabled), completion: .of(\.storeEnabled))
    var storeEnabled: String?
    @Option(name: .of(\.storePath), help: .of(\.storePath), completion: .of(\.storePath))
    var storePath: String?
    @Option(name: .of(\.storeMaxAge), help: .of(\.storeMaxAge))
    var storeMaxAge: String?
    @Option(name: .of(\.storeMaxSize), help: .of(\.storeMaxSize))
    var storeMaxSize: String?
    @Option(name: .of(\.flightsEnabled), help: .of(\.flightsEnabled), completion: .of(\.flightsEnabled))
    var flightsEnabled: String?
    @Option(name: .of(\.flightsPath), help: .of(\.flightsPath), completion: .directory)
    var flightsPath: String?
    @Option(name: .of(\.flightsMaxFiles), help: .of(\.flightsMaxFiles))
    var flightsMaxFiles: String?
    @Option(name: .of(\.captureFile), help: .of(\.captureFile), completion: .of(\.captureFile))
    var captureFile: String?
    @Option(name: .of(\.captureMaxSize), help: .of(\.captureMaxSize))
    var captureMaxSize: String?
    @Option(name: .of(\.captureMaxFiles), help: .of(\.captureMaxFiles))
    var captureMaxFiles: String?
    @Option(name: .of(\.captureMaxAge), help: .of(\.captureMaxAge))
    var captureMaxAge: String?
    @Option(name: .of(\.captureFileContents), help: .of(\.captureFileContents), completion: .of(\.captureFileContents))
    var captureFileContents: String?
    @Option(name: .of(\.captureShowIdentity), help: .of(\.captureShowIdentity), completion: .of(\.captureShowIdentity))
    var captureShowIdentity: String?
    @Option(name: .of(\.captureGSMTAP), help: .of(\.captureGSMTAP))
    var captureGSMTAP: String?
    @Option(name: .of(\.loggingLevel), help: .of(\.loggingLevel), completion: .of(\.loggingLevel))
    var loggingLevel: String?
    @Option(name: .of(\.loggingComponents), help: .of(\.loggingComponents), completion: .of(\.loggingComponents))
    var loggingComponents: [String] = []
    @Option(name: .of(\.loggingFormat), help: .of(\.loggingFormat), completion: .of(\.loggingFormat))
    var loggingFormat: String?
    @Option(
        name: .of(\.loggingTraceCorrelation), help: .of(\.loggingTraceCorrelation),
        completion: .of(\.loggingTraceCorrelation))
    var loggingTraceCorrelation: String?
    @Option(name: .of(\.loggingFile), help: .of(\.loggingFile), completion: .of(\.loggingFile))
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
        given.add(\.readersExpected, readersExpected)
        given.add(\.webConfigFile, webConfigFile)
        given.add(\.webHostNames, webHostNames)
        given.add(\.webLivePage, webLivePage)
        given.add(\.benchName, benchName)
        given.add(\.benchSite, benchSite)
        given.add(\.runtimeDirectory, runtimeDirectory)
        given.add(\.runtimeGroup, runtimeGroup)
        given.add(\.modemPorts, modemPorts)
        given.add(\.modemPollInterval, modemPollInterval)
        given.add(\.modemTaps, modemTaps)
        given.add(\.pskTLSRelays, pskTLSRelays)
        given.add(\.pskFile, pskFile)
        given.add(\.phonesWatch, phonesWatch)
        given.add(\.phonesServer, phonesServer)
        given.add(\.phonesRadioLog, phonesRadioLog)
        given.add(\.phonesExpected, phonesExpected)
        given.add(\.adbRelays, adbRelays)
        given.add(\.eventsRecording, eventsRecording)
        given.add(\.eventsRecordingMaxSize, eventsRecordingMaxSize)
        given.add(\.storeEnabled, storeEnabled)
        given.add(\.storePath, storePath)
        given.add(\.storeMaxAge, storeMaxAge)
        given.add(\.storeMaxSize, storeMaxSize)
        given.add(\.flightsEnabled, flightsEnabled)
        given.add(\.flightsPath, flightsPath)
        given.add(\.flightsMaxFiles, flightsMaxFiles)
        given.add(\.captureFile, captureFile)
        given.add(\.captureMaxSize, captureMaxSize)
        given.add(\.captureMaxFiles, captureMaxFiles)
        given.add(\.captureMaxAge, captureMaxAge)
        given.add(\.captureFileContents, captureFileContents)
        given.add(\.captureShowIdentity, captureShowIdentity)
        given.add(\.captureGSMTAP, captureGSMTAP)
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

extension CompletionKind {
    /// The words that the table allows for a key, or files where it is a path.
    fileprivate static func of<Value>(_ key: KeyPath<ConfigKeys, Setting<Value>>) -> CompletionKind {
        let facts = ConfigKeys.table[keyPath: key].facts
        return facts.words.isEmpty ? .file() : .list(facts.words)
    }
}

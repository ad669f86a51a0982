internal import Observability
internal import Synchronization

/// Which bench a run speaks for; asked for only where something goes out, since it may make a file.
final class RunBench: Sendable {
    private let variables: EnvironmentVariables
    private let known = Mutex<BenchIdentity?>(nil)

    /// The bench that these variables name.
    init(_ variables: EnvironmentVariables) { self.variables = variables }

    /// The names from the variables of the configuration's table, the number from the state directory.
    var identity: BenchIdentity {
        known.withLock { known in
            let identity = known ?? read()
            known = identity
            return identity
        }
    }

    private func read() -> BenchIdentity {
        let table = ConfigKeys.table
        func name(_ setting: SettingFacts) -> String? {
            variables.text(setting.variable).flatMap { $0.isEmpty ? nil : $0 }
        }
        return BenchIdentity(
            bench: name(table.benchName.facts), site: name(table.benchSite.facts),
            instanceID: InstanceIDFile().load { Terminal.say($0) })
    }
}

/// What keeps a virtual card or bench from starting: what, where, and what to do, in one line.
package enum SimulatorError: Error, Equatable, Sendable {
    /// A script that cannot be read or understood.
    case script(file: String, line: Int?, problem: String)
    /// A call of the system that failed.
    case system(doing: String, errno: Int32)
    /// Programs or drivers that are not installed, with the command that brings them.
    case missing(what: String, remedy: String)
    /// The kernel refuses the namespaces that the bench lives in.
    case namespacesRefused(reason: String, remedy: String)
    /// Something started and did not come up.
    case notReady(what: String, remedy: String)
    /// The command to run was not found, or may not be run: exit codes 127 and 126.
    case command(name: String, errno: Int32)
    /// The control socket answered with an error, or not at all.
    case control(problem: String)
}

extension SimulatorError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .script(let file, let line, let problem):
            line.map { "\(file):\($0): \(problem)" } ?? "\(file): \(problem)"
        case .system(let doing, let code):
            "\(doing): \(errorText(code))"
        case .missing(let what, let remedy), .notReady(let what, let remedy):
            "\(what); \(remedy)"
        case .namespacesRefused(let reason, let remedy):
            "the bench needs a user namespace of its own and may not have one (\(reason)); \(remedy)"
        case .command(let name, let code):
            "\(name): \(errorText(code))"
        case .control(let problem):
            problem
        }
    }

    /// The exit code that fits: 78 configuration, 69 something is not there, 126 and 127 as `env` has them, else 1.
    package var exitCode: Int32 {
        switch self {
        case .script: 78
        case .missing, .namespacesRefused, .notReady: 69
        case .command(_, let code): code == 2 ? 127 : 126
        case .system, .control: 1
        }
    }
}

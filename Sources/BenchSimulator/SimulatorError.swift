internal import Glibc
internal import ProbeEvents

/// What keeps a virtual card or bench from starting: what, where, and what to do, in one line.
package enum SimulatorError: ExplainedError, Equatable {
    /// A script that cannot be read or understood.
    case script(file: String, line: Int?, problem: String)
    /// A call of the system that failed.
    case system(doing: String, errno: Int32)
    /// Programs or drivers that are not installed, with the command that brings them.
    case missing(what: String, remedy: String)
    /// The kernel refuses the namespaces that the bench lives in.
    case namespacesRefused(reason: String)
    /// Something started and did not come up.
    case notReady(what: String, remedy: String)
    /// The command to run was not found, or may not be run: exit codes 127 and 126.
    case command(name: String, errno: Int32)
    /// A line on the control socket that cannot be done.
    case control(problem: String)
    /// What the bench's keeper told, in its own words.
    case keeper(text: String, exitCode: Int32)

    /// One line: what, where, what to do next.
    package var explanation: String {
        switch self {
        case .script(let file, let line, let problem):
            line.map { "\(file):\($0): \(problem)" } ?? "\(file): \(problem)"
        case .system(let doing, let code):
            "\(doing): \(errorText(code))"
        case .missing(let what, let remedy), .notReady(let what, let remedy):
            "\(what); \(remedy)"
        case .namespacesRefused(let reason):
            "the bench needs namespaces of its own and may not have them (\(reason)); run it as root, in a container with"
                + " --cap-add SYS_ADMIN, or allow them: sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"
        case .command(let name, let code):
            "\(name): \(errorText(code)); see that it is installed and in PATH"
        case .control(let problem):
            problem
        case .keeper(let text, _):
            text
        }
    }

    /// The exit code that fits: 78 configuration, 69 something is not there, 126 and 127 as `env` has them, else 1.
    package var exitCode: Int32 {
        switch self {
        case .script: 78
        case .missing, .namespacesRefused, .notReady: 69
        case .command(_, let code): code == ENOENT ? 127 : 126
        case .keeper(_, let code): code
        case .system, .control: 1
        }
    }

    /// How the keeper marks that the namespaces are of no use, so that its starter may try another kind.
    static let refusedNamespacesCode: Int32 = -1
}

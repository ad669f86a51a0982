internal import Glibc

/// Whether text for a person is coloured.
package enum TerminalColour {
    /// Whether standard error is: on a terminal that can, unless `NO_COLOR` says otherwise.
    package static var isWanted: Bool { isWanted(on: STDERR_FILENO) }

    /// The same of another descriptor.
    package static func isWanted(on descriptor: Int32) -> Bool {
        isatty(descriptor) == 1 && variable("NO_COLOR").isEmpty && !["dumb", ""].contains(variable("TERM"))
    }

    private static func variable(_ name: String) -> String {
        getenv(name).map { String(cString: $0) } ?? ""
    }
}

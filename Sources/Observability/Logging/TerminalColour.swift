internal import Glibc

/// Whether text on standard error is coloured.
package enum TerminalColour {
    /// On a terminal that can, unless `NO_COLOR` says otherwise.
    package static var isWanted: Bool {
        isatty(STDERR_FILENO) == 1 && variable("NO_COLOR").isEmpty && !["dumb", ""].contains(variable("TERM"))
    }

    private static func variable(_ name: String) -> String {
        getenv(name).map { String(cString: $0) } ?? ""
    }
}

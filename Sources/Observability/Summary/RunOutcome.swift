/// How a wrapped program ran: what the summary cannot know from events.
package struct RunOutcome: Sendable, Hashable {
    /// How a program ended.
    package enum Ending: Sendable, Hashable {
        /// By exit, with this status.
        case exited(Int32)
        /// By this signal.
        case signalled(Int32)
    }

    /// The program's name without directory; never its arguments, which may carry PINs.
    package var program: String
    /// How it ended.
    package var ending: Ending
    /// When it was started, CLOCK_MONOTONIC, nanoseconds.
    package var startedNanoseconds: UInt64
    /// When it had ended, CLOCK_MONOTONIC, nanoseconds.
    package var endedNanoseconds: UInt64
    /// When it was started, nanoseconds since 1970 in UTC.
    package var startedWallNanoseconds: UInt64
    /// What to say when it made no PC/SC call that was seen: why that may be, and what to do.
    package var remarkWithoutCalls: String
    /// The failures that it was to meet, and how often it did.
    package var expectations: [RunReport.Expectation] = []
    /// The names of the files that were written of its faults, the oldest first.
    package var flights: [String] = []

    /// An outcome from its parts.
    package init(
        program: String, ending: Ending, startedNanoseconds: UInt64, endedNanoseconds: UInt64,
        startedWallNanoseconds: UInt64, remarkWithoutCalls: String = ""
    ) {
        self.program = program
        self.ending = ending
        self.startedNanoseconds = startedNanoseconds
        self.endedNanoseconds = endedNanoseconds
        self.startedWallNanoseconds = startedWallNanoseconds
        self.remarkWithoutCalls = remarkWithoutCalls
    }

    /// How long it ran, nanoseconds.
    package var wallNanoseconds: UInt64 { endedNanoseconds - min(startedNanoseconds, endedNanoseconds) }
}

/// The names of Linux' signals.
enum SignalName {
    /// `SIGKILL` for 9; nil for a number without a name.
    static func name(of number: Int32) -> String? {
        if number >= 1 && number <= names.count { return "SIG" + names[Int(number) - 1] }
        return nil
    }

    // signal(7), in the order of x86 and ARM.
    private static let names = [
        "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM",
        "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF",
        "WINCH", "IO", "PWR", "SYS",
    ]
}

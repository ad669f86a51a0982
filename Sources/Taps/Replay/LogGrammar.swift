/// How the lines of a log are read.
protocol LogGrammar {
    /// Reads one line, whatever it says.
    mutating func read(_ line: LogLine, _ teller: inout LogTeller)

    /// No line follows.
    mutating func ended(_ teller: inout LogTeller)
}

extension LogGrammar {
    mutating func ended(_ teller: inout LogTeller) {}
}

public import Logging

/// How a program's log is written.
public struct LoggingConfig: Sendable, Hashable {
    /// How a record is written as a line.
    public enum Format: String, Sendable, CaseIterable {
        /// For people.
        case text
        /// An object of JSON.
        case json
    }

    /// Where lines go.
    public enum Output: Sendable, Hashable {
        /// The process's standard error.
        case standardError
        /// A file, by its path; it may be moved away, truncated or removed while it is written.
        case file(String)
    }

    /// The least level that is logged.
    public var level: Logger.Level
    /// How lines are written.
    public var format: Format
    /// Where they go.
    public var output: Output
    /// Whether lines name the trace and the span in which they were said.
    public var isTraceCorrelated: Bool
    /// Components with a level of their own.
    package var components: [LogComponent: Logger.Level] = [:]
    /// What begins a line for people on standard error, as is the custom of commands; nil for lines with a time.
    package var programName: String?

    /// A configuration; what is not given is the usual.
    public init(
        level: Logger.Level = .info, format: Format = .text, output: Output = .standardError,
        isTraceCorrelated: Bool = true
    ) {
        self.level = level
        self.format = format
        self.output = output
        self.isTraceCorrelated = isTraceCorrelated
    }
}

package import Logging

/// One thing that was said, as every output of logs takes it.
package struct LogRecord: Sendable, Hashable {
    /// When, nanoseconds since 1970 in UTC.
    package var wallNanoseconds: UInt64
    /// How much it matters.
    package var level: Logger.Level
    /// The label of the logger that said it.
    package var logger: String
    /// The part of the program that it is about.
    package var component: LogComponent
    /// What was said; any text, with line ends or not.
    package var message: String
    /// More about it, in the order in which it is told; no key comes twice.
    package var fields: [LogField]
    /// The span in which it was said; nil when there was none, or when nobody wants to know.
    package var span: SpanContext?

    /// A record from its parts.
    package init(
        wallNanoseconds: UInt64, level: Logger.Level, logger: String, component: LogComponent, message: String,
        fields: [LogField] = [], span: SpanContext? = nil
    ) {
        self.wallNanoseconds = wallNanoseconds
        self.level = level
        self.logger = logger
        self.component = component
        self.message = message
        self.fields = fields
        self.span = span
    }

    /// The trace in which it was said.
    package var traceID: TraceID? { span?.traceID }
    /// The span in which it was said.
    package var spanID: SpanID? { span?.spanID }
}

/// One field of a record.
package struct LogField: Sendable, Hashable {
    /// Its name.
    package var key: String
    /// What it says.
    package var value: LogValue

    /// A field.
    package init(_ key: String, _ value: LogValue) { (self.key, self.value) = (key, value) }
}

/// What a field says.
package indirect enum LogValue: Sendable, Hashable {
    case text(String)
    case flag(Bool)
    case integer(Int64)
    case number(Double)
    case list([LogValue])
    case map([LogField])
}

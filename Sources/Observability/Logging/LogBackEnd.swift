package import Logging
internal import ProbeEvents
internal import Tracing

/// Stands behind swift-log: what any Swift library inside says becomes a record of ours.
package struct LogBackEnd: LogHandler {
    /// How the information of a logger counts.
    package enum Rank: Sendable {
        /// As it is said.
        case own
        /// As debugging: a library that we use tells every ordinary step.
        case library
    }

    /// What every record of this logger has.
    package var metadata: Logger.Metadata = [:]
    /// Adds what is known where something is said.
    package var metadataProvider: Logger.MetadataProvider?

    private let label: String
    private let component: LogComponent
    private let rank: Rank
    private let cell: LogLevels.Cell
    private let outlet: LogOutlet
    private var ownLevel: Logger.Level?

    init(label: String, rank: Rank, provider: Logger.MetadataProvider?, outlet: LogOutlet) {
        self.label = label
        self.rank = rank
        self.outlet = outlet
        component = LogComponent(label: label)
        cell = outlet.levels.cell(component)
        metadataProvider = provider
    }

    /// One value of its metadata.
    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// The level of its component, until this logger is given one of its own.
    package var logLevel: Logger.Level {
        get {
            let level = ownLevel ?? cell.level
            switch (rank, level) {
            case (.library, .info), (.library, .notice): return .warning
            default: return level
            }
        }
        set { ownLevel = newValue }
    }

    /// Takes what was said: the handler's metadata, over it the provider's, over both the caller's.
    package func log(event: LogEvent) {
        var all = metadata
        if let provided = metadataProvider?.get() { all.merge(provided) { $1 } }
        if let given = event.metadata { all.merge(given) { $1 } }
        if let error = event.error {
            all["error.message"] = .string("\(error)")
            all["error.type"] = .string(String(reflecting: type(of: error)))
        }
        outlet.receive(
            LogRecord(
                wallNanoseconds: EventClock.now.wallNanoseconds, level: level(of: event.level),
                logger: label, component: component, message: LogFields.cut(event.message.description),
                fields: LogFields.fields(all),
                span: outlet.isTraceCorrelated ? Self.span : nil))
    }

    private func level(of level: Logger.Level) -> Logger.Level {
        switch (rank, level) {
        case (.library, .info), (.library, .notice): .debug
        default: level
        }
    }

    private static var span: SpanContext? { InstrumentationContext.current?.spanContext ?? SpanManager.current }
}

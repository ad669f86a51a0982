public import Logging
internal import Synchronization

/// A log as the back end of swift-log: levels, a file or standard error behind a bounded queue, further sinks.
///
/// Whoever says something never waits for the output: when it is slow, full or gone, the oldest lines that wait make
/// room and are counted, and the log says later how many it lost. <doc:WriteALog> shows it in a program.
public final class LogSystem: Sendable {
    /// Where records meet; a further output is a sink added here.
    package let outlet: LogOutlet
    private let writer: LogWriter

    /// Within which a thing said again and again is told a few times, and then counted.
    private static let repeatWindow = Duration.seconds(10)

    /// A log that begins to write.
    public init(_ config: LoggingConfig) {
        let text = LogText(
            programName: config.output == .standardError ? config.programName : nil,
            isColoured: config.output == .standardError && TerminalColour.isWanted)
        writer = LogWriter(
            to: config.output, format: config.format, text: text, speaker: config.programName ?? "log")
        outlet = LogOutlet(
            levels: LogLevels(config.level, components: config.components),
            isTraceCorrelated: config.isTraceCorrelated, repeatWindow: Self.repeatWindow, [writer])
    }

    /// Makes it swift-log's back end in this process; swift-log allows that once in a process.
    public func bootstrap() {
        LoggingSystem.bootstrap({ self.handler(label: $0, metadataProvider: $1) }, metadataProvider: nil)
    }

    /// A handler for one logger, for programs that hand out loggers themselves.
    public func handler(label: String, metadataProvider: Logger.MetadataProvider? = nil) -> any LogHandler {
        outlet.handler(label: label, provider: metadataProvider)
    }

    /// Takes levels, format and correlation from a configuration while it runs; the output stays.
    public func apply(_ config: LoggingConfig) {
        outlet.levels.set(config.level, components: config.components)
        outlet.isTraceCorrelated = config.isTraceCorrelated
        writer.format = config.format
    }

    /// Writes what waits, and takes no more; bounded in time. Whether all has been written.
    @discardableResult
    public func finish(within limit: Duration = .seconds(2)) -> Bool {
        outlet.tellRepeats()
        return writer.finish(within: limit)
    }

    /// How many lines wait to be written.
    package var waitingCount: Int { writer.waitingCount }

    /// Calls this for lines that are lost, and at once for those that have been.
    package func countLosses(_ count: @escaping @Sendable (LogLoss, Int) -> Void) { writer.countLosses(count) }
}

package import Logging
internal import Synchronization

/// Where all records of a process meet, and go on to every sink.
package final class LogOutlet: LogSink {
    /// The least level of each component.
    package let levels: LogLevels
    private let sinks: Mutex<[any LogSink]>
    private let correlation: Atomic<Bool>
    private let repeats: RepeatLimit?

    /// An outlet with its sinks; without a window every repetition is told.
    package init(
        levels: LogLevels, isTraceCorrelated: Bool = true, repeatWindow: Duration? = nil, _ sinks: [any LogSink] = []
    ) {
        self.levels = levels
        self.sinks = Mutex(sinks)
        correlation = Atomic(isTraceCorrelated)
        repeats = repeatWindow.map { RepeatLimit(window: $0) }
    }

    /// Adds a sink behind those that are there.
    package func add(_ sink: any LogSink) { sinks.withLock { $0.append(sink) } }

    /// Whether records have the span in which they were said.
    package var isTraceCorrelated: Bool {
        get { correlation.load(ordering: .relaxed) }
        set { correlation.store(newValue, ordering: .relaxed) }
    }

    /// Takes one record whose level has been judged.
    package func receive(_ record: LogRecord) {
        guard let repeats else { return tell(record) }
        let verdict = repeats.judge(record)
        if let earlier = verdict.earlier { tell(earlier) }
        if verdict.isTold { tell(record) }
        if verdict.isFirstHeldBack { repeats.afterWindow { [weak self] in self?.tellRepeats() } }
    }

    /// Tells how often was said what was held back.
    package func tellRepeats() { repeats?.takeHeldBack().forEach(tell) }

    /// A handler for a logger.
    package func handler(
        label: String, rank: LogBackEnd.Rank = .own, provider: Logger.MetadataProvider? = nil
    ) -> LogBackEnd {
        LogBackEnd(label: label, rank: rank, provider: provider, outlet: self)
    }

    /// The logger of one of the probe's own parts.
    package func logger(_ component: LogComponent) -> Logger {
        Logger(label: component.label) { handler(label: $0) }
    }

    /// The logger for a library that works for one of the probe's parts.
    package func logger(_ component: LogComponent, library: String) -> Logger {
        Logger(label: "\(component.label).\(library)") { handler(label: $0, rank: .library) }
    }

    private func tell(_ record: LogRecord) {
        for sink in sinks.withLock({ $0 }) { sink.receive(record) }
    }
}

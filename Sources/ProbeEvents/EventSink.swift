/// Hears events; never blocks whoever tells them.
///
/// A sink that needs time puts events into a bounded queue of its own and counts what it drops.
public protocol EventSink: AnyObject, Sendable {
    /// Takes one event; called from any thread, in order for one source.
    func receive(_ event: ProbeEvent)
}

/// Tells events to a sink from `start` until `stop`.
public protocol EventSource: AnyObject, Sendable {
    /// Begins to tell; throws an ``ExplainedError`` when the source cannot work at all.
    func start(into sink: any EventSink) throws

    /// Ends; what was seen before has been told when it returns. Safe to call twice.
    func stop()
}

/// An error that tells a person, in one line, what failed, where, and what to do next.
public protocol ExplainedError: Error, CustomStringConvertible {
    /// One line: what, where, what to do next.
    var explanation: String { get }
}

extension ExplainedError {
    /// The explanation.
    public var description: String { explanation }
}

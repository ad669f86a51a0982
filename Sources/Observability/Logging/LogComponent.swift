/// The parts of the probe that have a level of their own in the log: a closed list.
package enum LogComponent: String, Sendable, Hashable, CaseIterable {
    /// Start and end of the daemon, and what has no other part.
    case serve
    /// Settings, and their change while it runs.
    case config
    /// The HTTP server.
    case http
    /// The receiver of what shims tell.
    case receiver
    /// The socket for testers' events.
    case events
    /// Readers, and the cards in them.
    case readers
    /// What is sent to other systems.
    case export
    /// The log itself.
    case log
    /// Whatever else in the process has a logger: libraries, and the program that imports them.
    case program

    /// What the labels of the probe's own loggers begin with.
    static let labelPrefix = "cardlink-probe."

    /// The label of this part's logger.
    package var label: String { Self.labelPrefix + rawValue }

    /// The part that a logger's label belongs to.
    package init(label: String) {
        let name = label.hasPrefix(Self.labelPrefix) ? label.dropFirst(Self.labelPrefix.count) : ""
        self = Self(rawValue: String(name.prefix { $0 != "." })) ?? .program
    }
}

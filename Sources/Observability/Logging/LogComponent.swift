/// The parts of the probe that have a level of their own in the log: a closed list.
package enum LogComponent: String, Sendable, Hashable, CaseIterable {
    case serve, config, http, receiver, events, readers, modems, tls, phones, store, export, log, program

    /// What it is about, for people.
    package var about: String {
        switch self {
        case .serve: "start and end of the daemon, and what has no other component"
        case .config: "settings, and their change while it runs"
        case .http: "the HTTP server"
        case .receiver: "the receiver of what shims tell"
        case .events: "the socket for testers' events"
        case .readers: "readers, and the cards in them"
        case .modems: "modems, and the relays to them"
        case .tls: "the relays between cards and a server over TLS"
        case .phones: "phones, and the relay to the adb server"
        case .store: "the history that is kept on this machine"
        case .export: "what is sent to other systems"
        case .log: "the log itself"
        case .program: "whatever else has a logger"
        }
    }

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

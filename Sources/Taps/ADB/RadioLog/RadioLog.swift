internal import ProbeEvents

/// The radio log of a phone, as it comes: of its lines those are read that tell of the card's toolkit.
struct RadioLog {
    /// The service: the radio buffer from its last line on, and everything after.
    static let request = "shell:logcat -b radio -v threadtime -T 1"

    /// A line with the longest command is 700 bytes long.
    private static let longestLine = 4_096

    private var lines = LineSplitter(longestBytes: longestLine)
    private var trail: RadioLogTrail

    /// A log that has not begun.
    init(phone: String) { trail = RadioLogTrail(phone: phone) }

    /// What these bytes tell.
    mutating func received(_ bytes: [UInt8], at clock: EventClock) -> [ProbeEvent] {
        lines.received(bytes).flatMap { piece in
            // What is too long is none of the lines that are looked for.
            guard case .line(let line) = piece, let line = RadioLogLine(line) else { return [ProbeEvent]() }
            return trail.note(line, at: clock)
        }
    }

    /// The log has ended.
    mutating func ended(at clock: EventClock) -> [ProbeEvent] {
        lines = LineSplitter(longestBytes: Self.longestLine)
        return trail.reset(at: clock)
    }
}

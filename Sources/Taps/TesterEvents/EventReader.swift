package import ProbeEvents

/// Reads lines of events without a socket: those of a file.
package struct EventReader: Sendable {
    /// What came out of some lines.
    package struct Result: Sendable {
        /// What they tell, in order.
        package var events: [ProbeEvent] = []
        /// What is wrong with which line.
        package var faults: [LineFault] = []
    }

    private var connection: EventConnection

    /// A reader of nothing yet; of a probe's own recording it takes the events too that are not taken from outside.
    package init(isRecording: Bool = false) {
        connection = EventConnection(tellsFaults: true, isRecording: isRecording)
    }

    /// Lines that are events.
    package var eventCount: UInt64 { connection.receipt.received }

    /// Lines are counted anew; what is open by the files before stays open.
    package mutating func beginFile() { connection.beginFile() }

    /// What the lines say that these bytes complete; they may be cut anywhere.
    package mutating func received(_ bytes: some Collection<UInt8>) -> Result {
        Result(connection.received(bytes, clock: .now))
    }

    /// What the last line says, where it has no line feed.
    package mutating func ended() -> Result { Result(connection.lastLine(clock: .now)) }
}

extension EventReader.Result {
    fileprivate init(_ actions: EventConnection.Actions) { self.init(events: actions.told, faults: actions.faults) }
}

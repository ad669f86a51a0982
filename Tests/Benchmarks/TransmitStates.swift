import TestSupport

/// One program beside a `serve` that is not there, is, is stopped, is killed and comes again. Nothing is lost that is not
/// counted: commands told and dropped are the calls that were made.
enum TransmitStates {
    enum State: String, CaseIterable {
        case attached
        case stopped
        case killed
        case back
        /// None was ever there, and the ring has room.
        case absent
        /// None was ever there, and the ring is full.
        case absentAndFull = "absent, ring full"
    }

    private struct Told {
        var commands = 0.0
        var dropped = 0.0
        /// SCardStatus, one a line; it may find the ring full.
        var looks = 0.0

        var sum: Double { commands + dropped + looks }

        init() {}

        init(by probe: ServingProbe) throws {
            commands = try probe.sum("cardlink_apdu_commands_total")
            dropped = try probe.sum("cardlink_events_dropped_total", "source=\"shim\",reason=\"ring_full\"")
            looks = try probe.sum("cardlink_device_operations_total", "operation=\"status\"")
        }
    }

    /// With pauses that a receiver needs; and without, where none is at work.
    private static let line = TransmitLine(bursts: 10, calls: 2_000, pause: 30_000)
    private static let hurried = TransmitLine(bursts: 20, calls: 2_000)
    /// Less than a ring holds.
    private static let brief = TransmitLine(bursts: 2, calls: 2_000)

    /// A figure for each state, nanoseconds a call.
    static func measure(_ workshop: TransmitWorkshop) throws -> [(State, Double)] {
        let sockets = workshop.folder.file("sockets")
        let quiet = ["PCSCLITE_CSOCK_NAME": workshop.folder.file("no-pcscd")]
        var serve = try ServingProbe(sockets: sockets, environment: quiet)
        let program = try Transmitter(workshop, "calls", .ours, receiver: serve.receiverSocket)
        var figures: [(State, Double)] = []
        var calls = 0.0
        func measure(_ state: State, _ line: TransmitLine) throws {
            try program.say(line)
            figures.append((state, try program.hear()))
            calls += Double(line.bursts * line.calls) + 1
        }
        try measure(.attached, line)
        try serve.halt()
        try measure(.stopped, hurried)
        serve.resume()
        let before = try expect(calls, after: Told().sum, by: serve)
        try serve.kill()
        try measure(.killed, hurried)
        serve = try ServingProbe(sockets: sockets, environment: quiet)
        // The first line finds it; then its ring is empty again.
        try measure(.back, TransmitLine(bursts: 1, calls: 1, pause: 100_000))
        figures.removeLast()
        try measure(.back, line)
        _ = try expect(calls, after: before, by: serve)
        try program.end()
        try serve.stop()
        return figures + (try measureAbsent(workshop))
    }

    private static func measureAbsent(_ workshop: TransmitWorkshop) throws -> [(State, Double)] {
        let program = try Transmitter(workshop, "calls", .ours, receiver: workshop.folder.file("nobody"))
        try program.say(brief)
        let withRoom = try program.hear()
        try program.say(hurried)
        let full = try program.hear()
        try program.end()
        return [(.absent, withRoom), (.absentAndFull, full)]
    }

    /// Waits until all that was called was told or counted as lost; what was, with what others told before.
    private static func expect(_ calls: Double, after others: Double, by probe: ServingProbe) throws -> Double {
        var told = Told()
        let isExact = try eventually {
            told = try Told(by: probe)
            return others + told.sum == calls
        }
        guard isExact else { throw TestFailure("\(calls) calls, and \(others) and \(told) told") }
        return others + told.sum
    }
}

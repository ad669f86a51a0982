import Foundation
import TestSupport

/// What `serve` takes of a processor while programs talk to cards: at a bench's rate and at 25 times that, from one program
/// and from several, which share the rate. There is no peer; it stands beside the share that it may take.
enum LoadBenchmark {
    private struct Case {
        var rate: Int
        var programs: Int
        /// Percent of one core.
        var share: Double
        /// Commands at a time, so that the pause between them is one that can be slept.
        var burst: Int
    }

    /// What `serve` may take of the memory, whatever it hears.
    private static let memoryMegabytes = 50.0

    private static let cases = [1, 4, 16].flatMap { programs in
        [
            Case(rate: 200, programs: programs, share: 1, burst: 1),
            Case(rate: 5_000, programs: programs, share: 25, burst: 25),
        ]
    }

    static func measure(_ size: BenchmarkSize) throws -> [Row] {
        let workshop = try TransmitWorkshop()
        let seconds = size.hasBars ? 20 : 1
        return try cases.flatMap { try measure($0, seconds: seconds, in: workshop, size) }
    }

    private static func measure(
        _ one: Case, seconds: Int, in workshop: TransmitWorkshop, _ size: BenchmarkSize
    ) throws -> [Row] {
        let folder = try TemporaryFolder()
        let serve = try ServingProbe(
            sockets: folder.file("sockets"),
            environment: ["PCSCLITE_CSOCK_NAME": folder.file("no-pcscd"), "XDG_STATE_HOME": folder.path])
        let programs = try (0..<one.programs).map { _ in
            try Transmitter(workshop, "calls", .ours, receiver: serve.receiverSocket)
        }
        let each = one.rate / one.burst
        let line = TransmitLine(
            bursts: each * seconds / one.programs, calls: one.burst, pause: 1_000_000 * one.programs / each)
        for program in programs { try program.say(TransmitLine(bursts: 1, calls: 1)) }
        for program in programs { _ = try program.hear() }
        let before = try ProcessReading(serve.pid)
        for program in programs { try program.say(line) }
        for program in programs { _ = try program.hear() }
        let after = try ProcessReading(serve.pid)
        for program in programs { try program.end() }
        let sent = one.programs * (line.bursts * line.calls + 1)
        guard try eventually({ try serve.sum("cardlink_apdu_commands_total") == Double(sent) }) else {
            throw TestFailure("serve was not told of \(sent) commands")
        }
        let share =
            100 * (after.processorSeconds - before.processorSeconds) / (after.seconds - before.seconds)
        // Less than a tick of the clock is no figure.
        let ours = max(share, 0.01)
        func row(_ what: String, _ ours: Double, _ share: Double, _ unit: String) -> Row {
            Row(
                bench: "load",
                case: "\(one.rate) APDU/s, \(one.programs) program\(one.programs == 1 ? "" : "s")\(what)",
                ours: ours, peer: "its share", peerValue: share, unit: unit, ratio: share / ours, bar: size.bar(1))
        }
        return [
            row("", ours, one.share, "% core"),
            row(", memory", Double(after.residentKilobytes) / 1_024, memoryMegabytes, "MB"),
        ]
    }
}

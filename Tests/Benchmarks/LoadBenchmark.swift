import Foundation
import TestSupport

/// What `serve` takes of a processor while programs talk to cards: at a bench's rate from one program and from sixteen, and
/// at 25 times that. There is no peer; it stands beside the share that it may take.
enum LoadBenchmark {
    private struct Case {
        var rate: Int
        var programs: Int
        /// Percent of one core.
        var share: Double
        /// Commands at a time, so that the pause between them is one that can be slept.
        var burst: Int
    }

    private static let cases = [
        Case(rate: 200, programs: 1, share: 1, burst: 1), Case(rate: 200, programs: 16, share: 1, burst: 1),
        Case(rate: 5_000, programs: 1, share: 25, burst: 25),
    ]

    static func measure(_ size: BenchmarkSize) throws -> [Row] {
        let workshop = try TransmitWorkshop()
        let seconds = size.hasBars ? 20 : 1
        return try cases.map { try measure($0, seconds: seconds, in: workshop, size) }
    }

    private static func measure(
        _ one: Case, seconds: Int, in workshop: TransmitWorkshop, _ size: BenchmarkSize
    ) throws -> Row {
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
        return Row(
            bench: "load", case: "\(one.rate) APDU/s, \(one.programs) program\(one.programs == 1 ? "" : "s")",
            ours: ours, peer: "its share", peerValue: one.share, unit: "% core", ratio: one.share / ours,
            bar: size.bar(1))
    }
}

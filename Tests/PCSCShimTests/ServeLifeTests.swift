import Foundation
import TestSupport
import Testing

/// One client beside a real `serve` that is not there yet, stops, dies and comes again: no call fails, and what was not
/// told stands on `/metrics`, exactly.
@Suite(.serialized) struct ServeLifeTests {
    /// What a ring holds of records in one slot each.
    private static let slots = 4_096

    private let folder: TemporaryFolder
    private let environment: [String: String]

    init() throws {
        folder = try TemporaryFolder()
        environment = try Workshop.shared.environment(receiver: folder.file("sockets/receiver.sock"))
    }

    /// A daemon; there is no pcscd for it to watch.
    private func serve() throws -> ServingProbe {
        try ServingProbe(
            sockets: folder.file("sockets"), environment: ["PCSCLITE_CSOCK_NAME": folder.file("no-pcscd")])
    }

    private struct Told: Equatable, CustomStringConvertible {
        var commands: Int
        var dropped: Int
        /// SCardStatus, by which a client finds its receiver; its own record may find the ring still full.
        var looks: Int

        var description: String { "\(commands) commands, \(dropped) dropped, \(looks) looks" }
    }

    private func told(by probe: ServingProbe) throws -> Told {
        func sum(_ family: String, _ labels: String = "") throws -> Int { Int(try probe.sum(family, labels)) }
        return Told(
            commands: try sum("cardlink_apdu_commands_total"),
            dropped: try sum("cardlink_events_dropped_total", "source=\"shim\",reason=\"ring_full\""),
            looks: try sum("cardlink_device_operations_total", "operation=\"status\""))
    }

    /// Waits until so many commands are told, and one of the clients' looks where it was dropped or told.
    private func expect(_ probe: ServingProbe, commands: Int, dropped: Int, looks: Int = 0) throws {
        var last = Told(commands: 0, dropped: 0, looks: 0)
        _ = try eventually {
            last = try told(by: probe)
            return last.commands == commands && last.dropped + last.looks == dropped + looks
        }
        #expect(last.commands == commands && last.dropped + last.looks == dropped + looks, "\(last)")
        #expect(last.dropped >= dropped, "\(last)")
        let lost = try probe.metrics().filter { $0.key.hasPrefix("cardlink_events_dropped_total") }
        #expect(lost.values.reduce(0, +) == Double(last.dropped), "for no other reason: \(lost)")
    }

    @Test func absentThereStoppedKilledAndBack() throws {
        let client = try AskedClient(environment: environment)
        try client.ask(["establish", "connect"])
        #expect(try client.ask("transmit 6000 0") == "transmit good=6000")
        var probe = try serve()
        try client.ask("status")
        // Context and session were first in the ring.
        let kept = Self.slots - 2
        try expect(probe, commands: kept, dropped: 6_000 - kept, looks: 1)
        #expect(try client.ask("transmit 1000 0") == "transmit good=1000")
        try expect(probe, commands: kept + 1_000, dropped: 6_000 - kept, looks: 1)

        try probe.halt()
        #expect(try client.ask("transmit 6000 0") == "transmit good=6000")
        probe.resume()
        let stopped = 6_000 - Self.slots
        try expect(probe, commands: kept + 1_000 + Self.slots, dropped: 6_000 - kept + stopped, looks: 1)

        try probe.kill()
        #expect(try client.ask("transmit 5000 0") == "transmit good=5000")
        probe = try serve()
        try client.ask("status")
        try expect(probe, commands: Self.slots, dropped: 5_000 - Self.slots, looks: 1)
        #expect(try client.ask("transmit 2000 0") == "transmit good=2000")
        try expect(probe, commands: Self.slots + 2_000, dropped: 5_000 - Self.slots, looks: 1)
        try client.ask("disconnect")
        try client.finish()
    }

    /// Fewer than a ring holds, so that nothing can be lost however slow the daemon is.
    @Test(arguments: [(1, 1), (1, 2), (1, 4), (2, 2)])
    func threadsAndProcesses(processes: Int, threads: Int) throws {
        let probe = try serve()
        let clients = try (0..<processes).map { _ in try AskedClient(environment: environment) }
        for client in clients { try client.say("threads \(threads) 1000") }
        for client in clients { #expect(try client.hear() == "threads") }
        for client in clients { try client.finish() }
        try expect(probe, commands: processes * threads * 1_000, dropped: 0)
        #expect(try probe.sum("cardlink_sessions_total") == Double(processes * threads))
        #expect(try probe.sum("cardlink_active_sessions") == 0)
    }

    /// The ring fills while several threads write: it holds what it has room for, and the rest is counted.
    @Test(arguments: [1, 2, 4])
    func threadsWhileTheReceiverIsStopped(threads: Int) throws {
        let probe = try serve()
        let client = try AskedClient(environment: environment)
        try client.ask("establish")
        _ = try probe.metrics()
        try probe.halt()
        // Each: establish, connect, transmits, disconnect, the session's end, release.
        let records = threads * (6_000 / threads + 5)
        try client.ask("threads \(threads) \(6_000 / threads)")
        probe.resume()
        #expect(
            try eventually {
                try probe.sum("cardlink_events_dropped_total", "ring_full") == Double(records - Self.slots)
            })
        let commands = try probe.sum("cardlink_apdu_commands_total")
        #expect((Self.slots - 5 * threads...Self.slots - 2).contains(Int(commands)), "\(commands)")
        try client.finish()
    }

    /// System calls of the shim's on the hot path: none, but on each 256th record once the ring is half full, and then
    /// one to see that the socket is still its own and one to wake the receiver.
    @Test func systemCallsWhileTheReceiverIsStopped() throws {
        let probe = try serve()
        let trace = folder.file("trace")
        let settings = environment.flatMap { ["-E", "\($0)=\($1)"] }
        let client = try RunningCommand(
            ["strace", "-f", "-o", trace] + settings + [Workshop.shared.client.path], input: .kept)
        func ask(_ line: String) throws -> String {
            try client.say(line)
            return try client.readLine()
        }
        for line in ["establish", "connect", "transmit 254 0"] { _ = try ask(line) }
        try #require(try eventually { try probe.sum("cardlink_apdu_commands_total") == 254 })
        try probe.halt()
        #expect(try ask("hot 1790") == "hot heap=0")
        #expect(try ask("hot 4306") == "hot heap=0")
        probe.resume()
        #expect(try client.end().ending == .exited(0))
        let calls = folder.read("trace").split(separator: "\n").map(String.init)
        let marks = calls.indices.filter { calls[$0].contains("getppid(") }
        try #require(marks.count == 4)
        #expect(calls[(marks[0] + 1)..<marks[1]] == [], "below half of the ring: none")
        let woken = calls[(marks[2] + 1)..<marks[3]]
        // At 2,304, 2,560 ... 3,840 records in the ring, and at each 256th of the 2,000 that it had no room for.
        #expect(woken.count { $0.contains("sendmsg(") } == 7 + 7, "\(woken)")
        #expect(woken.count { $0.contains("fstat") } == 7 + 7, "\(woken)")
        #expect(woken.count == 28, "\(woken)")
    }

    /// And while there is none: to look for one, once a second.
    @Test func systemCallsWhileNobodyListens() throws {
        let trace = folder.file("trace")
        let settings = environment.flatMap { ["-E", "\($0)=\($1)"] }
        let outcome = try Command.run(
            ["strace", "-f", "-o", trace] + settings + [Workshop.shared.client.path],
            input: "establish\nconnect\nhot 30000000\n")
        #expect(outcome.output.contains("hot heap=0\n"))
        let calls = folder.read("trace").split(separator: "\n").map(String.init)
        let marks = calls.indices.filter { calls[$0].contains("getppid(") }
        try #require(marks.count == 2)
        let looks = calls[(marks[0] + 1)..<marks[1]]
        // Whether the ring is still its own, then a socket that nobody answers.
        let known = ["fstat", "socket(", "connect(", "close("]
        #expect(looks.allSatisfy { call in known.contains { call.contains($0) } }, "\(looks)")
        #expect(looks.count.isMultiple(of: 4) && (4..<80).contains(looks.count), "\(looks)")
    }
}

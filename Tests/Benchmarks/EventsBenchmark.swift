import Foundation
import ProbeEvents
import SmartCard
import Synchronization
import TestSupport

/// Testers tell a daemon what they do, each as fast as it is read: tests, database operations, commands.
///
/// A second's share is held against 50,000 events. What the daemon says it has counted must be what was sent.
enum EventsBenchmark {
    static func measure(_ size: BenchmarkSize) throws -> [Row] {
        try [1, 4, 16].map { senders in
            let figures = try (0..<min(size.rounds, 3)).map { _ in
                try round(of: size.hasBars ? 200_000 : 4_000, senders: senders)
            }
            let ours = median(figures)
            return Row(
                bench: "events", case: "an event of \(senders) sender\(senders == 1 ? "" : "s")", ours: ours,
                peer: "50,000 a second", peerValue: 20_000, unit: "ns", ratio: 20_000 / ours, bar: size.bar(1))
        }
    }

    /// Nanoseconds for each of so many events, from the first until the daemon has confirmed the last.
    private static func round(of count: Int, senders: Int) throws -> Double {
        let folder = try TemporaryFolder()
        let probe = try ServingProbe(
            sockets: folder.file("sockets"), environment: ["XDG_STATE_HOME": folder.file("state")])
        let each = count / senders
        let streams = try (0..<senders).map { try stream(of: each, sender: UInt64($0)) }
        let path = folder.file("sockets") + "/events.sock"
        let confirmed = Confirmed()
        let began = ContinuousClock.now
        DispatchQueue.concurrentPerform(iterations: senders) { number in
            confirmed.add(try? send(streams[number], to: path))
        }
        let time = ContinuousClock.now - began
        guard confirmed.lines == each * senders else {
            throw TestFailure("\(confirmed.lines) of \(each * senders) events were confirmed")
        }
        // The probe's own database is counted with the testers'.
        let families = [("test_results", ""), ("database_operations", #"table="cards""#), ("apdu_commands", "")]
        let counted = try families.map { try probe.sum("cardlink_\($0)_total", $1) }.reduce(0, +)
        guard Int(counted) == each * senders else {
            throw TestFailure("\(Int(counted)) events were counted of \(each * senders)")
        }
        _ = try probe.stop()
        return time / .nanoseconds(1) / Double(each * senders)
    }

    /// So many events as lines, each third of one kind.
    private static func stream(of count: Int, sender: UInt64) throws -> Data {
        let client = ClientProcess(id: sender, pid: 4_711, program: "tester")
        let suite = TestSuiteRun(run: sender, suite: "suite \(sender)")
        var stream = Data()
        for number in 0..<count {
            let stamp = EventStamp(
                source: .testerSocket, startNanoseconds: 1_000_000_000 + UInt64(number), durationNanoseconds: 1_000,
                wallNanoseconds: 1_700_000_000_000_000_000)
            let event: ProbeEvent =
                switch number % 3 {
                case 0: .test(.ended(TestEnded(stamp: stamp, suite: suite, test: "test \(number)", status: .passed)))
                case 1:
                    .database(
                        .operation(
                            DatabaseOperationDone(stamp: stamp, operation: .insert, table: "cards", status: .success)))
                default:
                    .apdu(
                        APDUExchange(
                            stamp: stamp, client: client, thread: 1, session: 0, reader: "R", interface: .pcsc,
                            sessionProtocol: .t1, name: .select, command: [0x00, 0xA4, 0x00, 0x04, 0x02, 0x3F, 0x00],
                            response: [0x90, 0x00], isCut: false, resultCode: 0, waitNanoseconds: 0, isWaitExact: true))
                }
            stream += try EventLine.encode(event) + [0x0A]
        }
        return stream
    }

    /// Sends all of it; how many lines the daemon says it has taken.
    private static func send(_ stream: Data, to path: String) throws -> Int {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
        let connected = withUnsafePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard connected == 0 else { throw TestFailure("cannot connect to \(path)") }
        var rest = stream[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, min($0.count, 1 << 16)) }
            guard count > 0 else { throw TestFailure("cannot write to \(path)") }
            rest = rest.dropFirst(count)
        }
        shutdown(descriptor, Int32(SHUT_WR))
        var heard = Data()
        var room = [UInt8](repeating: 0, count: 1 << 16)
        while case let count = read(descriptor, &room, room.count), count > 0 { heard += room[..<count] }
        let receipt = heard.split(separator: 0x0A).last ?? Data()
        let members = try JSONSerialization.jsonObject(with: receipt) as? [String: Any]
        return members?["received"] as? Int ?? 0
    }

    /// Lines that were confirmed to any of the senders.
    private final class Confirmed: Sendable {
        private let count = Mutex(0)

        var lines: Int { count.withLock { $0 } }

        func add(_ lines: Int?) { count.withLock { $0 += lines ?? 0 } }
    }
}

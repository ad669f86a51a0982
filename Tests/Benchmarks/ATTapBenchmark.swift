import CProbe
import Foundation
import Glibc
import Modem
import ProbeEvents
import Synchronization
import TestSupport

/// What the relay adds to one AT command and its answer, and how fast it hands data on: ours, and socat as a relay that
/// looks at nothing, in turns. Both ends are pseudo terminals, as all of a relay's are but a real modem's port.
enum ATTapBenchmark {
    /// The median that a command's way there and back may take longer, microseconds.
    private static let allowedMicroseconds = 1_000.0
    /// What must be handed on in a second, megabytes.
    private static let allowedMegabytes = 10.0

    private enum Way: String, CaseIterable { case direct, ours, socat }

    private struct Load {
        var name: String
        /// Threads that compute all the time beside it.
        var busy: Int
    }

    private static let loads = [Load(name: "idle machine", busy: 0), Load(name: "loaded machine", busy: 4)]

    static func measure(_ size: BenchmarkSize) async throws -> [Row] {
        // Beside four threads that compute, a turn of the scheduler's is longer than all the work.
        let commands = size.hasBars ? 300 : 50
        let megabytes = size.hasBars ? 16 : 1
        var trips: [String: [Double]] = [:]
        var flows: [String: [Double]] = [:]
        for _ in 0..<max(1, size.rounds / 3) {
            for way in ways {
                let bench = try await RelayBench(way.rawValue)
                for load in loads {
                    let burners = Burners(load.busy)
                    trips["\(way) \(load.name)", default: []].append(median(try bench.roundTrips(commands)))
                    burners.stop()
                }
                flows["\(way) to the tester", default: []].append(try bench.fromModem(megabytes))
                flows["\(way) to the modem", default: []].append(try bench.toModem(megabytes))
                try await bench.end(commands: loads.count * commands)
            }
        }
        return loads.flatMap { tripRows(trips, $0, size) }
            + ["to the tester", "to the modem"].flatMap { flowRows(flows, $0, size) }
    }

    private static var ways: [Way] { Way.allCases.filter { $0 != .socat || RelayBench.hasSocat } }

    private static func tripRows(_ trips: [String: [Double]], _ load: Load, _ size: BenchmarkSize) -> [Row] {
        func added(_ way: Way) -> Double {
            median(trips["\(way) \(load.name)"] ?? []) - median(trips["direct \(load.name)"] ?? [])
        }
        let name = "added to a command, \(load.name)"
        func row(_ peer: String, _ value: Double, _ bar: Double?) -> Row {
            Row(
                bench: "at-tap", case: name, ours: added(.ours), peer: peer, peerValue: value, floor: nil, unit: "us",
                ratio: value / added(.ours), bar: bar)
        }
        return [row("1 ms", allowedMicroseconds, size.bar(1))]
            + (ways.contains(.socat) ? [row("socat", added(.socat), nil)] : [])
    }

    private static func flowRows(_ flows: [String: [Double]], _ direction: String, _ size: BenchmarkSize) -> [Row] {
        func spent(_ way: Way) -> Double { median(flows["\(way) \(direction)"] ?? []) }
        func row(_ peer: String, _ value: Double, _ bar: Double?) -> Row {
            Row(
                bench: "at-tap", case: "a megabyte \(direction)", ours: spent(.ours), peer: peer, peerValue: value,
                floor: spent(.direct), unit: "us", ratio: value / spent(.ours), bar: bar)
        }
        return [row("10 MB/s", 1e6 / allowedMegabytes, size.bar(1))]
            + (ways.contains(.socat) ? [row("socat", spent(.socat), nil)] : [])
    }
}

/// A modem that answers at once, a relay before it or none, and a tester.
private final class RelayBench {
    static var hasSocat: Bool { access("/usr/bin/socat", X_OK) == 0 }

    private let folder: TemporaryFolder
    private let modem: QuickModem
    private let counter = CommandCounter()
    private let tap: ATTap?
    private let socat: RunningCommand?
    private let tester: Int32

    init(_ way: String) async throws {
        folder = try TemporaryFolder()
        modem = try QuickModem()
        let link = folder.file("relay")
        tap = way == "ours" ? Self.tap(modem.device, link, folder) : nil
        tap?.start(into: counter)
        socat =
            way == "socat"
            ? try RunningCommand(["/usr/bin/socat", "\(modem.device),raw,echo=0", "PTY,link=\(link),raw,echo=0"]) : nil
        let path = way == "direct" ? modem.device : link
        guard try await eventually(within: 10, { access(path, F_OK) == 0 }) else { throw TestFailure("no \(path)") }
        tester = open(path, O_RDWR | O_NOCTTY)
        guard tester >= 0, serial_make_raw(tester, 115_200, false) == 0 else { throw TestFailure("\(path): \(errno)") }
        // What is under way at the relay's beginning is over.
        _ = try roundTrips(20)
        // An answer is handed on before it is told.
        let (counter, isTold) = (counter, tap != nil)
        guard try await eventually({ !isTold || counter.commands.load(ordering: .relaxed) == 20 }) else {
            throw TestFailure("the relay does not tell")
        }
        counter.commands.store(0, ordering: .relaxed)
    }

    private static func tap(_ port: String, _ link: String, _ folder: TemporaryFolder) -> ATTap {
        var settings = ATTapSettings(port: port, link: link, modem: "modem")
        settings.serial.lockDirectory = folder.path
        return ATTap(settings)
    }

    /// Ends all; throws unless what was counted is what was sent.
    func end(commands: Int) async throws {
        close(tester)
        await tap?.stopped()
        socat?.kill()
        modem.end()
        let counted = counter.commands.load(ordering: .relaxed)
        // Two more ask for the floods.
        guard tap == nil || counted == commands + 2 else {
            throw TestFailure("the relay counted \(counted) of \(commands + 2) commands")
        }
    }

    /// Times of commands with their answers, microseconds.
    func roundTrips(_ count: Int) throws -> [Double] {
        try (0..<count).map { _ in
            let start = EventClock.monotonicNow
            try send(Array("AT+CSQ\r".utf8))
            try receive(QuickModem.answer.count)
            return Double(EventClock.monotonicNow - start) / 1_000
        }
    }

    /// How long a megabyte takes from the modem, microseconds.
    func fromModem(_ megabytes: Int) throws -> Double {
        let start = EventClock.monotonicNow
        try send(Array("AT+FLOOD=\(megabytes)\r".utf8))
        try receive(megabytes << 20 + QuickModem.answer.count)
        return Double(EventClock.monotonicNow - start) / 1_000 / Double(megabytes)
    }

    /// How long a megabyte takes to the modem, microseconds.
    func toModem(_ megabytes: Int) throws -> Double {
        let start = EventClock.monotonicNow
        try send(Array("AT+SINK=\(megabytes)\r".utf8))
        let piece = [UInt8](repeating: UInt8(ascii: "x"), count: 65_536)
        for _ in 0..<(megabytes * 16) { try send(piece) }
        try receive(QuickModem.answer.count)
        return Double(EventClock.monotonicNow - start) / 1_000 / Double(megabytes)
    }

    private func send(_ bytes: [UInt8]) throws {
        guard writeAll(bytes, to: tester) else { throw TestFailure("the relay takes no more: \(errno)") }
    }

    private func receive(_ count: Int) throws {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        var left = count
        while left > 0 {
            let got = read(tester, &buffer, min(left, buffer.count))
            guard got > 0 else { throw TestFailure("the relay ends with \(left) bytes due: \(errno)") }
            left -= got
        }
    }
}

private func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
    bytes.withUnsafeBytes { bytes in
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }
}

private final class CommandCounter: EventSink {
    let commands = Atomic(0)

    func receive(_ event: ProbeEvent) {
        if case .atCommand = event { commands.wrappingAdd(1, ordering: .relaxed) }
    }
}

/// Answers each line at once, on a thread of its own: after a megabyte of lines or taking one, when it is asked to.
///
/// `@unchecked Sendable`: descriptors do not change.
private final class QuickModem: @unchecked Sendable {
    static let answer = Array("\r\nOK\r\n".utf8)
    private static let line = Array((String(repeating: "0123456789ABCDEF", count: 32).dropLast(2) + "\r\n").utf8)

    let device: String
    private let master: Int32
    private let otherEnd: Int32

    init() throws {
        var name = [CChar](repeating: 0, count: 64)
        master = serial_new_terminal(&name, Int32(name.count))
        device = String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        otherEnd = open(device, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)
        guard master >= 0, otherEnd >= 0, fcntl(master, F_SETFL, O_RDWR) == 0 else {
            throw TestFailure("no pseudo terminal: \(errno)")
        }
        serial_make_raw(otherEnd, 115_200, false)
        Thread.detachNewThread { self.serve() }
    }

    /// The thread reads the end of its terminal, and closes it.
    func end() { close(otherEnd) }

    private func serve() {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        var line: [UInt8] = []
        var due = 0
        while true {
            let count = read(master, &buffer, buffer.count)
            guard count > 0 else { break }
            var bytes = buffer[..<count]
            while !bytes.isEmpty {
                if due > 0 {
                    let taken = min(due, bytes.count)
                    due -= taken
                    bytes = bytes.dropFirst(taken)
                    if due == 0 { _ = writeAll(Self.answer, to: master) }
                } else if let end = bytes.firstIndex(of: 0x0D) {
                    due = answer(String(decoding: line + bytes[..<end], as: UTF8.self))
                    line = []
                    bytes = bytes[(end + 1)...]
                } else {
                    line += bytes
                    bytes = []
                }
            }
        }
        close(master)
    }

    /// Bytes that are to be taken before it answers.
    private func answer(_ command: String) -> Int {
        let number = command.split(separator: "=").last.flatMap { Int($0) } ?? 0
        if command.hasPrefix("AT+SINK") { return number << 20 }
        if command.hasPrefix("AT+FLOOD") {
            let piece = (0..<128).flatMap { _ in Self.line }
            for _ in 0..<(number << 20 / piece.count) { _ = writeAll(piece, to: master) }
        }
        _ = writeAll(Self.answer, to: master)
        return 0
    }
}

/// Threads that compute all the time.
private final class Burners: Sendable {
    private let isOver = Atomic(false)

    init(_ count: Int) {
        for _ in 0..<count {
            Thread.detachNewThread { [self] in
                var number: UInt64 = 1
                while !isOver.load(ordering: .relaxed) {
                    for _ in 0..<10_000 { number = number &* 6_364_136_223_846_793_005 &+ 1 }
                }
                if number == 0 { print("") }
            }
        }
    }

    func stop() { isOver.store(true, ordering: .relaxed) }
}

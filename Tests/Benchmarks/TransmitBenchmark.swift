import Foundation
import ProbeEvents
import Synchronization
import Taps
import TestSupport

/// What a tap adds to one SCardTransmit of a library that answers at once: ours with a receiver that hears everything,
/// pcsc-lite's own libpcscspy with somebody who reads its FIFO, and the two clock readings that any tap must take.
enum TransmitBenchmark {
    private static let bursts = 20
    /// Half of what the ring holds, so that nothing is dropped before the receiver looks.
    private static let calls = 2_000
    /// After which every receiver has looked, microseconds.
    private static let pause = 30_000

    static func measure(_ size: BenchmarkSize) throws -> [Row] {
        let workshop = try Workshop()
        var bare: [Double] = []
        var clocks: [Double] = []
        var ours: [Double] = []
        var spied: [Double] = []
        var paced: [Double] = []
        for _ in 0..<size.rounds {
            let plain = ["\(bursts)", "\(calls)", "\(pause)"]
            let slow = ["3", "1000", "1000", "20"]
            bare.append(try workshop.transmit(["calls"] + plain, .bare))
            clocks.append(try workshop.transmit(["clocks"] + plain, .bare))
            ours.append(try workshop.transmit(["calls"] + plain, .ours))
            paced.append(try workshop.transmit(["calls"] + slow, .bare))
            spied.append(try workshop.transmit(["calls"] + slow, .spy))
        }
        let told = workshop.told
        let expected = size.rounds * bursts * calls
        guard told == expected else { throw TestFailure("told \(told) of \(expected) commands") }
        let floor = median(clocks) - median(bare)
        let added = median(ours) - median(bare)
        let spy = median(spied) - median(paced)
        return [
            Row(
                bench: "transmit", case: "added, warm", ours: added, peer: "two clock readings", peerValue: floor,
                floor: floor, unit: "ns", ratio: floor / added, bar: size.bar(0.5)),
            Row(
                bench: "transmit", case: "added, warm", ours: added, peer: "libpcscspy", peerValue: spy, floor: floor,
                unit: "ns", ratio: spy / added, bar: size.bar(100)),
        ]
    }
}

/// The programs, compiled, in a folder that is gone at the end.
private final class Workshop {
    enum Tap { case bare, ours, spy }

    private let folder: TemporaryFolder
    private let receiver: ShimReceiver
    private let sink = CountingSink()
    private let fifo: FileHandle

    init() throws {
        folder = try TemporaryFolder()
        for name in ["bare", "ours", "spy"] {
            try FileManager.default.createDirectory(atPath: folder.file(name), withIntermediateDirectories: true)
        }
        let programs = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Programs")
        let stub = folder.file("bare/libpcsclite.so.1")
        let compile = ["cc", "-O2", "-I/usr/include/PCSC", "-o"]
        let shared = ["-shared", "-fPIC", "-w", "-Wl,-soname,libpcsclite.so.1"]
        try Self.run(compile + [stub] + shared + [programs.appending(path: "stub.c").path])
        try Self.run(compile + [folder.file("transmit"), programs.appending(path: "transmit.c").path, stub])
        let links = [
            ("ours/libpcsclite.so.1", Files.products + "/libpcsclite-probe.so"),
            ("ours/libpcsclite-audit.so", Files.products + "/libpcsclite-audit.so"),
            ("spy/libpcsclite.so.1", try Self.spy()), ("spy/libpcsclite_nospy.so.1", stub),
            ("spy/libpcsclite_real.so.1", stub),
        ]
        for (name, target) in links {
            try FileManager.default.createSymbolicLink(atPath: folder.file(name), withDestinationPath: target)
        }
        let pipe = folder.file("pcsc-spy")
        guard mkfifo(pipe, 0o600) == 0, let handle = FileHandle(forUpdatingAtPath: pipe) else {
            throw TestFailure("mkfifo \(pipe): \(String(cString: strerror(errno)))")
        }
        fifo = handle
        Thread.detachNewThread {
            while let piece = try? handle.read(upToCount: 65_536), !piece.isEmpty {}
        }
        receiver = ShimReceiver(path: folder.file("receiver.sock"))
        try receiver.start(into: sink)
    }

    deinit { receiver.stop() }

    /// Commands told so far.
    var told: Int {
        receiver.drain()
        return sink.commands
    }

    /// The median over the bursts, nanoseconds a call.
    func transmit(_ words: [String], _ tap: Tap) throws -> Double {
        let environment: [String: String] =
            switch tap {
            case .bare: ["LD_LIBRARY_PATH": folder.file("bare")]
            case .ours:
                [
                    "LD_LIBRARY_PATH": folder.file("ours"),
                    "CARDLINK_PCSC_LIBRARY": folder.file("bare/libpcsclite.so.1"),
                    "CARDLINK_RECEIVER": folder.file("receiver.sock"),
                ]
            case .spy: ["LD_LIBRARY_PATH": folder.file("spy"), "HOME": folder.path]
            }
        let lines = try Self.run([folder.file("transmit")] + words, environment: environment).split(separator: "\n")
        return median(lines.compactMap { Double($0) })
    }

    private static func spy() throws -> String {
        let path = try run(["sh", "-c", "/sbin/ldconfig -p | sed -n 's/.*libpcscspy.so.0 .*=> //p' | head -n 1"])
        guard !path.isEmpty else {
            throw TestFailure("libpcscspy.so.0 is not installed: apt-get install libpcsclite-dev")
        }
        return path.trimmingCharacters(in: .newlines)
    }

    @discardableResult
    private static func run(_ words: [String], environment: [String: String] = [:]) throws -> String {
        let end = try Command.run(words, environment: environment)
        guard end.ending == .exited(0) else { throw TestFailure("\(words.joined(separator: " ")): \(end.errors)") }
        return end.output
    }
}

/// Counts commands and fails to overlook a loss: what was dropped is missing.
private final class CountingSink: EventSink {
    private let count = Mutex(0)

    var commands: Int { count.withLock { $0 } }

    func receive(_ event: ProbeEvent) {
        if case .apdu = event { count.withLock { $0 += 1 } }
    }
}

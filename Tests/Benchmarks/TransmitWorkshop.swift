import Foundation
import ProbeEvents
import Synchronization
import Taps
import TestSupport

/// What stands before the library.
enum Tap { case bare, ours, spy }

/// The programs, compiled, in a folder that is gone at the end.
final class TransmitWorkshop {
    let folder: TemporaryFolder
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
        try Self.run(
            compile + [folder.file("transmit"), "-pthread", programs.appending(path: "transmit.c").path, stub])
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

    /// The median over the bursts, nanoseconds a call, of programs that do the same at the same time.
    func transmit(
        _ mode: String, _ line: TransmitLine, _ tap: Tap, threads: Int = 1, processes: Int = 1
    ) throws -> Double {
        let programs = try (0..<processes).map { _ in try Transmitter(self, mode, tap, threads: threads) }
        var figures: [Double] = []
        for _ in 0..<line.bursts {
            for program in programs { try program.say(line.single) }
            figures += try programs.map { try $0.hear() }
            // A receiver that comes late would lose what the next burst writes; here none may be lost.
            receiver.drain()
        }
        for program in programs { try program.end() }
        return median(figures)
    }

    /// What puts a tap before the library; ours tells the receiver at this socket.
    func environment(_ tap: Tap, receiver: String? = nil) -> [String: String] {
        switch tap {
        case .bare: ["LD_LIBRARY_PATH": folder.file("bare")]
        case .ours:
            [
                "LD_LIBRARY_PATH": folder.file("ours"),
                "CARDLINK_PCSC_LIBRARY": folder.file("bare/libpcsclite.so.1"),
                "CARDLINK_RECEIVER": receiver ?? folder.file("receiver.sock"),
            ]
        case .spy: ["LD_LIBRARY_PATH": folder.file("spy"), "HOME": folder.path]
        }
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

/// What the program does at once.
struct TransmitLine {
    var bursts: Int
    var calls: Int
    /// Before each burst, microseconds.
    var pause = 0
    /// Between two calls, microseconds.
    var pace = 0

    /// One burst of it.
    var single: TransmitLine {
        var line = self
        line.bursts = 1
        return line
    }
}

/// The program that calls SCardTransmit and takes the time.
final class Transmitter {
    private let program: RunningCommand

    init(
        _ workshop: TransmitWorkshop, _ mode: String, _ tap: Tap, threads: Int = 1, receiver: String? = nil
    ) throws {
        program = try RunningCommand(
            [workshop.folder.file("transmit"), mode, "\(threads)"],
            environment: workshop.environment(tap, receiver: receiver), input: .kept)
    }

    /// Has it do a line.
    func say(_ line: TransmitLine) throws {
        try program.say("\(line.bursts) \(line.calls) \(line.pause) \(line.pace)")
    }

    /// The median over the bursts of a line, nanoseconds a call.
    func hear() throws -> Double {
        var figures: [Double] = []
        while let figure = Double(try program.readLine()) { figures.append(figure) }
        return median(figures)
    }

    /// Ends it; a call that failed is a failure.
    func end() throws {
        let end = try program.end()
        guard end.ending == .exited(0) else { throw TestFailure("transmit: \(end.ending) \(end.errors)") }
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

import Foundation
import TestSupport
import Testing

/// Programs under the shim under valgrind, which sees the library as it is shipped, not as a compiler watched it.
@Suite struct ValgrindTests {
    private static let memcheck = ["--leak-check=full", "--show-leak-kinds=definite,indirect,possible"]

    /// Runs a program under valgrind; what it found, of the program and of its children.
    private func findings(
        _ tool: [String], _ program: [String], _ environment: [String: String], input: String? = nil
    ) throws -> [String] {
        let folder = try TemporaryFolder()
        var environment = environment
        // The stub cannot do without its log, which a client that closes what it has not opened takes from it.
        environment["STUB_LOG"] = nil
        // With any audit object at all, valgrind tells of ld.so itself.
        environment["LD_AUDIT"] = nil
        let outcome = try Command.run(
            ["valgrind", "-q", "--log-file=\(folder.file("found.%p"))"] + tool + program, environment: environment,
            input: input)
        #expect(outcome.ending == .exited(0), "\(outcome.errors)")
        let logs = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        #expect(!logs.isEmpty)
        return logs.flatMap { folder.read($0).split(separator: "\n").map(String.init) }
    }

    @Test func everyCallIsCleanInMemory() throws {
        let bench = try ShimBench()
        let lines = [
            "establish", "connect", "strange", "transmit 5000 0", "hex 00E30010", "hex 80120000FF",
            "hex 80C2000003D10100", "hex 8014000005810301FF00", "hex 8014000003010100", "threads 4 500", "sharing 4 20",
            "fork 5", "cancel", "cancel-thread", "close-all", "status", "transmit 300 0", "disconnect", "release",
        ]
        let found = try findings(
            Self.memcheck, [Workshop.shared.client.path], bench.environment(["CARDLINK_CAPTURE": "files"]),
            input: lines.joined(separator: "\n") + "\n")
        #expect(found == [])
        bench.stop()
        #expect(bench.sink.exchanges.count + bench.sink.droppedInAll >= 5_000 + 2_000 + 300)
    }

    /// Helgrind knows locks, and of atomics only those that lock the bus: no ring is given up here, whose last records
    /// are read by another thread. ThreadSanitizer knows both (`SanitizedTests`).
    @Test func threadsMeetWithoutARace() throws {
        let bench = try ShimBench()
        let lines = ["establish", "connect", "threads 2 500", "disconnect", "release"]
        let found = try findings(
            ["--tool=helgrind"], [Workshop.shared.client.path], bench.environment(),
            input: lines.joined(separator: "\n") + "\n")
        #expect(found == [])
        bench.stop()
        #expect(bench.sink.exchanges.count == 1_000)
    }

    /// On the real library and a real pcscd: nothing is found that is not found without the shim.
    @Test func addsNothingToWhatTheRealLibraryShows() throws {
        let virtual = try Bench()
        let bench = try ShimBench()
        let program = try [Workshop.shared.linked.path]
        let bare = try findings(Self.memcheck, program, virtual.environment)
        let found = try findings(Self.memcheck, program, bench.environment(virtual.environment, library: .system))
        #expect(found == bare)
        bench.stop()
        #expect(bench.sink.exchanges.count == 3)
    }
}

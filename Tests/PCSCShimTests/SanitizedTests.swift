import Foundation
import TestSupport
import Testing

/// The shim's C, compiled with a compiler's sanitizers.
@Suite struct SanitizedTests {
    /// No more records by threads side by side than the ring has slots: of a receiver in another process, which hands
    /// slots from one to another, ThreadSanitizer knows nothing.
    private static let lines = [
        "establish", "connect", "transmit 5000 0", "hex 00E30010", "hex 80120000FF", "hex 80C2000003D10100",
        "hex 8014000005810301FF00", "hex 8014000003010100", "threads 4 900", "sharing 8 24", "cancel", "cancel-thread",
        "fork 5", "close-all", "status", "transmit 300 0", "disconnect", "release",
    ]

    @Test(arguments: ["address,undefined", "thread"])
    func findNothing(sanitizers: String) throws {
        let workshop = try Workshop.shared
        let bench = try ShimBench()
        let shim = URL(filePath: bench.folder.file("libpcsclite.so.1"))
        let client = URL(filePath: bench.folder.file("client"))
        let sources = Workshop.sources.appending(path: "PCSCShim")
        let names = ["forward.c", "library.c", "ring.c", "sessions.c", "transmit.c"]
        let files = names.map { sources.appending(path: $0).path }
        let watched = ["-g", "-fsanitize=\(sanitizers)", "-fno-sanitize-recover=undefined"]
        try Workshop.compile(
            files, to: shim,
            watched + ["-shared", "-fPIC", "-fvisibility=hidden", "-Wl,-soname,libpcsclite.so.1"]
                + ["-I", Workshop.sources.appending(path: "CProbe/include").path])
        try Workshop.compile(["client.c"], to: client, watched + ["-pthread", shim.path])
        let outcome = try Command.run(
            [client.path],
            environment: [
                "LD_LIBRARY_PATH": bench.folder.path, "CARDLINK_RECEIVER": bench.socket,
                "CARDLINK_PCSC_LIBRARY": workshop.stub.path, "ASAN_OPTIONS": "detect_leaks=0",
                "TSAN_OPTIONS": "",
            ], input: Self.lines.joined(separator: "\n"))
        #expect(outcome.ending == .exited(0), "\(outcome.errors)")
        bench.stop()
        #expect(bench.sink.exchanges.count + bench.sink.droppedInAll >= 5_000 + 5 + 3_600 + 5 + 300)
    }
}

import Foundation
import TestSupport
import Testing

/// `Tests/benchmark` as small as it goes: no figure counts, but all of it runs, and whoever counts or renders something
/// else than arithmetic says ends it.
@Suite struct BenchmarkTests {
    @Test(arguments: [
        ("transmit", "libpcscspy"), ("record", "nine atomic additions"), ("render", "copying its bytes"),
        ("span", "opentelemetry-python"), ("at-tap", "10 MB/s"), ("live", "nobody"),
        ("start", "promtool --version"), ("psk-tls", "socat"), ("adb", "socat"), ("events", "50,000 a second"),
        ("store", "sqlite3 of Python"), ("pytest", "without the plugin"),
    ])
    func runsSmall(name: String, peer: String) throws {
        let end = try Command.run([Files.products + "/benchmark", "--small", "--json", name], within: 180)
        #expect(end.ending == .exited(0), "\(end.errors)")
        let rows = try end.output.split(separator: "\n").map { line in
            try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        }
        #expect(rows.contains { $0["peer"] as? String == peer })
        for row in rows {
            #expect(row["bench"] as? String == name)
            #expect(try #require(row["ours"] as? Double) > 0)
            #expect(row["bar"] == nil)
        }
    }

    @Test func anUnknownNameIsOneLine() throws {
        let end = try Command.run([Files.products + "/benchmark", "no-such-benchmark"])
        #expect(end.ending == .exited(64))
        #expect(
            end.errors
                == "Tests/benchmark: unknown benchmark 'no-such-benchmark'; there is: transmit, record, render, span, at-tap, psk-tls, adb, live, start, events, store, pytest\n"
        )
    }
}

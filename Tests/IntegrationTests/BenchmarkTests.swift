import Foundation
import TestSupport
import Testing

/// `Tests/benchmark` as small as it goes: no figure counts, but all of it runs, and whoever counts or renders something
/// else than arithmetic says ends it.
@Suite struct BenchmarkTests {
    @Test(arguments: [
        ("transmit", "libpcscspy"), ("record", "nine atomic additions"), ("decode", "tshark, a packet"),
        ("render", "copying its bytes"),
        ("span", "opentelemetry-python"), ("at-tap", "10 MB/s"), ("live", "nobody"),
        ("start", "promtool --version"), ("psk-tls", "socat"), ("adb", "socat"), ("events", "50,000 a second"),
        ("store", "sqlite3 of Python"), ("pytest", "without the plugin"),
        ("load", "its share"), ("memory", "its value alone"), ("growth", "client_golang"), ("replay", "grep -c"),
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

    /// The article has a section for each, with a table that has been filled.
    @Test func thePageHasEachBenchmark() throws {
        let end = try Command.run([Files.products + "/benchmark", "no-such-benchmark"])
        let names = end.errors.trimmingCharacters(in: .newlines).components(separatedBy: "there is: ").last ?? ""
        let sections = try page.components(separatedBy: "\n### ").dropFirst()
        #expect(sections.compactMap { $0.components(separatedBy: "\n").first } == names.components(separatedBy: ", "))
        for section in sections {
            #expect(section.split(separator: "\n").count { $0.hasPrefix("| ") } > 1, "\(section.prefix(20))")
        }
    }

    /// What README says of a transmit is what the page has.
    @Test func theREADMEHasThePagesFigures() throws {
        let row = try #require(
            page.firstMatch(
                of: /\| added, warm \| ns \| ([0-9.]+) \| two clock readings ([0-9.]+), .*; libpcscspy ([0-9.]+),/))
        let text = try String(contentsOfFile: Files.package + "/README.md", encoding: .utf8)
            .replacing("\n", with: " ").replacing(",", with: "")
        #expect(
            text.contains(
                "adds \(row.1) ns \(row.2) of them for reading the clock twice; pcsc-lite's own spy library adds \(row.3) ("
            ))
    }

    private var page: String {
        get throws {
            try String(
                contentsOfFile: "\(Files.package)/Sources/ProbeDaemon/ProbeDaemon.docc/Benchmarks.md", encoding: .utf8)
        }
    }

    @Test func anUnknownNameIsOneLine() throws {
        let end = try Command.run([Files.products + "/benchmark", "no-such-benchmark"])
        #expect(end.ending == .exited(64))
        #expect(
            end.errors
                == "Tests/benchmark: unknown benchmark 'no-such-benchmark'; there is: transmit, record, decode, render, span, at-tap, psk-tls, adb, live, start, events, store, pytest, load, memory, growth, replay\n"
        )
    }
}

import Foundation
import TestSupport
import Testing

/// What `serve` and `run` leave on a machine and listen on, with a umask that forbids nothing.
@Suite struct PlacesTests {
    private let bench: Bench
    private let folder: TemporaryFolder

    init() throws {
        bench = try Bench()
        folder = try TemporaryFolder()
        try FileManager.default.createDirectory(atPath: folder.file("made"), withIntermediateDirectories: true)
    }

    /// Runs a program without a umask.
    private static let open = ["sh", "-c", "umask 000; exec \"$@\"", "sh"]

    private func serve(_ options: [String]) throws -> ServingProbe {
        try ServingProbe(
            under: Self.open, sockets: folder.file("made/sockets"), options: options,
            environment: bench.environment.merging(["XDG_STATE_HOME": folder.file("made/state")]) { $1 })
    }

    @Test func eachFileAndSocketIsForWhoMayHaveIt() throws {
        let made = folder.file("made")
        let modem = try RunningCommand([Files.probe, "simulate", "modem", "--link", folder.file("modem")])
        #expect(eventually(within: 20) { modem.errorsSoFar.contains("the modem ") })
        let probe = try serve([
            "--events.recording", "\(made)/events.ndjson", "--capture.file",
            "\(made)/bench.pcapng", "--modem.tap", "tester=\(folder.file("modem"))",
        ])
        let listing = folder.file("listing")
        // A refused PIN has a file of its own, a second after it.
        let program = try folder.write(
            """
            opensc-tool -s 00A40000023F00 -s 00200001083939393900000000
            for second in 1 2 3 4 5 6 7 8 9 10; do ls \(made)/state/cardlink-probe/flights/* && break; sleep 1; done
            find \(made) -mindepth 1 -printf '%P %y %m %U:%G\\n' >\(listing)
            """, to: "program.sh")
        let run = try Command.run(
            Self.open + [
                Files.probe, "run", "--runtime-dir", "\(made)/sockets", "--json", "\(made)/run.json", "--events",
                "\(made)/run.ndjson", "--capture", "\(made)/run.pcapng", "--", "sh", program,
            ], environment: bench.environment.merging(["XDG_STATE_HOME": folder.file("made/state")]) { $1 })
        #expect(run.ending == .exited(0), "\(run.errors)")
        let owner = " \(getuid()):\(getgid())"
        let found = folder.read("listing").split(separator: "\n").map { line in
            String(line).replacing(owner, with: "").replacing(/[0-9-]+T[0-9.-]+Z/, with: "TIME")
                .replacing(/run-[0-9]+/, with: "run-PID")
        }
        #expect(Set(found).sorted() == Self.places)
        // It has no bytes, and is where its user wants it: as what a shell writes.
        let report = try FileManager.default.attributesOfItem(atPath: "\(made)/run.json")
        #expect(report[.posixPermissions] as? Int == 0o666)
        let listeners = try listeners(of: probe, in: made)
        #expect(listeners == ["sockets/events.sock", "sockets/receiver.sock", "tcp 127.0.0.1"])
    }

    /// Name, kind as `find` says it, and mode; the owner is who started it.
    private static let places = [
        "bench.pcapng f 600",
        "events.ndjson f 600",
        "run.ndjson f 600",
        "run.pcapng f 600",
        "sockets d 700",
        "sockets/events.sock s 660",
        "sockets/modems d 755",
        "sockets/modems/tester l 777",
        "sockets/receiver.sock s 660",
        "sockets/run-PID-events.sock s 660",
        "sockets/run-PID.sock s 660",
        "state d 700",
        "state/cardlink-probe d 700",
        "state/cardlink-probe/flights d 700",
        "state/cardlink-probe/flights/TIME-card-virtual-pcd-00-00.ndjson f 600",
        "state/cardlink-probe/history.db f 600",
        "state/cardlink-probe/history.db-shm f 600",
        "state/cardlink-probe/history.db-wal f 600",
        "state/cardlink-probe/identity.key f 600",
        "state/cardlink-probe/instance-id f 644",
    ]

    @Test func nothingIsChangedOverHTTP() throws {
        let probe = try serve([])
        for path in ["/", "/metrics", "/health", "/api/v1/status", "/api/v1/stream", "/api/v1/apdu/1"] {
            for method in ["POST", "PUT", "PATCH", "DELETE"] {
                let end = try Command.run([
                    "curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "-X", method, "-d", "x=1",
                    "http://127.0.0.1:\(probe.port)\(path)",
                ])
                #expect(["404", "405"].contains(end.output), "\(method) \(path): \(end.output)")
            }
        }
    }

    /// What it listens on; ports are the system's choice.
    private func listeners(of probe: ServingProbe, in made: String) throws -> [String] {
        let lines = try Command.run(["ss", "-Hlnptux"]).output.split(separator: "\n")
        return Set(
            lines.filter { $0.contains("pid=\(probe.pid),") }.compactMap { line in
                let words = line.split(separator: " ")
                guard let place = words.first(where: { $0.hasPrefix("/") || $0.contains(":") }) else { return nil }
                if place.hasPrefix(made) { return String(place.dropFirst(made.count + 1)) }
                return "\(words[0]) \(place.prefix { $0 != ":" })"
            }
        ).sorted()
    }
}

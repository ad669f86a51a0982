import Foundation
import TestSupport
import Testing

/// The reader of connections and of what is inside them, under libFuzzer; crypto is swift-crypto's, as it was built.
@Suite struct ConnectionFuzzTests {
    private static let seconds = isLongRun ? 600 : 3
    private static let kept = "\(Files.package)/Tests/Fuzz/Corpus/PSKTLS"
    private static let libraries = [
        "CCryptoBoringSSL", "CCryptoBoringSSLShims", "CXKCP", "CXKCPShims", "Crypto", "CryptoBoringWrapper",
        "CryptoExtras", "SwiftASN1",
    ]

    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test(.timeLimit(.minutes(20))) func anyConnectionIsTaken() throws {
        try FileManager.default.createDirectory(atPath: folder.file("corpus"), withIntermediateDirectories: true)
        try writeSeeds()
        let fuzzer = try compile()
        let end = try Command.run(
            [
                fuzzer, "-max_total_time=\(Self.seconds)", "-max_len=4096", "-timeout=10", "-print_final_stats=1",
                "-artifact_prefix=\(folder.path)/", folder.file("corpus"), Self.kept,
            ], within: Double(Self.seconds) + 60)
        #expect(end.ending == .exited(0), "\(end.errors.suffix(4_000))")
        let executions = end.errors.split(separator: "\n").first { $0.contains("number_of_executed_units") }
        let count = Int(executions?.split(separator: " ").last ?? "") ?? 0
        print("connections: \(count) inputs in \(Self.seconds) s")
        #expect(count > 1_000)
        if ProcessInfo.processInfo.environment["TESTS_KEEP_CORPUS"] != nil { try keep(with: fuzzer) }
    }

    /// Writes the smallest inputs that reach what old and new ones reach.
    private func keep(with fuzzer: String) throws {
        let least = folder.file("least")
        try FileManager.default.createDirectory(atPath: least, withIntermediateDirectories: true)
        let end = try Command.run(
            [
                fuzzer, "-set_cover_merge=1", "-use_counters=0", "-max_len=1200", least, Self.kept,
                folder.file("corpus"),
            ], within: 300)
        guard end.ending == .exited(0) else { throw TestFailure("\(end.errors.suffix(4_000))") }
        _ = try FileManager.default.replaceItemAt(URL(filePath: Self.kept), withItemAt: URL(filePath: least))
    }

    /// The harness, the rooms it reads, and the words they share in one module, so that all of it tells what it reached.
    private func compile() throws -> String {
        let rooms = [
            "SmartCard", "ProbeEvents", "Taps/PSKTLS/Reader", "Taps/PSKTLS/Inside", "Taps/PSKTLS/Administration",
            "Taps/PSKTLS/Copy",
        ]
        let harness = URL(filePath: "\(Files.package)/Tests/Fuzz/PSKTLS.swift")
        let own = rooms.flatMap { Self.files(in: "\(Files.package)/Sources/\($0)", ending: ".swift") } + [harness]
        for file in own where !["AdministrationTeller.swift", "StreamCopy.swift"].contains(file.lastPathComponent) {
            let text = try String(contentsOf: file, encoding: .utf8)
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false).filter {
                $0.wholeMatch(of: /([a-z]+ )?import (ProbeEvents|SmartCard|Taps)/) == nil
            }
            try folder.write(lines.joined(separator: "\n"), to: file.lastPathComponent)
        }
        let sources = Self.files(in: folder.path, ending: ".swift").map(\.path)
        let objects = Self.libraries.flatMap { Self.files(in: "\(Files.products)/\($0).build", ending: ".o") }
        let end = try Command.run(
            [
                // A fast one takes a minute to make.
                "swiftc", "-swift-version", "6", isLongRun ? "-O" : "-Onone", "-wmo", "-num-threads", "2",
                "-parse-as-library", "-module-name", "Fuzzed",
                "-package-name", "cardlink", "-sanitize=fuzzer,address", "-I", "\(Files.products)/Modules",
            ] + Self.headers + sources + objects.map(\.path) + ["-lstdc++", "-o", folder.file("connections")],
            within: 600)
        guard end.ending == .exited(0) else { throw TestFailure("swiftc: \(end.errors.suffix(4_000))") }
        return folder.file("connections")
    }

    /// Where swift-crypto's modules find their C.
    private static var headers: [String] {
        libraries.filter { $0.hasPrefix("C") }.flatMap { library -> [String] in
            let folder = "\(Files.package)/.build/checkouts/swift-crypto/Sources/\(library)/include"
            let maps = ["\(folder)/module.modulemap", "\(Files.products)/\(library).build/module.modulemap"]
            return maps.filter(FileManager.default.fileExists).flatMap {
                ["-Xcc", "-fmodule-map-file=\($0)", "-Xcc", "-I\(folder)"]
            }
        }
    }

    private static func files(in folder: String, ending: String) -> [URL] {
        let all = FileManager.default.enumerator(at: URL(filePath: folder), includingPropertiesForKeys: nil)
        return (all?.compactMap { $0 as? URL } ?? []).filter { $0.path.hasSuffix(ending) }
    }

    /// The recorded session, and a session of an administration server, as pieces.
    private func writeSeeds() throws {
        var card: [UInt8] = []
        for line in try captures("psk-tls.hex", separator: "|") {
            var rest = hex(line[1])[...]
            while !rest.isEmpty {
                let piece = rest.prefix(255)
                card += [line[0] == "c" ? 0 : 1, UInt8(piece.count)] + piece
                rest = rest.dropFirst(255)
            }
        }
        try Data(card).write(to: URL(filePath: folder.file("corpus/card")))
        let head = Array("POST / HTTP/1.1\r\nX-Admin-Protocol: globalplatform-remote-admin/1.0\r\n\r\n".utf8)
        let script =
            Array("HTTP/1.1 200 OK\r\nX-Admin-Next-URI: /\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n".utf8)
            + hex("AE80220300A40400 00") + Array("\r\n0\r\n\r\n".utf8)
        let prefixed =
            Array("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n".utf8) + hex("000400A40400")
        let result =
            Array("POST / HTTP/1.1\r\nX-Admin-Script-Status: ok\r\nContent-Length: 8\r\n\r\n".utf8)
            + hex("AF80230290000000")
        let pieces: [(UInt8, [UInt8])] = [(0, head), (1, script), (0, result), (1, prefixed)]
        try Data(pieces.flatMap { [$0, UInt8($1.count)] + $1 }).write(to: URL(filePath: folder.file("corpus/session")))
    }
}

import Foundation
import TestSupport
import Testing

/// What the shim lets out of a command, under libFuzzer: for itself, and beside its twin in Swift.
@Suite(.serialized) struct FuzzTests {
    private static let seconds = isLongRun ? 600 : 3
    private static let harness = URL(filePath: Files.package).appending(path: "Tests/Fuzz")
    private static let includes = [
        "-I", harness.appending(path: "include").path, "-I", Workshop.sources.appending(path: "CProbe/include").path,
    ]
    private static let sanitizers = "-fsanitize=address,undefined"

    private let folder: TemporaryFolder
    private let toolchain: String

    init() throws {
        folder = try TemporaryFolder()
        let information = Data(try Self.succeed(["swiftc", "-print-target-info"]).output.utf8)
        let target = try JSONSerialization.jsonObject(with: information) as? [String: Any]
        let paths = try #require(target?["paths"] as? [String: Any])
        toolchain = "\(try #require(paths["runtimeResourcePath"]))/../../bin"
        try writeSeeds()
    }

    /// Each capture as the command and response that carry it.
    private func writeSeeds() throws {
        try FileManager.default.createDirectory(atPath: folder.file("corpus"), withIntermediateDirectories: true)
        let captures = try String(contentsOfFile: "\(Files.package)/Tests/Captures/toolkit.hex", encoding: .utf8)
        var seeds: [(command: [UInt8], response: [UInt8])] = [
            ([0x00, 0xA4, 0x04, 0x0C, 0x02, 0x3F, 0x00], []), ([0x00, 0x20, 0x00, 0x01, 0x02, 0x31, 0x32], []),
            ([0x00, 0xB0, 0x00, 0x00, 0x00, 0x01, 0x00], [UInt8](repeating: 0x11, count: 256)),
        ]
        for line in captures.split(separator: "\n") where !line.hasPrefix("#") {
            let parts = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            try #require(parts.count == 4)
            let bytes = parts[2].split(separator: " ").compactMap { UInt8($0, radix: 16) }
            let length = bytes.count < 256 ? [UInt8(bytes.count)] : [0, 1, UInt8(bytes.count & 0xFF)]
            switch parts[1] {
            case "fetch": seeds.append(([0x80, 0x12, 0x00, 0x00, UInt8(bytes.count & 0xFF)], bytes))
            case "response": seeds.append(([0x80, 0x14, 0x00, 0x00] + length + bytes, []))
            default: seeds.append(([0x80, 0xC2, 0x00, 0x00] + length + bytes, []))
            }
        }
        for (number, seed) in seeds.enumerated() {
            let count = [UInt8(seed.command.count & 0xFF), UInt8(seed.command.count >> 8)]
            let input = Data([0] + count + seed.command + seed.response + [0x90, 0x00])
            try input.write(to: URL(filePath: folder.file("corpus/seed\(number)")))
        }
    }

    @discardableResult
    private static func succeed(_ words: [String], within seconds: Double = 300) throws -> Command {
        let end = try Command.run(words, within: seconds)
        guard end.ending == .exited(0) else {
            throw TestFailure("\(words[0]): \(end.errors.suffix(4_000))")
        }
        return end
    }

    private func compile(_ words: [String], to output: String) throws {
        let source = Self.harness.appending(path: "allow.c").path
        try Self.succeed(
            ["\(toolchain)/clang", "-std=gnu17", "-O1", "-g", "-Wall", "-Wextra", "-Werror", source]
                + ["-fno-sanitize-recover=undefined", Self.sanitizers] + Self.includes + words + ["-o", output])
    }

    /// Runs a fuzzer for its time; what it finds is a failure with the input in Base64.
    private func run(_ fuzzer: String) throws {
        let end = try Self.succeed(
            [
                fuzzer, "-max_total_time=\(Self.seconds)", "-max_len=4096", "-timeout=10", "-print_final_stats=1",
                "-artifact_prefix=\(folder.path)/", folder.file("corpus"),
            ], within: Double(Self.seconds) + 60)
        let executions = end.errors.split(separator: "\n").first { $0.contains("number_of_executed_units") }
        let count = Int(executions?.split(separator: " ").last ?? "") ?? 0
        let state = end.errors.split(separator: "\n").last { $0.contains(" cov: ") } ?? ""
        print(
            "\(URL(filePath: fuzzer).lastPathComponent): \(count) inputs in \(Self.seconds) s,\(state.drop { $0 != " " })"
        )
        #expect(count > 1_000)
    }

    @Test func nothingElseLeaves() throws {
        let fuzzer = folder.file("allow")
        try compile(["-fsanitize=fuzzer"], to: fuzzer)
        try run(fuzzer)
    }

    @Test func twinsAgree() throws {
        let fuzzer = folder.file("twins")
        try compile(["-fsanitize=fuzzer-no-link", "-DTWIN", "-c"], to: folder.file("allow.o"))
        try compileSwift(
            "Twin.swift", with: ["-Xclang-linker", Self.sanitizers, folder.file("allow.o")] + Self.includes, to: fuzzer)
        try run(fuzzer)
    }

    /// A harness in Swift, and the decoders in one module with it.
    private func compileSwift(_ harness: String, with words: [String] = [], to fuzzer: String) throws {
        let rooms = ["APDU", "Commands", "Redaction", "TLV", "Toolkit"]
        let sources = try rooms.map { Workshop.sources.appending(path: "SmartCard/\($0)") }.flatMap {
            try FileManager.default.contentsOfDirectory(at: $0, includingPropertiesForKeys: nil).map(\.path)
        }
        try Self.succeed(
            [
                "swiftc", "-swift-version", "6", "-O", "-wmo", "-parse-as-library", "-module-name", "Fuzzed",
                "-package-name", "cardlink", "-sanitize=fuzzer,address", Self.harness.appending(path: harness).path,
            ] + sources.filter { $0.hasSuffix(".swift") } + words + ["-o", fuzzer])
    }

    /// What cards, terminals and modems give is decoded or refused, and channels are followed without counting what is not
    /// there.
    @Test func anyTalkIsTaken() throws {
        let fuzzer = folder.file("toolkit")
        try compileSwift("Toolkit.swift", to: fuzzer)
        try writeTalks()
        try run(fuzzer)
    }

    /// Each capture alone, and a session of them.
    private func writeTalks() throws {
        let kinds: [String: UInt8] = ["fetch": 0, "response": 2, "envelope": 4]
        var whole: [UInt8] = []
        for (number, line) in try captures("toolkit.hex", separator: "|").enumerated() {
            let bytes = hex(line[2])
            guard bytes.count < 256, let kind = kinds[line[1]] else { continue }
            let message = [kind, UInt8(bytes.count)] + bytes
            whole += message
            try Data(message).write(to: URL(filePath: folder.file("corpus/talk\(number)")))
        }
        try Data(whole).write(to: URL(filePath: folder.file("corpus/talks")))
    }
}

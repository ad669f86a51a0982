import Foundation
import TestSupport
import Testing

/// A harness of `Tests/Fuzz` as a program, with libFuzzer and AddressSanitizer in it and in what it takes.
struct Fuzzer {
    private static let seconds = isLongRun ? 600 : 3
    private static let keepsCorpus = ProcessInfo.processInfo.environment["TESTS_KEEP_CORPUS"] != nil
    private static let home = "\(Files.package)/Tests/Fuzz"
    private static let includes = ["Tests/Fuzz", "Sources/CProbe", "Sources/CXML"].flatMap {
        ["-I", "\(Files.package)/\($0)/include"]
    }
    private static let sanitizers = "-fsanitize=address,undefined"

    private let folder: TemporaryFolder
    private let program: String

    /// A harness in Swift.
    init(swift harness: String) throws {
        folder = try TemporaryFolder()
        program = folder.file(harness)
        try Self.link(harness, to: program)
    }

    /// A harness in C, and a half in Swift that it asks.
    init(c source: String, twin: String? = nil) throws {
        folder = try TemporaryFolder()
        program = folder.file(twin ?? source)
        guard let twin else {
            try Self.compile("Tests/Fuzz/\(source)", ["-fsanitize=fuzzer"], to: program)
            return
        }
        let object = folder.file("harness.o")
        try Self.compile("Tests/Fuzz/\(source)", ["-fsanitize=fuzzer-no-link", "-DTWIN", "-c"], to: object)
        try Self.link(twin, with: ["-Xclang-linker", Self.sanitizers, object], to: program)
    }

    // MARK: Running

    /// Runs it on a kept corpus and from there on for its time; what it finds is a failure with the input in Base64.
    func run(with corpus: String) throws {
        let kept = "\(Self.home)/Corpus/\(corpus)"
        let inputs = try FileManager.default.contentsOfDirectory(atPath: kept).count
        let new = folder.file("corpus")
        try FileManager.default.createDirectory(atPath: new, withIntermediateDirectories: true)
        let end = try Self.succeed(
            [
                program, "-max_total_time=\(Self.seconds)", "-max_len=4096", "-timeout=20", "-print_final_stats=1",
                "-artifact_prefix=\(folder.path)/", new, kept,
            ], within: Double(Self.seconds) + 60)
        let lines = end.errors.split(separator: "\n")
        #expect(lines.contains { $0.contains("seed corpus: files: \(inputs) ") }, "\(kept) was not read")
        let executed = lines.first { $0.contains("number_of_executed_units") }?.split(separator: " ").last
        let count = Int(executed ?? "") ?? 0
        #expect(inputs > 10 && count > inputs + 100)
        let state = lines.last { $0.contains(" cov: ") } ?? ""
        print("\(URL(filePath: program).lastPathComponent): \(count) inputs,\(state.drop { $0 != " " })")
        if Self.keepsCorpus { try keep(new, in: kept) }
    }

    /// Writes the smallest inputs that reach what old and new ones reach.
    private func keep(_ new: String, in kept: String) throws {
        let least = folder.file("least")
        try FileManager.default.createDirectory(atPath: least, withIntermediateDirectories: true)
        try Self.succeed([program, "-set_cover_merge=1", "-use_counters=0", "-max_len=400", least, kept, new])
        _ = try FileManager.default.replaceItemAt(URL(filePath: kept), withItemAt: URL(filePath: least))
    }

    // MARK: Building

    /// The rooms whose decoders are fuzzed, each after those that it imports; without what has to do with ports.
    private static let rooms = [
        Room(name: "SmartCard"), Room(name: "ProbeEvents"), Room(name: "Modem"), Room(name: "Capture"),
        Room(
            name: "Taps",
            parts: [
                "Taps/ADB/Reader", "Taps/ADB/RadioLog", "Taps/ADB/Phones/DeviceList.swift",
                "Taps/PCSC/ProcessEnvironment.swift", "Taps/PCSC/RingDecoder.swift", "Taps/PCSC/RingReader.swift",
                "Taps/PCSC/RingRecord.swift", "Taps/PCSC/ShimClient.swift", "Taps/Relay/RelaySide.swift",
                "Taps/Replay", "Taps/TesterEvents/EventConnection.swift", "Taps/TesterEvents/EventReader.swift",
                "Taps/TesterEvents/JUnit", "Taps/TesterEvents/LineSplitter.swift",
                "Taps/TesterEvents/OpenTesterEvents.swift", "Taps/TesterEvents/OpenWork.swift",
                "Taps/TesterEvents/OutsideEvents.swift", "Taps/TesterEvents/SocketLine.swift",
                "Taps/TesterEvents/TextBound.swift",
            ]),
        Room(
            name: "Observability",
            parts: [
                "Observability/Configuration", "Observability/Logging/LogComponent.swift",
                "Observability/Logging/LoggingConfig.swift", "Observability/RFC3339.swift",
            ]),
        Room(name: "DaemonClient", parts: ["DaemonClient/Exposition"]), Room(name: "WebConfigFile"),
        Room(
            name: "BenchSimulator",
            parts: [
                "BenchSimulator/Card", "BenchSimulator/Link/OracleLog.swift", "BenchSimulator/Modem",
                "BenchSimulator/Script", "BenchSimulator/SimulatorError.swift", "BenchSimulator/SystemCalls.swift",
            ]),
    ]
    /// What of them is C.
    private static let cSources = ["CProbe/receiver.c", "CXML/xml_elements.c"]

    private struct Room {
        var name: String
        /// Folders and files; all of it where none is named.
        var parts: [String]

        init(name: String, parts: [String]? = nil) { (self.name, self.parts) = (name, parts ?? [name]) }
    }

    /// Those that take most of the time are made fast; of the others a fast one takes longer to make than it saves in the
    /// short run.
    private static func optimization(of room: String) -> [String] {
        [isLongRun || room == "SmartCard" ? "-O" : "-Onone", "-wmo"]
            + ["-num-threads", "\(ProcessInfo.processInfo.activeProcessorCount)"]
    }

    private static let compiledRooms = Result {
        let folder = "\(Files.products)/fuzz"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for room in rooms {
            try compileSwift(
                try room.parts.flatMap(sources) + optimization(of: room.name)
                    + ["-emit-module-path", "\(folder)/\(room.name).swiftmodule", "-emit-library", "-static"],
                module: room.name, in: folder, to: "\(folder)/lib\(room.name).a")
        }
        for source in cSources {
            try compile(
                "Sources/\(source)", ["-fsanitize=fuzzer-no-link", "-I/usr/include/libxml2", "-c"],
                to: "\(folder)/\(URL(filePath: source).lastPathComponent).o")
        }
        try gatherLibraries(in: "\(folder)/libraries.a")
        return folder
    }

    /// What the rooms import of other packages, as it was built; the linker takes of it what is needed.
    private static func gatherLibraries(in archive: String) throws {
        try? FileManager.default.removeItem(atPath: archive)
        let own = Set(try FileManager.default.contentsOfDirectory(atPath: "\(Files.package)/Sources"))
        let objects = try FileManager.default.contentsOfDirectory(atPath: Files.products).flatMap { folder in
            let name = folder.hasSuffix(".build") ? String(folder.dropLast(".build".count)) : ""
            guard !name.isEmpty, !own.contains(name), !name.contains("-"), !name.contains("Test") else { return [] }
            return try FileManager.default.subpathsOfDirectory(atPath: "\(Files.products)/\(folder)").filter {
                $0.hasSuffix(".o")
            }.map { "\(Files.products)/\(folder)/\($0)" }
        }
        let list = "\(archive).list"
        try objects.map { "\"\($0)\"\n" }.joined().write(toFile: list, atomically: true, encoding: .utf8)
        // Only this ar keeps objects of one name apart.
        try succeed(["\(try Files.toolchain.get())/llvm-ar", "qcsT", archive, "@\(list)"])
    }

    /// Where the compiler finds the libraries' modules, and the C in them.
    private static let modules = Result {
        let built = try FileManager.default.contentsOfDirectory(atPath: Files.products).map {
            "\(Files.products)/\($0)/module.modulemap"
        }
        let checkouts = "\(Files.package)/.build/checkouts"
        let written = try FileManager.default.contentsOfDirectory(atPath: checkouts).flatMap { package in
            let sources = "\(checkouts)/\(package)/Sources"
            return ((try? FileManager.default.contentsOfDirectory(atPath: sources)) ?? []).map {
                "\(sources)/\($0)/include/module.modulemap"
            }
        }
        let maps = (built + written).filter { FileManager.default.fileExists(atPath: $0) && !$0.contains("PCSC") }
        return ["-I", "\(Files.products)/Modules"] + maps.flatMap { ["-Xcc", "-fmodule-map-file=\($0)"] }
    }

    private static func sources(of part: String) throws -> [String] {
        let folder = "\(Files.package)/Sources/\(part)"
        guard !part.hasSuffix(".swift") else { return [folder] }
        let paths = try FileManager.default.subpathsOfDirectory(atPath: folder).filter { $0.hasSuffix(".swift") }
        return try paths.map { "\(folder)/\($0)" }.filter { path in
            let text = try String(contentsOfFile: path, encoding: .utf8)
            return !["import NIOCore", "import NIOPosix", "import CProbe", "ATPort"].contains { text.contains($0) }
        }
    }

    private static func link(_ harness: String, with words: [String] = [], to program: String) throws {
        let folder = try compiledRooms.get()
        try compileSwift(
            ["\(home)/\(harness).swift", "-O", "-wmo"] + rooms.reversed().map { "\(folder)/lib\($0.name).a" }
                + cSources.map { "\(folder)/\(URL(filePath: $0).lastPathComponent).o" }
                + ["\(folder)/libraries.a", "-lxml2", "-lstdc++"] + words,
            module: "Harness", in: folder, to: program)
    }

    private static func compileSwift(
        _ words: [String], module: String, in folder: String, to output: String
    ) throws {
        try succeed(
            [
                "swiftc", "-swift-version", "6", "-parse-as-library", "-enable-testing",
                "-package-name", "cardlink", "-sanitize=fuzzer,address", "-module-name", module, "-I", folder,
            ] + includes + (try modules.get()) + words + ["-o", output])
    }

    private static func compile(_ source: String, _ words: [String], to output: String) throws {
        try succeed(
            ["\(try Files.toolchain.get())/clang", "-std=gnu17", "-O1", "-g", "-Wall", "-Wextra", "-Werror"]
                + ["\(Files.package)/\(source)", "-fno-sanitize-recover=undefined", sanitizers] + includes + words
                + ["-o", output])
    }

    @discardableResult
    private static func succeed(_ words: [String], within seconds: Double = 300) throws -> Command {
        // libFuzzer tells of a trap, and with the input; Swift's own report can take minutes and comes before it.
        let end = try Command.run(words, environment: ["SWIFT_BACKTRACE": "enable=no"], within: seconds)
        guard end.ending == .exited(0) else { throw TestFailure("\(words[0]): \(end.errors.suffix(4_000))") }
        return end
    }
}

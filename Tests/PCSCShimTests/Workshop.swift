import Foundation

/// The built products, and the C programs beside these tests, compiled once.
struct Workshop {
    /// A folder with the shim under the name of the library it stands for, and the audit object.
    let front: URL
    /// A libpcsclite that needs no pcscd.
    let stub: URL
    let client: URL
    let hostile: URL

    static var shared: Workshop {
        get throws { try made.get() }
    }

    private static let made = Result { try Workshop() }

    /// Where SwiftPM puts products: beside the program that runs the tests.
    static let products = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
    static let programs = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Programs")
    static let sources = programs.appending(path: "../../../Sources").standardized

    private init() throws {
        let folder = Self.products.appending(path: "shim-tests")
        front = folder.appending(path: "front")
        try FileManager.default.createDirectory(at: front, withIntermediateDirectories: true)
        try FileManager.default.createDirectory(
            at: folder.appending(path: "stub"), withIntermediateDirectories: true)
        try Self.link(front.appending(path: "libpcsclite.so.1"), to: "libpcsclite-probe.so")
        try Self.link(front.appending(path: "libpcsclite-audit.so"), to: "libpcsclite-audit.so")
        stub = folder.appending(path: "stub/libpcsclite.so.1")
        client = folder.appending(path: "client")
        hostile = folder.appending(path: "hostile")
        try Self.compile(["stub_pcsc.c"], to: stub, ["-shared", "-fPIC", "-Wl,-z,now", "-Wl,-soname,libpcsclite.so.1"])
        // At a fixed address, so that the library's data is copied into the program.
        try Self.compile(["client.c"], to: client, ["-fno-pie", "-no-pie", "-pthread", stub.path])
        try Self.compile(["hostile.c"], to: hostile, ["-I", Self.sources.appending(path: "CProbe/include").path])
    }

    /// Compiles programs of the folder `Programs`; warnings are errors.
    static func compile(_ names: [String], to output: URL, _ options: [String]) throws {
        let includes = try run("pkg-config", ["--cflags", "libpcsclite"]).text
        let sources = names.map { $0.hasPrefix("/") ? $0 : programs.appending(path: $0).path }
        let arguments =
            ["-std=gnu17", "-O2", "-Wall", "-Wextra", "-Werror"] + sources + ["-o", output.path]
            + includes.split(whereSeparator: \.isWhitespace).map(String.init) + options
        let compiled = try run("cc", arguments)
        guard compiled.status == 0 else { throw WorkshopError(what: compiled.text) }
    }

    private static func link(_ name: URL, to product: String) throws {
        try? FileManager.default.removeItem(at: name)
        try FileManager.default.createSymbolicLink(at: name, withDestinationURL: products.appending(path: product))
    }
}

struct WorkshopError: Error {
    var what: String
}

/// What a program wrote to its output and error, and how it ended.
struct Outcome {
    var text: String
    var status: Int32
}

/// Runs a program to its end.
func run(
    _ name: String, _ arguments: [String], environment: [String: String] = [:], input: String = ""
) throws -> Outcome {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = environment.map { "\($0)=\($1)" } + [name] + arguments
    let output = Pipe()
    let source = Pipe()
    process.standardOutput = output
    process.standardError = output
    process.standardInput = source
    try process.run()
    try source.fileHandleForWriting.write(contentsOf: Data(input.utf8))
    try source.fileHandleForWriting.close()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return Outcome(text: text, status: process.terminationStatus)
}

/// Waits until something is so; whether it became so in time.
func eventually(within seconds: Double = 10, _ isSo: () throws -> Bool) rethrows -> Bool {
    let deadline = Date(timeIntervalSinceNow: seconds)
    while try !isSo() {
        guard Date() < deadline else { return false }
        usleep(2_000)
    }
    return true
}

import Foundation
import TestSupport

/// The built products, and the C programs beside these tests, compiled once.
struct Workshop {
    /// A folder with the shim under the name of the library it stands for, and the audit object.
    let front: URL
    /// A libpcsclite that needs no pcscd.
    let stub: URL
    let client: URL
    /// A program that is linked with the system's library.
    let linked: URL
    let hostile: URL

    static var shared: Workshop {
        get throws { try made.get() }
    }

    private static let made = Result { try Workshop() }

    static let products = URL(filePath: Files.products)
    static let programs = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Programs")
    static let sources = URL(filePath: Files.package).appending(path: "Sources")

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
        linked = folder.appending(path: "linked")
        hostile = folder.appending(path: "hostile")
        try Self.compile(["stub_pcsc.c"], to: stub, ["-shared", "-fPIC", "-Wl,-z,now", "-Wl,-soname,libpcsclite.so.1"])
        // At a fixed address, so that the library's data is copied into the program.
        try Self.compile(["client.c"], to: client, ["-fno-pie", "-no-pie", "-pthread", stub.path])
        try Self.compile([Files.client("linked.c")], to: linked, ["-lpcsclite"])
        try Self.compile(["hostile.c"], to: hostile, ["-I", Self.sources.appending(path: "CProbe/include").path])
    }

    /// What puts a program under the shim, in front of the stub, with this receiver.
    func environment(receiver: String) -> [String: String] {
        [
            "LD_LIBRARY_PATH": front.path, "LD_AUDIT": front.appending(path: "libpcsclite-audit.so").path,
            "CARDLINK_RECEIVER": receiver, "CARDLINK_PCSC_LIBRARY": stub.path,
        ]
    }

    /// Compiles programs of the folder `Programs`; warnings are errors.
    static func compile(_ names: [String], to output: URL, _ options: [String]) throws {
        let includes = try Command.run(["pkg-config", "--cflags", "libpcsclite"]).output
        let sources = names.map { $0.hasPrefix("/") ? $0 : programs.appending(path: $0).path }
        let arguments =
            ["cc", "-std=gnu17", "-O2", "-Wall", "-Wextra", "-Werror"] + sources + ["-o", output.path]
            + includes.split(whereSeparator: \.isWhitespace).map(String.init) + options
        let compiled = try Command.run(arguments)
        guard compiled.ending == .exited(0) else { throw TestFailure(compiled.errors) }
    }

    private static func link(_ name: URL, to product: String) throws {
        try? FileManager.default.removeItem(at: name)
        try FileManager.default.createSymbolicLink(at: name, withDestinationURL: products.appending(path: product))
    }
}

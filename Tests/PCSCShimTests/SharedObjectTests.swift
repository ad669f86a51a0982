import Foundation
import TestSupport
import Testing

/// The built libraries as a program's loader sees them.
@Suite struct SharedObjectTests {
    private struct Symbol: Hashable {
        var name: Substring
        var kind: Substring
        /// Of data only: a linked program copies that many bytes.
        var bytes: Int?
    }

    private func symbols(of library: URL) throws -> Set<Symbol> {
        let lines = try Command.run(["readelf", "-W", "--dyn-syms", library.path]).output.split(separator: "\n")
        return Set(
            lines.compactMap { line in
                let words = line.split(separator: " ")
                guard words.count >= 8, words[6] != "UND", ["GLOBAL", "WEAK"].contains(words[4]) else { return nil }
                return Symbol(name: words[7], kind: words[3], bytes: words[3] == "OBJECT" ? Int(words[2]) : nil)
            })
    }

    private func dynamic(_ library: URL, _ tag: String) throws -> [String] {
        try Command.run(["readelf", "-dW", library.path]).output.split(separator: "\n")
            .filter { $0.contains("(\(tag))") }
            .compactMap { $0.split(separator: "[").last.map { String($0.dropLast()) } }
    }

    private var shim: URL { Workshop.products.appending(path: "libpcsclite-probe.so") }
    private var audit: URL { Workshop.products.appending(path: "libpcsclite-audit.so") }

    /// All symbols of pcsc-lite 1.9 and 2.x.
    private static let exported: Set<String> = [
        "SCardBeginTransaction", "SCardCancel", "SCardConnect", "SCardControl", "SCardDisconnect",
        "SCardEndTransaction", "SCardEstablishContext", "SCardFreeMemory", "SCardGetAttrib", "SCardGetStatusChange",
        "SCardIsValidContext", "SCardListReaderGroups", "SCardListReaders", "SCardReconnect", "SCardReleaseContext",
        "SCardSetAttrib", "SCardStatus", "SCardTransmit", "g_rgSCardRawPci", "g_rgSCardT0Pci", "g_rgSCardT1Pci",
        "pcsc_stringify_error",
    ]

    @Test func shimExportsWhatTheRealLibraryDoes() throws {
        let names = try Command.run(["/sbin/ldconfig", "-p"]).output
        let line = try #require(names.split(separator: "\n").first { $0.contains("libpcsclite.so.1 ") })
        let real = URL(filePath: String(try #require(line.split(separator: " ").last)))
        #expect(try symbols(of: shim) == symbols(of: real))
        #expect(Set(try symbols(of: shim).map { String($0.name) }) == Self.exported)
    }

    @Test func auditExportsItsThreeCalls() throws {
        #expect(try Set(symbols(of: audit).map(\.name)) == ["la_version", "la_objopen", "la_objsearch"])
    }

    @Test func needNothingButLibc() throws {
        for library in [shim, audit] {
            #expect(try dynamic(library, "NEEDED") == ["libc.so.6"])
            #expect(try dynamic(library, "RUNPATH") == ["$ORIGIN"])
            #expect(try dynamic(library, "RPATH") == [])
        }
        #expect(try dynamic(shim, "SONAME") == ["libpcsclite.so.1"])
    }

    @Test func loadersTermsAreKept() throws {
        let flags = try Command.run(["readelf", "-dW", shim.path]).output
        #expect(flags.contains("NODELETE"), "its thread-local data and fork handler outlive a dlclose")
        let segments = try Command.run(["readelf", "-lW", shim.path]).output
        #expect(segments.contains("GNU_STACK") && !segments.contains("RWE"), "no executable stack is asked for")
    }
}

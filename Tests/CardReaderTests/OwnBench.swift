import CardReader
import Foundation
import TestSupport
import Testing

/// The tests that share one pcscd, one at a time.
@Suite(.serialized) enum OnPCSCD {}

/// The bench whose pcscd this process uses: libpcsclite reads `PCSCLITE_CSOCK_NAME` once.
enum OwnBench {
    static let first = "Virtual PCD 00 00"
    static let second = "Virtual PCD 00 01"

    /// The card of the first reader speaks T=0.
    static let atr = "3B9F96801FC78031A073BE21136743200718000001A5"
    /// That of the second one T=1, with extended lengths.
    private static let secondATR = "3BD518FF8191FE1FC38073C8211309"

    /// Without a card, and without pcscd.
    static func empty() throws -> Bench {
        let bench = try made.get()
        try bench.control("kill-pcscd")
        try bench.control("remove 0")
        try bench.control("remove 1")
        return bench
    }

    /// With pcscd, and with cards in these readers.
    static func filled(_ slots: Int...) async throws -> Bench {
        let bench = try empty()
        try bench.control("start-pcscd")
        for slot in slots { try await insert(slot, bench) }
        return bench
    }

    /// Puts a card in, and returns when pcscd has powered it.
    static func insert(_ slot: Int, _ bench: Bench) async throws {
        try bench.control("insert \(slot)")
        let isThere = try await eventually(within: 5) {
            let readers = (try? ReaderListing.take())?.readers ?? []
            return readers.indices.contains(slot) && readers[slot].atr != nil
        }
        guard isThere else { throw TestFailure("no card in reader \(slot)") }
    }

    /// Takes the card out, and returns when pcscd has seen it go.
    static func remove(_ slot: Int, _ bench: Bench) async throws {
        try bench.control("remove \(slot)")
        let isGone = try await eventually(within: 5) { try ReaderListing.take().readers[slot].atr == nil }
        guard isGone else { throw TestFailure("still a card in reader \(slot)") }
    }

    /// How many threads this process has.
    static func threadCount() throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count
    }

    private static let made = Result {
        let folder = try TemporaryFolder()
        let cards = [
            try folder.write(
                """
                atr: \(atr)
                pins: { pin1: { value: "1234", puk: "12345678", tries: 3, enabled: true } }

                """, to: "first.yaml"),
            try folder.write(
                """
                atr: \(secondATR)
                protocol: t1
                rules:
                  - { match: 00 CB, response: "\(String(repeating: "A5", count: 3_000))" }
                  - { match: 00 20 00 81, delay: 400, status: 9000 }

                """, to: "second.yaml"),
        ]
        let bench = try Bench(options: cards.flatMap { ["--script", $0] })
        setenv("PCSCLITE_CSOCK_NAME", bench.socket, 1)
        // Now the library knows it, and programs that other tests start must not inherit it.
        _ = try ReaderListing.take()
        unsetenv("PCSCLITE_CSOCK_NAME")
        atexit { OwnBench.end() }
        return bench
    }

    private static func end() {
        guard let bench = try? made.get() else { return }
        bench.end()
        bench.folder.remove()
    }
}

import CardReader
import Foundation
import TestSupport

/// The bench whose pcscd this process uses: libpcsclite reads `PCSCLITE_CSOCK_NAME` once.
enum OwnBench {
    static let atr = "3B9F96801FC78031A073BE21136743200718000001A5"

    /// Without a card, and without pcscd.
    static func empty() throws -> Bench {
        let bench = try made.get()
        try bench.control("kill-pcscd")
        try bench.control("remove")
        return bench
    }

    private static let made = Result {
        let bench = try Bench(script: "atr: \(atr)\n")
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

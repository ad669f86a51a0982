import Foundation

/// A wall clock of a program's own, by libfaketime, that a test sets while the program runs; CLOCK_MONOTONIC stays as it is.
package final class SteppedClock: Sendable {
    private let file: String

    /// A clock that is right; its file lies in a folder.
    package init(in folder: TemporaryFolder) throws {
        file = folder.file("clock")
        try set(ahead: 0)
    }

    /// What makes a program read it. The loader knows where libraries of this machine are; times of files stay true.
    package var environment: [String: String] {
        [
            "LD_PRELOAD": "/usr/$LIB/faketime/libfaketimeMT.so.1", "FAKETIME_TIMESTAMP_FILE": file,
            "FAKETIME_DONT_FAKE_MONOTONIC": "1", "FAKETIME_CACHE_DURATION": "1", "NO_FAKE_STAT": "1",
        ]
    }

    /// Sets it so many seconds before the true one, or behind it; the program knows a second later.
    package func set(ahead seconds: Int) throws {
        try (seconds < 0 ? "\(seconds)" : "+\(seconds)").write(toFile: file, atomically: true, encoding: .utf8)
    }
}

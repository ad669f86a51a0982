import Foundation

/// A wall clock of a program's own, which a test sets while the program runs: nobody can set the machine's for a test.
package final class SteppedClock: Sendable {
    private let library: String
    private let file: String

    /// A clock that is right; what belongs to it lies in a folder.
    package init(in folder: TemporaryFolder) throws {
        (library, file) = (folder.file("stepped_clock.so"), folder.file("stepped_clock"))
        let built = try Command.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, Files.client("stepped_clock.c")])
        guard built.status == 0 else { throw TestFailure("cc: \(built.errors)") }
        try set(ahead: 0)
    }

    /// What makes a program read it.
    package var environment: [String: String] { ["LD_PRELOAD": library, "STEPPED_CLOCK": file] }

    /// Sets it so many seconds before the true one, or behind it.
    package func set(ahead seconds: Int64) throws {
        let handle = open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
        defer { close(handle) }
        var seconds = seconds
        // In place: the program has the file mapped.
        guard pwrite(handle, &seconds, 8, 0) == 8 else {
            throw TestFailure("\(file): \(String(cString: strerror(errno)))")
        }
    }
}

import Foundation

/// Waits until something is so; whether it became so in time.
package func eventually(within seconds: Double = 10, _ isSo: () throws -> Bool) rethrows -> Bool {
    let deadline = Date(timeIntervalSinceNow: seconds)
    while try !isSo() {
        guard Date() < deadline else { return false }
        usleep(2_000)
    }
    return true
}

/// The same without holding a thread of the shared pool, which has two on two processors.
package func eventually(within seconds: Double = 10, _ isSo: () throws -> Bool) async throws -> Bool {
    let deadline = Date(timeIntervalSinceNow: seconds)
    while try !isSo() {
        guard Date() < deadline else { return false }
        try await Task.sleep(for: .milliseconds(2))
    }
    return true
}

/// A failure with its reason.
package struct TestFailure: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}

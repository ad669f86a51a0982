import Foundation
import Glibc

/// A program that a test ran to its end.
package struct Command {
    /// How it ended.
    package enum Ending: Equatable, Sendable {
        case exited(Int32)
        case signalled(Int32)
    }

    package var ending: Ending
    package var output: String
    package var errors: String

    /// Runs a program found along PATH; one that takes longer than the limit is killed, and fails the test.
    package static func run(
        _ arguments: [String], environment: [String: String] = [:], input: String? = nil, within seconds: Double = 60
    ) throws -> Command {
        let running = try RunningCommand(
            arguments, environment: environment, input: input.map(RunningCommand.Input.text) ?? .nothing)
        return try running.end(within: seconds)
    }

    /// The same beside the shared pool's threads, of which there are two on two processors: what waits there goes on.
    package static func runAside(_ arguments: [String], within seconds: Double = 60) async throws -> Command {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(with: Result { try run(arguments, within: seconds) })
            }
        }
    }

    /// Where nothing but the shell's account of it counts: the exit code, or 128 and the signal's number.
    package var status: Int32 {
        switch ending {
        case .exited(let code): code
        case .signalled(let number): 128 + number
        }
    }
}

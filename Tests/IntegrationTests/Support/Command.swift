import Foundation
import Synchronization
import Testing

/// A program that a test ran to its end.
struct Command {
    /// How it ended.
    enum Ending: Equatable {
        case exited(Int32)
        case signalled(Int32)
    }

    var ending: Ending
    var output: String
    var errors: String

    /// Runs a program found along PATH; one that takes longer than the limit is killed, and fails the test.
    static func run(
        _ arguments: [String], environment: [String: String] = [:], input: String? = nil, within seconds: Double = 60
    ) throws -> Command {
        let running = try RunningCommand(arguments, environment: environment, input: input)
        return try running.end(within: seconds)
    }
}

/// A program that runs beside a test; what it prints is collected.
///
/// It starts as from a shell: no signal blocked or ignored, no descriptor but the first three. The test's own process
/// has others, and hands them on.
final class RunningCommand {
    let pid: pid_t
    private let output: Collected
    private let errors: Collected
    private let arguments: [String]
    private var status: Int32?

    init(_ arguments: [String], environment: [String: String] = [:], input: String? = nil) throws {
        self.arguments = arguments
        output = try Collected()
        errors = try Collected()
        let stdin = try Self.input(input)
        defer { close(stdin) }
        let variables = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        pid = try Self.spawn(
            arguments, variables.map { "\($0)=\($1)" }, descriptors: [stdin, output.writingEnd, errors.writingEnd])
        output.start()
        errors.start()
    }

    deinit {
        guard isRunning else { return }
        kill(pid, SIGKILL)
        waitpid(pid, nil, 0)
    }

    var isRunning: Bool {
        guard status == nil else { return false }
        var ended: Int32 = 0
        guard waitpid(pid, &ended, WNOHANG) == pid else { return true }
        status = ended
        return false
    }

    var outputSoFar: String { output.text }
    var errorsSoFar: String { errors.text }

    func signal(_ number: Int32) { kill(pid, number) }

    /// Waits for the end.
    func end(within seconds: Double = 60) throws -> Command {
        guard eventually(within: seconds, { !isRunning }), let status else {
            throw TestFailure("\(arguments.joined(separator: " ")) did not end within \(seconds) s: \(errors.text)")
        }
        let signal = status & 0x7F
        let ending: Command.Ending = signal == 0 ? .exited(status >> 8 & 0xFF) : .signalled(signal)
        return Command(ending: ending, output: output.whole(), errors: errors.whole())
    }

    /// A descriptor to read the text from.
    private static func input(_ text: String?) throws -> Int32 {
        guard let text else { return open("/dev/null", O_RDONLY | O_CLOEXEC) }
        let ends = try makePipe()
        let bytes = Array(text.utf8)
        guard write(ends.writing, bytes, bytes.count) == bytes.count else { throw TestFailure("write: \(errno)") }
        close(ends.writing)
        return ends.reading
    }

    private static func spawn(_ arguments: [String], _ environment: [String], descriptors: [Int32]) throws -> pid_t {
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        var all = sigset_t()
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (number, descriptor) in descriptors.enumerated() {
            posix_spawn_file_actions_adddup2(&actions, descriptor, Int32(number))
        }
        for name in try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd") {
            if let number = Int32(name), number > 2 { posix_spawn_file_actions_addclose(&actions, number) }
        }
        let words = arguments.map { strdup($0) } + [nil]
        let variables = environment.map { strdup($0) } + [nil]
        defer { (words + variables).forEach { free($0) } }
        var pid: pid_t = 0
        let failure = posix_spawnp(&pid, arguments[0], &actions, &attributes, words, variables)
        guard failure == 0 else { throw TestFailure("\(arguments[0]): \(String(cString: strerror(failure)))") }
        return pid
    }
}


/// What a pipe brings, read as it comes.
private final class Collected: Sendable {
    let writingEnd: Int32
    private let readingEnd: Int32
    private let bytes = Mutex<[UInt8]>([])
    private let isAtEnd = Mutex(false)

    init() throws {
        (readingEnd, writingEnd) = try makePipe()
    }

    /// Reads from now on; the program has its end.
    func start() {
        close(writingEnd)
        Thread.detachNewThread { [self] in
            var piece = [UInt8](repeating: 0, count: 65_536)
            while true {
                let count = read(readingEnd, &piece, piece.count)
                guard count > 0 else { break }
                bytes.withLock { $0 += piece[..<count] }
            }
            close(readingEnd)
            isAtEnd.withLock { $0 = true }
        }
    }

    var text: String { String(decoding: bytes.withLock { $0 }, as: UTF8.self) }

    /// Everything; a grandchild that keeps the pipe open is not waited for.
    func whole() -> String {
        _ = eventually(within: 2) { isAtEnd.withLock { $0 } }
        return text
    }
}

private func makePipe() throws -> (reading: Int32, writing: Int32) {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { throw TestFailure("pipe: \(errno)") }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return (ends[0], ends[1])
}

/// A failure with its reason.
struct TestFailure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// Waits until something is so; whether it became so in time.
func eventually(within seconds: Double, _ isSo: () throws -> Bool) rethrows -> Bool {
    let deadline = Date(timeIntervalSinceNow: seconds)
    while try !isSo() {
        guard Date() < deadline else { return false }
        usleep(5_000)
    }
    return true
}

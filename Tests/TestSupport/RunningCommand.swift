import Foundation
import Glibc
import Synchronization

/// A program that runs beside a test; what it prints is collected.
///
/// It starts as from a shell: no signal blocked or ignored, no descriptor but the first three. The test's own process
/// has others, and would hand them on. It is killed with its owner.
///
/// `@unchecked Sendable`: what changes is behind a lock, or changed by `deinit` only.
package final class RunningCommand: @unchecked Sendable {
    /// What its standard input is.
    package enum Input: Sendable {
        /// At its end from the start.
        case nothing
        /// This text.
        case text(String)
        /// What `say` sends, open until `closeInput`, `kill` or the test's own end.
        case kept
    }

    package let pid: Int32
    private let arguments: [String]
    private let output: CollectedPipe
    private let errors: CollectedPipe
    private let input: Mutex<Int32?>
    private let status = Mutex<Int32?>(nil)

    package init(
        _ arguments: [String], environment: [String: String] = [:], input: Input = .nothing
    ) throws {
        self.arguments = arguments
        output = try CollectedPipe()
        errors = try CollectedPipe()
        let (theirs, ours) = try Self.ends(of: input)
        defer { close(theirs) }
        if case .text = input { self.input = Mutex(nil) } else { self.input = Mutex(ours) }
        let variables = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        pid = try Self.spawn(
            arguments, variables.map { "\($0)=\($1)" }, descriptors: [theirs, output.writingEnd, errors.writingEnd])
        output.start()
        errors.start()
        if case .text(let text) = input, let ours { Self.send(text, to: ours) }
    }

    deinit { kill() }

    package var isRunning: Bool {
        status.withLock { status in
            guard status == nil else { return false }
            var ended: Int32 = 0
            guard waitpid(pid, &ended, WNOHANG) == pid else { return true }
            status = ended
            return false
        }
    }

    package var outputSoFar: String { output.text }
    package var errorsSoFar: String { errors.text }

    package func signal(_ number: Int32) {
        // One that has ended and was waited for may have left its number to another process.
        if isRunning { Glibc.kill(pid, number) }
    }

    /// Kills it, and returns when it has ended.
    package func kill() {
        closeInput()
        signal(SIGKILL)
        _ = eventually { !isRunning }
    }

    /// Sends a line to its standard input.
    package func say(_ line: String) throws {
        let bytes = Array((line + "\n").utf8)
        let sent = input.withLock { $0.map { Glibc.send($0, bytes, bytes.count, Int32(MSG_NOSIGNAL)) } }
        guard sent == bytes.count else { throw failure("does not take '\(line)'") }
    }

    /// The next line of its output that was not read yet.
    package func readLine(within seconds: Double = 30) throws -> String {
        var line: String?
        _ = eventually(within: seconds) {
            line = output.nextLine()
            return line != nil || output.isAtEnd
        }
        // The last may have come between the two looks.
        guard let line = line ?? output.nextLine() else { throw failure("printed no further line") }
        return line
    }

    /// Ends its standard input.
    package func closeInput() {
        input.withLock { input in
            if let input { close(input) }
            input = nil
        }
    }

    /// Waits for the end; a kept input ends with that.
    package func end(within seconds: Double = 60) throws -> Command {
        closeInput()
        guard eventually(within: seconds, { !isRunning }), let status = status.withLock({ $0 }) else {
            throw failure("did not end within \(seconds) s")
        }
        let signal = status & 0x7F
        let ending: Command.Ending = signal == 0 ? .exited(status >> 8 & 0xFF) : .signalled(signal)
        return Command(ending: ending, output: output.whole(), errors: errors.whole())
    }

    private func failure(_ what: String) -> TestFailure {
        TestFailure("\(arguments.joined(separator: " ")) \(what): \(errors.text)")
    }

    /// The program's end of its standard input, and ours.
    ///
    /// A socket, since a reader that has gone is then no signal for the writer; no file, since a fork would share the
    /// place in it.
    private static func ends(of input: Input) throws -> (theirs: Int32, ours: Int32?) {
        if case .nothing = input { return (open("/dev/null", O_RDONLY | O_CLOEXEC), nil) }
        var ends: [Int32] = [-1, -1]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
            throw TestFailure("socketpair: \(String(cString: strerror(errno)))")
        }
        return (ends[0], ends[1])
    }

    /// Writes on a thread of its own: a long text waits for its reader.
    private static func send(_ text: String, to descriptor: Int32) {
        Thread.detachNewThread {
            var rest = Array(text.utf8)[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes {
                    Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                guard count > 0 else { break }
                rest = rest.dropFirst(count)
            }
            close(descriptor)
        }
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
        // Closing a number that is not open is no failure here.
        let open = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").compactMap { Int32($0) }
        for number in 3...max(3, open.max() ?? 3) { posix_spawn_file_actions_addclose(&actions, number) }
        let words = arguments.map { strdup($0) } + [nil]
        let variables = environment.map { strdup($0) } + [nil]
        defer { (words + variables).forEach { free($0) } }
        var pid: pid_t = 0
        let failure = posix_spawnp(&pid, arguments[0], &actions, &attributes, words, variables)
        guard failure == 0 else { throw TestFailure("\(arguments[0]): \(String(cString: strerror(failure)))") }
        return pid
    }
}

internal import Dispatch
internal import Glibc
internal import Synchronization

/// Runs a program of this machine to its end.
enum LocalProgram {
    /// How it ended, and what it said.
    struct End: Sendable {
        var status: Int32
        var output: [UInt8]
        var errors: String
    }

    /// More is said by none of the probe's commands.
    private static let mostBytes = 4 * 1024 * 1024

    /// Runs it; one that takes longer is killed.
    static func run(_ words: [String], within limit: Duration) async throws -> End {
        try await withCheckedThrowingContinuation { continuation in
            // Waiting owns a thread, never one of the shared pool.
            DispatchQueue(label: words[0]).async {
                continuation.resume(with: Result { try wait(for: words, within: limit) })
            }
        }
    }

    private static func wait(for words: [String], within limit: Duration) throws -> End {
        var output: [Int32] = [-1, -1]
        var errors: [Int32] = [-1, -1]
        guard pipe(&output) == 0, pipe(&errors) == 0 else {
            throw StepWork.End.failed("no pipe: \(String(cString: strerror(errno))); close some programs")
        }
        for descriptor in output + errors { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        defer { for descriptor in [output[0], errors[0]] { close(descriptor) } }
        let pid: pid_t
        do {
            defer { for descriptor in [output[1], errors[1]] { close(descriptor) } }
            pid = try spawn(words, output[1], errors[1])
        }
        let isOver = Mutex(false)
        let timer = DispatchSource.makeTimerSource()
        timer.schedule(deadline: .now() + limit / .seconds(1))
        timer.setEventHandler { isOver.withLock { if !$0 { kill(pid, SIGKILL) } } }
        timer.resume()
        let texts = drain(output[0], errors[0])
        var status: Int32 = 0
        // Its number is its own until it is waited for.
        var information = siginfo_t()
        waitid(P_PID, id_t(pid), &information, WEXITED | WNOWAIT)
        isOver.withLock { $0 = true }
        timer.cancel()
        waitpid(pid, &status, 0)
        let signal = status & 0x7F
        if signal == SIGKILL {
            throw StepWork.End.failed("no end in \(limit / .seconds(1)) s; run it by hand: \(words[1])")
        }
        return End(
            status: signal == 0 ? status >> 8 & 0xFF : 128 + signal, output: texts.0,
            errors: String(decoding: texts.1, as: UTF8.self))
    }

    private static func spawn(_ words: [String], _ output: Int32, _ errors: Int32) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        posix_spawn_file_actions_adddup2(&actions, errors, 2)
        let arguments = words.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var pid: pid_t = 0
        let code = posix_spawn(&pid, words[0], &actions, nil, arguments, environ)
        guard code == 0 else {
            throw StepWork.End.failed(
                "\(words[0]): \(String(cString: strerror(code))); install cardlink-probe beside this program")
        }
        return pid
    }

    /// Both to their ends, side by side: a full pipe stops the writer.
    private static func drain(_ output: Int32, _ errors: Int32) -> ([UInt8], [UInt8]) {
        var texts: [[UInt8]] = [[], []]
        var polled = [output, errors].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        var piece = [UInt8](repeating: 0, count: 65_536)
        while polled.contains(where: { $0.fd >= 0 }) {
            guard poll(&polled, 2, -1) >= 0 || errno == EINTR else { break }
            for index in polled.indices where polled[index].fd >= 0 && polled[index].revents != 0 {
                let count = read(polled[index].fd, &piece, piece.count)
                if count <= 0 {
                    polled[index].fd = -1
                } else if texts[index].count < mostBytes {
                    texts[index] += piece.prefix(count)
                }
            }
        }
        return (texts[0], texts[1])
    }
}

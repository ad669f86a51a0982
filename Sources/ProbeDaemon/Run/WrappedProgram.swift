internal import CProbe
internal import Dispatch
internal import Glibc
package import Observability

/// What this process began with and a wrapped program is to have: signals and descriptors.
package struct ProcessOrigin: Sendable {
    fileprivate var state = process_origin()

    /// Notes it, and blocks the signals that are handed on; to be made before the first thread is.
    package init() {
        process_begin(&state)
    }
}

/// A program that runs as if `env` had started it: same terminal, group, descriptors and signals.
struct WrappedProgram: Sendable {
    /// Why a program could not be started.
    struct StartFailure: Error, Hashable {
        var name: String
        var errno: Int32

        /// 127 for a program that is not there, 126 for one that cannot be run, 125 for everything else, as `env` has it.
        var exitCode: Int32 {
            switch errno {
            case ENOENT: 127
            case EAGAIN, ENOMEM, EMFILE, ENFILE: 125
            default: 126
            }
        }

        var explanation: String {
            let what = "cannot run '\(name)': \(String(cString: strerror(errno)))"
            return errno == ENOENT ? "\(what); is it installed, and is its directory in PATH?" : what
        }
    }

    /// Its process id.
    let pid: pid_t

    /// Starts it.
    static func start(
        _ arguments: [[UInt8]], environment: [[UInt8]], origin: ProcessOrigin
    ) throws(StartFailure) -> WrappedProgram {
        var origin = origin.state
        let pid = withWords(arguments) { arguments in
            withWords(environment) { process_start(arguments, $0, &origin) }
        }
        guard pid > 0 else {
            throw StartFailure(name: String(decoding: arguments.first ?? [], as: UTF8.self), errno: errno)
        }
        return WrappedProgram(pid: pid)
    }

    /// Waits for its end, on a thread of its own; hands on signals meanwhile.
    func end() async -> RunOutcome.Ending {
        await withCheckedContinuation { continuation in
            DispatchQueue(label: "cardlink.run.wait").async {
                let status = process_wait(pid)
                let code = process_code(status)
                continuation.resume(returning: process_was_killed(status) ? .signalled(code) : .exited(code))
            }
        }
    }
}

extension ProcessOrigin {
    /// Becomes the program where nothing can be seen of it; ends this process when it cannot be run.
    ///
    /// Without `/proc` the threads of libdispatch end a program now and then (seen in one of four runs), so that none may
    /// be made.
    package func becomeUnseen(_ arguments: [[UInt8]]) -> Never {
        Terminal.say("/proc is not mounted, and nothing can be seen without it; the program runs by itself")
        var origin = state
        let code = withWords(arguments) { process_become($0, environ, &origin) }
        let failure = WrappedProgram.StartFailure(
            name: String(decoding: arguments.first ?? [], as: UTF8.self), errno: code)
        Terminal.say(failure.explanation)
        exit(failure.exitCode)
    }

    /// Whether the kernel's account of processes is there.
    package static var hasProcessAccount: Bool { access("/proc/self/task", F_OK) == 0 }
}

/// Ends this process as a wrapped program ended.
package func end(like ending: RunOutcome.Ending) -> Never {
    switch ending {
    case .exited(let code): exit(code)
    case .signalled(let number):
        process_end_by(number)
        // As a shell would show it; for a signal that ends no process.
        exit(128 + number)
    }
}

/// Calls `body` with a NULL-terminated list of C strings.
private func withWords<Result>(
    _ words: [[UInt8]], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
    let copies = words.map { strdup($0.map(CChar.init(bitPattern:)) + [0]) }
    defer { copies.forEach { free($0) } }
    return (copies + [nil]).withUnsafeBufferPointer { list in
        guard let start = list.baseAddress else { preconditionFailure("the list has its NULL at least") }
        return body(start)
    }
}

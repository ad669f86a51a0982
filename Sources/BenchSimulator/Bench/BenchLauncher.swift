internal import CProbe
internal import Glibc

/// Starts benches. Nothing here makes a thread or touches a signal: the process may become the user's command.
package enum BenchLauncher {
    /// Starts a bench and returns when its cards are powered and its readers listed.
    ///
    /// - Parameter keeper: the words by which our own program, called again, ends in ``BenchKeeper/run(_:)`` with the
    ///   same options.
    package static func start(_ options: BenchOptions, keeper: [String]) throws(SimulatorError) -> RunningBench {
        _ = try options.cards()
        let programs = try BenchPrograms.find()
        var refusal = SimulatorError.namespacesRefused(reason: "no attempt was made")
        for flags in namespaceFlags {
            do throws(SimulatorError) {
                return try start([programs.unshare] + flags + ["--kill-child", "--", try ownPath()] + keeper)
            } catch .namespacesRefused(let reason) {
                refusal = .namespacesRefused(reason: reason)
            }
        }
        throw refusal
    }

    /// Mount, network and process namespaces, within a user namespace where we are not root. In a process namespace of
    /// its own nothing of the bench outlives its keeper, however that ends; /proc must be that namespace's, since
    /// libdispatch ends a program whose threads it does not find there. Root in a container may have no right to the
    /// first, and a user namespace all the same; and no right to mount /proc, then pids stay the outer ones.
    private static var namespaceFlags: [[String]] {
        let inUserNamespace = [["-Urmnpf", "--mount-proc"], ["-Urmnf"]]
        return geteuid() == 0 ? [["-mnpf", "--mount-proc"]] + inUserNamespace : inUserNamespace
    }

    private static func start(_ words: [String]) throws(SimulatorError) -> RunningBench {
        var ends: [Int32] = [-1, -1]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
            throw .system(doing: "making a socket for the bench", errno: errno)
        }
        let ownEnd = detach_own_end()
        let null = open("/dev/null", O_RDWR | O_CLOEXEC)
        defer { for descriptor in [ends[1], ownEnd, null] where descriptor >= 0 { close(descriptor) } }
        guard ownEnd >= 0, null >= 0 else { throw .system(doing: "watching over this process", errno: errno) }
        // the keeper must not hold the user's terminal or pipes open; complaints of unshare go to the link
        let descriptors = [null, null, ends[1], ends[1], ownEnd]
        let failure = withStrings(words) { detach_start($0, environ, descriptors, Int32(descriptors.count)) }
        close(ends[1])
        ends[1] = -1
        guard failure == 0 else { throw .system(doing: "starting \(words[0])", errno: failure) }
        return try RunningBench(awaiting: KeeperLink(descriptor: ends[0]))
    }

    private static func ownPath() throws(SimulatorError) -> String {
        guard let path = realpath("/proc/self/exe", nil) else {
            throw .system(doing: "finding this program's own file", errno: errno)
        }
        defer { free(path) }
        return String(cString: path)
    }
}

/// A bench that is ready; it ends when this process does, or becomes a command and that ends.
package struct RunningBench: Sendable {
    /// The path of pcscd's socket.
    package let socket: String
    private let link: KeeperLink

    /// What a client's environment must have.
    package static let variable = "PCSCLITE_CSOCK_NAME"

    fileprivate init(awaiting link: KeeperLink) throws(SimulatorError) {
        var link = link
        var complaints: [String] = []
        while let message = link.next() {
            switch message {
            case .ready(let socket):
                self.socket = socket
                self.link = link
                return
            case .failed(SimulatorError.refusedNamespacesCode, let text):
                complaints = [text]
            case .failed(let code, let text):
                close(link.descriptor)
                throw .keeper(text: text, exitCode: code)
            case .stop:
                break
            case .other(let text):
                complaints.append(text)
            }
        }
        close(link.descriptor)
        throw .namespacesRefused(
            reason: complaints.isEmpty ? "it ended without a word" : complaints.joined(separator: "; "))
    }

    /// This process becomes the command, whose environment names the bench. Returns by throwing only, the bench gone.
    ///
    /// - Parameter command: its words as they came, in whatever encoding.
    package func become(_ command: [[UInt8]]) throws(SimulatorError) -> Never {
        // Else as it is: an environment may hold bytes that are no text.
        setenv(Self.variable, socket, 1)
        let failure = withWords(command) { detach_become($0, environ) }
        stop()
        throw .command(name: String(decoding: command.first ?? [], as: UTF8.self), errno: failure)
    }

    /// Ends the bench and returns when nothing of it is left.
    package func stop() {
        link.send(.stop)
        waitForEnd()
    }

    /// Keeps the bench until SIGINT, SIGTERM or SIGHUP; throws when it ended by itself.
    package func keep() async throws(SimulatorError) {
        guard await EndWatch().firstEnd(during: waitForEnd) == .returned else { return stop() }
        throw .notReady(what: "the bench has ended by itself", remedy: "start it again")
    }

    /// Returns when nothing of the bench is left.
    private func waitForEnd() {
        var link = link
        while link.next() != nil { continue }
    }
}

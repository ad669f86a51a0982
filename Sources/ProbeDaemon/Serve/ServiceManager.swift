internal import Glibc

/// The service manager that started this process, told by the protocol of sd_notify(3): a datagram a word.
struct ServiceManager: Sendable {
    /// What it is told.
    enum Word: Sendable, Equatable {
        /// All that was to be started stands.
        case ready
        /// The process has begun to end.
        case stopping
        /// What a person reads in `systemctl status`.
        case status(String)
        /// The watchdog may wait anew.
        case alive
    }

    /// How long the watchdog waits for ``Word/alive``; nil when there is none.
    let watchdog: Duration?
    private let address: sockaddr_un
    private let addressBytes: socklen_t

    /// The one that the environment names; nil when there is none, or one of a kind that is not known.
    init?(_ variable: (String) -> String? = Self.environmentVariable) {
        guard let name = variable("NOTIFY_SOCKET"), name.hasPrefix("/") || name.hasPrefix("@") else { return nil }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var bytes = Array(name.utf8)
        let room = MemoryLayout.size(ofValue: address.sun_path)
        guard bytes.count > 1, bytes.count < room else { return nil }
        // An abstract name begins with a zero, and has the length that it has: no further zero belongs to it.
        if bytes[0] == UInt8(ascii: "@") { bytes[0] = 0 }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        self.address = address
        addressBytes = socklen_t(MemoryLayout<sockaddr_un>.size - room + bytes.count)
        watchdog = Self.watchdog(variable)
    }

    /// Tells it one thing. It may be busy: then it is told a little later, or after a second not at all.
    func tell(_ word: Word) async {
        for _ in 0..<50 {
            guard !send(word.line), errno == EAGAIN || errno == ENOBUFS || errno == EINTR else { return }
            try? await Task.sleep(for: .milliseconds(20))
        }
    }

    private func send(_ line: String) -> Bool {
        let kind = Int32(bitPattern: SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let descriptor = socket(AF_UNIX, kind, 0)
        guard descriptor >= 0 else { return false }
        let bytes = Array(line.utf8)
        let sent = withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                sendto(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL), $0, addressBytes)
            }
        }
        let failure = errno
        close(descriptor)
        errno = failure
        return sent == bytes.count
    }

    private static func watchdog(_ variable: (String) -> String?) -> Duration? {
        guard let text = variable("WATCHDOG_USEC"), let microseconds = Int64(text), microseconds > 0 else { return nil }
        // Named when the variables are another process's that we came to inherit.
        if let process = variable("WATCHDOG_PID"), process != String(getpid()) { return nil }
        return .microseconds(microseconds)
    }

    private static func environmentVariable(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }
}

extension ServiceManager.Word {
    fileprivate var line: String {
        switch self {
        case .ready: "READY=1"
        case .stopping: "STOPPING=1"
        case .status(let text): "STATUS=" + text.split(whereSeparator: \.isNewline).joined(separator: " ")
        case .alive: "WATCHDOG=1"
        }
    }
}

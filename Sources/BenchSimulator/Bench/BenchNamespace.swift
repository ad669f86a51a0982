internal import Glibc

/// What has to be done inside the bench's namespaces before pcscd can start.
enum BenchNamespace {
    /// Switches the loopback interface on; it is off in a new network namespace.
    static func raiseLoopback() throws(SimulatorError) {
        let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw .system(doing: "opening a socket for the loopback interface", errno: errno) }
        defer { close(descriptor) }
        // struct ifreq: a name of 16 bytes, then flags; IFF_UP and IFF_RUNNING
        var request = [UInt8](repeating: 0, count: 40)
        request.replaceSubrange(0..<2, with: Array("lo".utf8))
        request[16] = 0x41
        guard ioctl(descriptor, setInterfaceFlags, &request) == 0 else {
            throw .refusedInside("switching the loopback interface on", errno)
        }
    }

    /// Lays the bench's socket folder over pcscd's, which is compiled into pcscd.
    static func mount(run: String) throws(SimulatorError) {
        let place = "/run/pcscd"
        var status = stat()
        if stat(place, &status) != 0 {
            guard Glibc.mount("tmpfs", "/run", "tmpfs", 0, nil) == 0 else {
                throw .refusedInside("mounting over /run", errno)
            }
            guard mkdir(place, 0o755) == 0 else { throw .refusedInside("making \(place)", errno) }
        }
        guard Glibc.mount(run, place, nil, UInt(MS_BIND), nil) == 0 else {
            throw .refusedInside("mounting over \(place)", errno)
        }
    }

    /// SIOCSIFFLAGS, netdevice(7).
    private static let setInterfaceFlags: UInt = 0x8914
}

extension SimulatorError {
    /// The namespaces are there, and something keeps us from using them: AppArmor does so.
    fileprivate static func refusedInside(_ doing: String, _ code: Int32) -> SimulatorError {
        .namespacesRefused(reason: "\(doing): \(errorText(code))")
    }
}

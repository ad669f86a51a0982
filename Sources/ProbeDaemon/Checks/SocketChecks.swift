internal import Glibc
internal import Observability

extension HealthCheck {
    /// Programs find the socket: a clean-up of its directory takes it away, and nothing else would tell.
    static func socket(_ name: String, path: String) -> HealthCheck {
        HealthCheck(name, isNeededToBeReady: true) {
            var status = stat()
            let isThere = lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFSOCK
            return isThere
                ? HealthResult(.healthy)
                : HealthResult(.unhealthy, "\(path) is gone, so nobody finds the probe; restart it")
        }
    }
}

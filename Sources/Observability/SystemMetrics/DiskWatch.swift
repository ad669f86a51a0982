internal import Dispatch
internal import Synchronization

/// Asks the file systems of paths for their space, and waits for none that hangs, as one of a server that has gone does.
final class DiskWatch: Sendable {
    /// One path, asked on a queue of its own and once at a time.
    private final class Disk: Sendable {
        let path: String
        private let queue: DispatchQueue
        private let space: @Sendable (String) -> DiskSpace?
        private let state = Mutex((isAsked: false, space: DiskSpace?.none))

        init(path: String, space: @escaping @Sendable (String) -> DiskSpace?) {
            self.path = path
            self.space = space
            queue = DispatchQueue(label: "cardlink-probe.disk")
        }

        /// What it said at last; nil while it has not answered.
        var known: DiskSpace? { state.withLock { $0.isAsked ? nil : $0.space } }

        /// Asks it, unless it has not answered before.
        func ask(in group: DispatchGroup) {
            let isFree = state.withLock { state in
                defer { state.isAsked = true }
                return !state.isAsked
            }
            guard isFree else { return }
            queue.async(group: group) { [self] in
                let space = space(path)
                state.withLock { $0 = (false, space) }
            }
        }
    }

    private let disks: [Disk]
    private let limit: DispatchTimeInterval

    /// A watch of paths; `limit` is how long it waits for one the first time that it hangs.
    init(
        _ paths: [String], limit: DispatchTimeInterval = .milliseconds(100),
        space: @escaping @Sendable (String) -> DiskSpace? = { DiskSpace(path: $0) }
    ) {
        disks = paths.map { Disk(path: $0, space: space) }
        self.limit = limit
    }

    /// The bytes in use and those left, a row for each path whose file system answers.
    func usage() -> [SystemMetrics.DiskUsage] {
        let group = DispatchGroup()
        for disk in disks { disk.ask(in: group) }
        _ = group.wait(timeout: .now() + limit)
        return disks.compactMap { disk in disk.known.map { SystemMetrics.DiskUsage(path: disk.path, $0) } }
    }
}

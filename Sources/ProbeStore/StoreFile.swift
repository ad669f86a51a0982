internal import FoundationEssentials
internal import GRDB
internal import Glibc
internal import Observability
internal import ProbeEvents

/// The open file.
final class StoreFile {
    let path: String
    private let queue: DatabaseQueue
    private let inode: ino_t

    /// How long another program's transaction is waited for at once.
    private static let patience: TimeInterval = 1
    /// What the log of transactions may keep on the disk when all of it is in the file.
    private static let logBytes = 4 << 20
    /// So many damaged files are kept, the newest ones.
    private static let damagedLimit = 3
    /// What SQLite calls its other files.
    private static let parts = ["-wal", "-shm"]

    /// Opens it, makes it when it is not there, and brings it to the newest form.
    init(_ path: String) throws {
        self.path = path
        try Self.make(path)
        queue = try DatabaseQueue(path: path, configuration: Self.configuration)
        inode = Self.inode(of: path) ?? 0
        try queue.write { database in
            guard try String.fetchOne(database, sql: "PRAGMA quick_check(1)") == "ok" else {
                throw StoreFault(path: path, type: .corrupt, what: "is damaged")
            }
        }
        if try queue.read(StoreSchema.migrator.hasBeenSuperseded) {
            throw StoreFault(path: path, type: .schema, what: "is of a newer version of the probe")
        }
        try StoreSchema.migrator.migrate(queue)
    }

    /// Whether its name leads to another file by now, or to none.
    var isGone: Bool { Self.inode(of: path) != inode }

    /// Bytes of what it holds; what was deleted and not given back is left out.
    func liveBytes() throws -> Int64 {
        try queue.read { database in
            // Asked behind each transaction, and so not compiled each time.
            func ask(_ what: String) throws -> Int64 {
                try Int64.fetchOne(database.cachedStatement(sql: "PRAGMA \(what)")) ?? 0
            }
            return try (ask("page_count") - ask("freelist_count")) * ask("page_size")
        }
    }

    /// One transaction; how long it took itself is the last of the times.
    func transaction(_ work: (Database) throws -> [TableTime]) throws -> [TableTime] {
        var committed: UInt64 = 0
        var times: [TableTime] = []
        try queue.inTransaction(.immediate) { database in
            times = try work(database)
            committed = EventClock.monotonicNow
            return .commit
        }
        let end = EventClock.monotonicNow
        return times + [
            TableTime(operation: .commit, table: "", startNanoseconds: committed, durationNanoseconds: end &- committed)
        ]
    }

    /// Gives what was deleted back to the disk.
    func shrink() throws {
        try queue.writeWithoutTransaction { database in
            try database.execute(sql: "PRAGMA incremental_vacuum")
            _ = try database.checkpoint(.truncate)
        }
    }

    /// Closes it; all of it is in the file itself then.
    func close() {
        try? queue.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
        try? queue.close()
    }

    /// Gives a damaged file another name, which says so; what it is called now.
    static func setAside(_ path: String) throws -> String {
        let time = RFC3339.text(wallNanoseconds: EventClock.now.wallNanoseconds).filter { $0 != ":" }
        let aside = "\(path).damaged-\(time)"
        guard rename(path, aside) == 0 else { throw StoreFault.cannotMake(aside, errno: errno) }
        for part in parts { rename(path + part, aside + part) }
        removeOldDamaged(path)
        return aside
    }

    /// The names of damaged files have their time: the newest sort last.
    private static func removeOldDamaged(_ path: String) {
        let slash = path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex
        let (folder, prefix) = (path[..<slash], path[slash...] + ".damaged-")
        let names = (directoryNames(folder.isEmpty ? "." : String(folder)) ?? []).filter { name in
            name.hasPrefix(prefix) && !parts.contains(where: name.hasSuffix)
        }
        for name in names.sorted().dropLast(damagedLimit) {
            for part in [""] + parts { unlink(folder + name + part) }
        }
    }

    private static var configuration: Configuration {
        var configuration = Configuration()
        configuration.label = "cardlink.store"
        configuration.journalMode = .wal
        configuration.busyMode = .timeout(patience)
        configuration.prepareDatabase { database in
            // Before the first table, or never.
            try database.execute(sql: "PRAGMA auto_vacuum = INCREMENTAL")
            try database.execute(sql: "PRAGMA journal_size_limit = \(logBytes)")
        }
        return configuration
    }

    /// SQLite gives its other files the mode of this one.
    private static func make(_ path: String) throws {
        StateFile.makeDirectories(of: path)
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw StoreFault.cannotMake(path, errno: errno) }
        Glibc.close(descriptor)
    }

    private static func inode(of path: String) -> ino_t? {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_ino : nil
    }
}

import Foundation
import TestSupport
import Testing

@testable import ProbeDaemon

@Suite struct RuntimeDirectoryTests {
    let base = FileManager.default.temporaryDirectory.appending(path: "runtime-\(UUID().uuidString.prefix(8))").path

    @Test func itIsMadeForThisUserOnly() throws {
        defer { try? FileManager.default.removeItem(atPath: base) }
        let directory = RuntimeDirectory(named: base)
        try directory.create()
        try directory.create()
        let mode = try FileManager.default.attributesOfItem(atPath: base)[.posixPermissions] as? Int
        #expect(mode == 0o700)
        #expect(directory.receiverSocket == base + "/receiver.sock")
        #expect(directory.eventSocket == base + "/events.sock")
        #expect(!directory.hasDaemon)
    }

    @Test func aDirectoryThatOthersCanWriteIsRefused() throws {
        defer { try? FileManager.default.removeItem(atPath: base) }
        try FileManager.default.createDirectory(atPath: base, withIntermediateDirectories: false)
        #expect(chmod(base, 0o777) == 0)
        #expect(throws: RuntimeDirectoryError.notOurs(path: base)) { try RuntimeDirectory(named: base).create() }
        // Events are not handed to whoever put a socket there either.
        #expect(FileManager.default.createFile(atPath: base + "/events.sock", contents: nil))
        #expect(!RuntimeDirectory(named: base).hasDaemon)
        #expect(chmod(base, 0o1777) == 0)
        #expect(RuntimeDirectory(named: base).hasDaemon)
        try RuntimeDirectory(named: base).create()
    }

    @Test func membersOfANamedGroupMayEnterWhatIsMadeForThem() throws {
        defer { try? FileManager.default.removeItem(atPath: base) }
        let group = RuntimeDirectory.Group(name: "ours", number: getegid())
        try RuntimeDirectory(named: base).create(for: group)
        try RuntimeDirectory(named: base).create(for: group)
        let attributes = try FileManager.default.attributesOfItem(atPath: base)
        #expect(attributes[.posixPermissions] as? Int == 0o750)
        #expect(attributes[.groupOwnerAccountID] as? UInt32 == getegid())
    }

    /// What was there before may be `/run` itself: it is not opened, and the remedy is a command.
    @Test func aDirectoryThatWasThereStaysClosed() throws {
        defer { try? FileManager.default.removeItem(atPath: base) }
        try RuntimeDirectory(named: base).create()
        let group = RuntimeDirectory.Group(name: "ours", number: getegid())
        let error = RuntimeDirectoryError.closed(path: base, group: "ours")
        #expect(throws: error) { try RuntimeDirectory(named: base).create(for: group) }
        #expect(try FileManager.default.attributesOfItem(atPath: base)[.posixPermissions] as? Int == 0o700)
        #expect(
            error.explanation
                == "members of ours cannot enter \(base); open it: chgrp ours \(base) && chmod 750 \(base)")
    }

    @Test(arguments: [("/proc/none", ENOENT), ("/dev/null", ENOTDIR), ("/no/such/parent", ENOENT)])
    func whatCannotBeIsExplained(path: String, number: Int32) {
        #expect(throws: RuntimeDirectoryError.cannotCreate(path: path, errno: number)) {
            try RuntimeDirectory(named: path).create()
        }
    }

    @Test func socketsOfKilledRunsAreTakenAway() throws {
        defer { try? FileManager.default.removeItem(atPath: base) }
        let directory = RuntimeDirectory(named: base)
        try directory.create()
        let ended = try RunningCommand(["true"])
        _ = try ended.end()
        let stale = "run-\(ended.pid).sock"
        for name in [stale, "run-\(ended.pid)-events.sock", "run-\(getpid()).sock", "run-x.sock", "receiver.sock"] {
            #expect(FileManager.default.createFile(atPath: "\(base)/\(name)", contents: nil))
        }
        directory.removeStaleSockets()
        let left = try FileManager.default.contentsOfDirectory(atPath: base).sorted()
        #expect(left == ["receiver.sock", "run-\(getpid()).sock", "run-x.sock"].sorted())
    }
}

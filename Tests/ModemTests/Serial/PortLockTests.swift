import Foundation
import Glibc
import TestSupport
import Testing

@testable import Modem

@Suite struct PortLockTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test func aLockIsTakenOnce() throws {
        let lock = try #require(try PortLock.take(device: "/dev/ttyUSB2", directory: folder.path))
        #expect(lock.path == folder.file("LCK..ttyUSB2"))
        #expect(
            folder.read("LCK..ttyUSB2") == String(repeating: " ", count: 10 - "\(getpid())".count) + "\(getpid())\n")
        #expect(throws: ModemError.held(path: "/dev/ttyUSB2", pid: getpid(), lock: lock.path)) {
            try PortLock.take(device: "/dev/ttyUSB2", directory: folder.path)
        }
        lock.release()
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == [])
    }

    @Test func namesOfTerminalsInFolders() throws {
        #expect(try PortLock.take(device: "/dev/pts/3", directory: folder.path)?.path == folder.file("LCK..pts_3"))
    }

    /// A process that is over holds nothing: in text, and in the form that some programs write.
    @Test(arguments: [false, true])
    func aStaleLockIsNone(isBinary: Bool) throws {
        let ended = try RunningCommand(["true"])
        _ = try ended.end()
        var pid = ended.pid
        let data = isBinary ? Data(bytes: &pid, count: 4) : Data("\(pid)\n".utf8)
        try data.write(to: URL(filePath: folder.file("LCK..ttyS9")))
        let lock = try #require(try PortLock.take(device: "/dev/ttyS9", directory: folder.path))
        #expect(lock.holder == getpid())
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["LCK..ttyS9"])
    }

    @Test func anotherProcessHoldsIt() throws {
        let other = try RunningCommand(["sleep", "60"])
        try folder.write("\(other.pid)\n", to: "LCK..ttyS9")
        #expect(throws: ModemError.held(path: "/dev/ttyS9", pid: other.pid, lock: folder.file("LCK..ttyS9"))) {
            try PortLock.take(device: "/dev/ttyS9", directory: folder.path)
        }
        other.kill()
    }

    @Test func whatCannotBeReadIsSomebodys() throws {
        try folder.write("someone\n", to: "LCK..ttyS9")
        #expect(throws: ModemError.self) { try PortLock.take(device: "/dev/ttyS9", directory: folder.path) }
    }

    @Test func aFolderThatTakesNoFilesIsNoHindrance() throws {
        #expect(try PortLock.take(device: "/dev/ttyS9", directory: "/proc") == nil)
    }

    @Test func onlyOurOwnIsReleased() throws {
        let lock = try #require(try PortLock.take(device: "/dev/ttyS9", directory: folder.path))
        try folder.write("1\n", to: "LCK..ttyS9")
        lock.release()
        #expect(folder.read("LCK..ttyS9") == "1\n")
    }
}

import Foundation
import Observability
import TestSupport
import Testing

@Suite struct IdentityKeyFileTests {
    @Test func itIsMadeOnceForItsOwnerOnly() throws {
        let folder = try TemporaryFolder()
        let file = IdentityKeyFile(path: folder.file("state/cardlink-probe/identity.key"))
        let key = try file.load()
        #expect(key.count == 32 && Set(key).count > 8)
        #expect(try file.load() == key)
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.file("state/cardlink-probe"))
        #expect(names == ["identity.key"])
        #expect(mode(file.path) == 0o600)
        #expect(mode(folder.file("state")) == 0o700)
    }

    @Test func manyAtOnceGetOneKey() async throws {
        let folder = try TemporaryFolder()
        let file = IdentityKeyFile(path: folder.file("identity.key"))
        let keys = await withTaskGroup(of: [UInt8]?.self) { group in
            for _ in 0..<8 { group.addTask { try? file.load() } }
            return await group.reduce(into: [[UInt8]?]()) { $0.append($1) }
        }
        // In one process the part's name is one as well: who comes too late to make it may be told so.
        #expect(Set(keys.compactMap { $0 }).count == 1)
    }

    @Test(arguments: [0o604, 0o640, 0o666])
    func oneThatOthersReadIsRefused(permissions: Int) throws {
        let folder = try TemporaryFolder()
        let file = IdentityKeyFile(path: folder.file("identity.key"))
        _ = try file.load()
        #expect(chmod(file.path, mode_t(permissions)) == 0)
        #expect(throws: IdentityKeyError.readableByOthers(path: file.path)) { try file.load() }
    }

    @Test(arguments: [0, 31, 33])
    func oneOfAnotherLengthIsRefused(count: Int) throws {
        let folder = try TemporaryFolder()
        let path = try folder.write(String(repeating: "k", count: count), to: "identity.key")
        #expect(chmod(path, 0o600) == 0)
        #expect(throws: IdentityKeyError.noKey(path: path)) { try IdentityKeyFile(path: path).load() }
    }

    @Test func aPlaceWhereNothingCanBeMade() throws {
        let error = #expect(throws: IdentityKeyError.self) { try IdentityKeyFile(path: "/proc/x/identity.key").load() }
        #expect(error?.explanation.contains("/proc/x/identity.key") == true)
        #expect(throws: IdentityKeyError.unreadable(path: "/etc/passwd/k", errno: ENOTDIR)) {
            try IdentityKeyFile(path: "/etc/passwd/k").load()
        }
    }

    private func mode(_ path: String) -> Int? {
        (try? FileManager.default.attributesOfItem(atPath: path))?[.posixPermissions] as? Int
    }
}

import Foundation
import TestSupport
import Testing

@testable import ProbeDaemon

@Suite struct ProgramFileTests {
    /// An ELF header and, where there is a loader, one program header that names it.
    static func elf(width: UInt8 = 2, type: UInt8 = 3, loader: String?) -> [UInt8] {
        var bytes: [UInt8] = [0x7F, 0x45, 0x4C, 0x46, width, 1, 1] + Array(repeating: 0, count: 121)
        bytes[16] = type
        bytes[32] = 64
        bytes[54] = 56
        guard let loader else { return bytes }
        bytes[56] = 1
        bytes[64] = 3
        bytes[72] = 120
        return Array(bytes.prefix(120)) + Array(loader.utf8) + [0]
    }

    @Test(
        arguments: [
            (elf(loader: "/lib64/ld-linux-x86-64.so.2"), nil), (elf(loader: "/lib/ld-musl-x86_64.so.1"), .musl),
            (elf(loader: nil), .isStatic), (elf(type: 2, loader: nil), .isStatic),
            (elf(width: 1, loader: "/lib/ld-linux.so.2"), .otherWidth), (Array("#!/bin/sh\n".utf8), nil), ([], nil),
            (Array(elf(loader: "/lib64/ld-linux-x86-64.so.2").prefix(30)), nil),
            (Array(repeating: 0xFF, count: 200), nil),
            ([0x7F, 0x45, 0x4C, 0x46, 2] + Array(repeating: 0xFF, count: 200), nil),
        ] as [([UInt8], ProgramFile.Obstacle?)])
    func obstacles(bytes: [UInt8], obstacle: ProgramFile.Obstacle?) throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "program-\(UUID().uuidString)").path
        #expect(
            FileManager.default.createFile(atPath: path, contents: Data(bytes), attributes: [.posixPermissions: 0o755]))
        defer { try? FileManager.default.removeItem(atPath: path) }
        #expect(ProgramFile(named: path, path: "").obstacle == obstacle)
    }

    @Test func theSystemsOwnPrograms() {
        #expect(ProgramFile(named: "env", path: "/no/such:/usr/bin:/bin").obstacle == nil)
        #expect(ProgramFile(named: "no-such-program", path: "/usr/bin").obstacle == nil)
    }

    @Test func anyBytesGiveAnAnswer() {
        var generator = SeededGenerator(seed: 1)
        let path = FileManager.default.temporaryDirectory.appending(path: "program-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        for _ in 0..<1_000 {
            var bytes = Self.elf(loader: "/lib64/ld-linux-x86-64.so.2")
            for _ in 0..<8 {
                bytes[Int.random(in: 16..<bytes.count, using: &generator)] = .random(in: 0...255, using: &generator)
            }
            #expect(FileManager.default.createFile(atPath: path, contents: Data(bytes)))
            _ = ProgramFile(named: path, path: "").obstacle
        }
    }
}

import Foundation
import TestSupport
import Testing

@testable import BenchSimulator

@Suite struct BenchPartsTests {
    @Test(arguments: [
        ("ready /tmp/x y/run/pcscd.comm", KeeperLink.Message.ready(socket: "/tmp/x y/run/pcscd.comm")),
        ("error 69 pcscd ended; see it", .failed(code: 69, text: "pcscd ended; see it")), ("stop", .stop),
        ("unshare: unshare failed", .other("unshare: unshare failed")), ("error x y", .other("error x y")),
        ("ready", .other("ready")), ("", .other("")),
    ])
    func messages(_ line: String, _ message: KeeperLink.Message) {
        #expect(KeeperLink.Message(line) == message)
        #expect(message.line == line + "\n")
    }

    @Test(arguments: [
        (["pcscd", "unshare"], ["libifdvpcd.so"], ""),
        (["unshare"], ["libifdvpcd.so"], "pcscd is not installed; install it: apt install pcscd"),
        (["pcscd"], ["libifdvpcd.so"], "unshare is not installed; install it: apt install util-linux"),
        (["pcscd", "unshare"], [], "libifdvpcd.so is not installed; install it: apt install vsmartcard-vpcd"),
    ])
    func whatIsMissingIsNamed(_ programs: [String], _ drivers: [String], _ told: String) throws {
        let folder = try TemporaryFolder()
        for name in programs + drivers {
            #expect(
                FileManager.default.createFile(
                    atPath: folder.file(name), contents: nil, attributes: [.posixPermissions: 0o755]))
        }
        do throws(SimulatorError) {
            let found = try BenchPrograms.find(programFolders: ["/nowhere", folder.path], driverFolders: [folder.path])
            #expect(told.isEmpty && found.pcscd == "\(folder.path)/pcscd")
        } catch {
            #expect(error.explanation == told && error.exitCode == 69)
        }
    }

    @Test func furtherReadersHaveADriverOfTheirOwn() throws {
        let own = try TemporaryFolder()
        let driver = try own.write("driver", to: "driver.so")
        let folder = try BenchFolder.make(readers: 3, driver: driver)
        let written = try String(contentsOfFile: folder.configuration + "/vpcd", encoding: .utf8)
        #expect(
            written == """
                FRIENDLYNAME "Virtual PCD"
                DEVICENAME /dev/null:35963
                LIBPATH \(driver)
                CHANNELID 35963
                FRIENDLYNAME "Virtual PCD 2"
                DEVICENAME /dev/null:35965
                LIBPATH \(folder.path)/vpcd-1.so
                CHANNELID 35965

                """)
        #expect(try Data(contentsOf: URL(filePath: folder.path + "/vpcd-1.so")) == Data("driver".utf8))
        folder.remove()
        #expect(!FileManager.default.fileExists(atPath: folder.path))
    }

    @Test func aReaderWithoutAScriptGetsACardOfItsOwn() throws {
        var options = BenchOptions()
        options.readers = 3
        options.scripts = [exampleFolder.appending(path: "ota-session.yaml").path]
        #expect(try options.cards().map(\.identity.imsi) == ["001010000000001", "001010000000002", "001010000000003"])
    }
}

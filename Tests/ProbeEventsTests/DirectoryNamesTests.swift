import Foundation
import TestSupport
import Testing

@testable import ProbeEvents

/// Names of any length and number, beside what Foundation finds; AddressSanitizer sees what is read behind an entry.
@Suite struct DirectoryNamesTests {
    @Test(arguments: [0, 1, 500, 3_000]) func asFoundationHasThem(count: Int) throws {
        let folder = try TemporaryFolder()
        for number in 0..<count {
            let name = "\(number)" + String(repeating: "é", count: number % 120)
            #expect(FileManager.default.createFile(atPath: folder.file(name), contents: nil))
        }
        let expected = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(expected.count == count)
        #expect(try #require(directoryNames(folder.path)).sorted() == expected.sorted())
    }

    @Test func whatCannotBeReadHasNone() throws {
        let folder = try TemporaryFolder()
        #expect(directoryNames(folder.file("none")) == nil)
    }
}

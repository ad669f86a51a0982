import Foundation
import TestSupport
import Testing

/// The article Security: each line says which tests hold it.
@Suite struct SecurityPageTests {
    private static func lines() throws -> [String] {
        let page = try String(
            contentsOfFile: "\(Files.package)/Sources/ProbeDaemon/ProbeDaemon.docc/Security.md", encoding: .utf8)
        return page.split(separator: "\n").map(String.init)
    }

    /// All tests, by suite and name, as they stand in their files.
    private static func tests() throws -> Set<String> {
        let folder = "\(Files.package)/Tests"
        var found: Set<String> = []
        for path in try FileManager.default.subpathsOfDirectory(atPath: folder) where path.hasSuffix("Tests.swift") {
            var suite: Substring?
            var isTest = false
            for line in try String(contentsOfFile: "\(folder)/\(path)", encoding: .utf8).split(separator: "\n") {
                let words = line.split(separator: " ")
                if !line.hasPrefix(" "),
                    let type = words.firstIndex(where: { ["struct", "class", "extension"].contains($0) })
                {
                    suite = words.dropFirst(type + 1).first?.prefix { $0.isLetter || $0.isNumber }
                }
                isTest = isTest || words.contains { $0.hasPrefix("@Test") }
                guard let place = words.firstIndex(of: "func"), let name = words.dropFirst(place + 1).first else {
                    continue
                }
                if isTest, let suite { found.insert("\(suite).\(name.prefix { $0 != "(" })") }
                isTest = false
            }
        }
        return found
    }

    @Test func eachLineIsHeldByTestsThatAreThere() throws {
        let tests = try Self.tests()
        let script = try String(contentsOfFile: "\(Files.package)/Tests/package", encoding: .utf8)
        #expect(tests.contains("SecurityPageTests.eachLineIsHeldByTestsThatAreThere"))
        let lines = try Self.lines()
        for line in lines {
            for name in line.matches(of: /`(\w+Tests\.\w+)`/) { #expect(tests.contains(String(name.1)), "\(name.1)") }
            for words in line.matches(of: /`Tests\/package`: "([^"]+)"/) {
                #expect(script.contains("check \"\(words.1)\""), "\(words.1)")
            }
        }
        let rows = lines.filter { $0.hasPrefix("| ") && !$0.contains("| Held by |") }
        #expect(rows.count > 40)
        for row in rows {
            let held = row.split(separator: "|").dropLast(0).last { !$0.allSatisfy(\.isWhitespace) } ?? ""
            #expect(held.contains(/`(\w+Tests\.\w+|Tests\/package)`/), "\(row)")
        }
    }

    /// What comes from a card or a program is put into the page as text: nothing there makes markup or programs of text.
    @Test func theLivePageMakesNoMarkupOfWhatItIsTold() throws {
        let folder = "\(Files.package)/Sources/ProbeDaemon/HTTP/LivePage/Assets"
        let parts = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".js") }
        #expect(parts.count > 8)
        let makers = [
            "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "DOMParser", "srcdoc", "eval(",
            "Function(",
        ]
        for part in parts {
            let text = try String(contentsOfFile: "\(folder)/\(part)", encoding: .utf8)
            for maker in makers { #expect(!text.contains(maker), "\(part): \(maker)") }
        }
    }
}

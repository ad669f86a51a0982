import Foundation
import ProbeEvents
import Testing

/// The documentation of event lines says what ``EventLine`` reads and writes.
@Suite struct EventsPageTests {
    /// A kind of event as the page has it.
    struct Section: Sendable, CustomTestStringConvertible {
        var kind: String
        /// More than one where members exclude one another.
        var examples: [String]
        var members: [String]

        var testDescription: String { kind }
    }

    private static let page: String = {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../Sources/ProbeDaemon/ProbeDaemon.docc/Events.md").standardized
        return (try? String(contentsOf: file, encoding: .utf8)) ?? ""
    }()

    private static let sections: [Section] = {
        let kinds = page.components(separatedBy: "\n## Kinds of event\n").last ?? ""
        return kinds.components(separatedBy: "\n### ").dropFirst().map(section)
    }()

    private static func section(_ text: String) -> Section {
        let lines = text.components(separatedBy: "\n")
        return Section(
            kind: lines[0], examples: lines.filter { $0.hasPrefix("{") }, members: members(of: lines))
    }

    /// The names in the first column of a table.
    private static func members(of lines: [String]) -> [String] {
        lines.filter { $0.hasPrefix("| `") }.compactMap { $0.components(separatedBy: "`").dropFirst().first }
    }

    private static func names(_ object: Any?) -> Set<String> { Set((object as? [String: Any] ?? [:]).keys) }

    /// The reader names all kinds that it knows when it is given another.
    @Test func thePageHasEveryKind() {
        #expect {
            try EventLine.decode(Data(#"{"v":1,"event":"?"}"#.utf8))
        } throws: { error in
            "\(error)".hasSuffix("is none of: " + Self.sections.map(\.kind).joined(separator: ", "))
        }
    }

    @Test(arguments: sections)
    func theExampleIsReadAndWrittenTheSame(_ section: Section) throws {
        #expect(!section.examples.isEmpty)
        for example in section.examples {
            let event = try EventLine.decode(Data(example.utf8))
            #expect(String(decoding: try EventLine.encode(event), as: UTF8.self) == example)
            #expect(example.contains(#""event":"\#(section.kind)""#))
        }
    }

    @Test(arguments: sections)
    func theTableHasTheMembersOfTheExample(_ section: Section) throws {
        let names = try section.examples.map { Self.names(try JSONSerialization.jsonObject(with: Data($0.utf8))) }
        let shared: Set = ["v", "event", "stamp", "client"]
        let all = names.reduce(into: Set<String>()) { $0.formUnion($1) }
        #expect(all.subtracting(shared) == Set(section.members))
    }

    @Test func sharedMembersAreThoseOfAnExample() throws {
        let shared = try #require(Self.page.components(separatedBy: "\n## ").first { $0.hasPrefix("Members that") })
        let example = try JSONSerialization.jsonObject(
            with: Data(try #require(Self.sections.first?.examples.first).utf8))
        let members = try #require(example as? [String: Any])
        let stamp = try #require(members["stamp"] as? [String: Any])
        let client = try #require(members["client"] as? [String: Any])
        let tables = shared.components(separatedBy: " holds\n").map { part in
            Set(Self.members(of: part.components(separatedBy: "\n")))
        }
        #expect(tables == [["v", "event", "stamp", "client"], Set(stamp.keys), Set(client.keys)])
    }

    @Test func boundsAndVersionsAreThoseOfTheProgram() {
        #expect(Self.page.contains("at most 524,288 bytes") && EventLine.longestBytes == 524_288)
        let hello = #"{"hello":"cardlink-probe","v":\#(EventLine.version),"version":"\#(ProbeVersion.current)"}"#
        #expect(Self.page.contains("\n\(hello)\n"))
    }
}

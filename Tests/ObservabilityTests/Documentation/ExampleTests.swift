import Foundation
import Testing

/// Each public room's page shows the example that its tests compile and run: a whole file, to the letter.
@Suite struct ExampleTests {
    @Test(arguments: ["SmartCard", "PrometheusClient", "ProbeEvents", "CardReader", "Modem", "Observability"])
    func thePageShowsTheCompiledExample(_ room: String) throws {
        let page = try DocumentationFiles.text("Sources/\(room)/\(room).docc/\(room).md")
        let example = try DocumentationFiles.text("Tests/\(room)Tests/DocumentationExample.swift")
        #expect(Self.swiftBlocks(of: page) == [example])
    }

    @Test(arguments: [
        ("CardReader/CardReader.docc/TalkToACard.md", "CardReaderTests/TalkToACardExample.swift"),
        ("Observability/Observability.docc/WriteALog.md", "ObservabilityTests/Logging/WriteALogExample.swift"),
    ])
    func theArticleShowsTheCompiledExample(_ article: String, _ file: String) throws {
        let page = try DocumentationFiles.text("Sources/\(article)")
        let example = try DocumentationFiles.text("Tests/\(file)")
        #expect(Self.swiftBlocks(of: page) == [example])
    }

    /// The code blocks that are Swift, without their fences.
    private static func swiftBlocks(of page: String) -> [String] {
        page.components(separatedBy: "\n```swift\n").dropFirst().map { rest in
            rest.components(separatedBy: "\n```\n")[0] + "\n"
        }
    }
}

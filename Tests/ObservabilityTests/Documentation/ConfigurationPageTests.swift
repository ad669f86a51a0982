import Foundation
import Testing

@testable import Observability

/// The page and the table say the same. After a change of the table: `TESTS_WRITE_DOCS=1 swift test --filter
/// ConfigurationPageTests` writes the page anew.
@Suite struct ConfigurationPageTests {
    @Test func thePageIsWhatTheTableGives() throws {
        let page = ConfigurationPage().text
        if ProcessInfo.processInfo.environment["TESTS_WRITE_DOCS"] == "1" {
            try DocumentationFiles.write(page, to: ConfigurationPage.path)
        }
        #expect(try DocumentationFiles.text(ConfigurationPage.path) == page)
    }

    @Test func thePageHasEveryKey() {
        let headings = ConfigurationPage().text.split(separator: "\n").filter { $0.hasPrefix("### ") }
        #expect(headings.map { String($0.dropFirst(4)) } == ConfigKeys.table.rows.map(\.path))
    }
}

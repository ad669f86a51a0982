import Foundation
import PrometheusClient
import Testing

@testable import Observability

/// The page and the tables say the same. After a change of a table: `TESTS_WRITE_DOCS=1 swift test --filter
/// MetricsPageTests` writes the page anew.
@Suite struct MetricsPageTests {
    @Test func thePageIsWhatTheTablesGive() throws {
        let page = MetricsPage().text
        if ProcessInfo.processInfo.environment["TESTS_WRITE_DOCS"] == "1" {
            try DocumentationFiles.write(page, to: MetricsPage.path)
        }
        let written = try DocumentationFiles.text(MetricsPage.path).components(separatedBy: "\n")
        let expected = page.components(separatedBy: "\n")
        #expect(written.count == expected.count)
        for (number, (line, wanted)) in zip(written, expected).enumerated() where line != wanted {
            Issue.record("line \(number + 1) is: \(line)\nthe tables give: \(wanted)")
            break
        }
    }

    @Test func thePageHasEveryFamilyThatIsServed() {
        let headings = MetricsPage().text.split(separator: "\n").filter { $0.hasPrefix("### ") }
        for family in Collector().registry.descriptors {
            #expect(headings.filter { $0 == "### \(family.name)" }.count == 1, "\(family.name)")
        }
    }
}

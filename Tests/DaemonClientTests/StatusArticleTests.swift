import Foundation
import Observability
import TestSupport
import Testing

@testable import DaemonClient

/// The article on the JSON documents has each of their keys, and no other.
@Suite struct StatusArticleTests {
    /// Maps by names that are the bench's own.
    private static let open: Set<String> = ["problems", "registration", "signal", "events"]

    private static func keys(_ value: Any) -> Set<String> {
        if let list = value as? [Any] { return list.reduce(into: []) { $0.formUnion(keys($1)) } }
        guard let map = value as? [String: Any] else { return [] }
        return map.reduce(into: []) { found, entry in
            found.insert(entry.key)
            if !open.contains(entry.key) { found.formUnion(keys(entry.value)) }
        }
    }

    @Test func hasEachKey() throws {
        let article = try String(
            contentsOfFile: "\(Files.package)/Sources/DaemonClient/DaemonClient.docc/Status.md", encoding: .utf8)
        var status = StatusExample.whole
        status.readers[0].lastUsed = "t"
        status.modems[0].vendor = "v"
        status.phones[0].model = "m"
        let step = TestStep(name: "otlp", outcome: .failed, tried: "a", message: "b", durationSeconds: 1)
        let documents = [BenchDocument.line(status), try TestReport(steps: [step]).json()]
        for text in documents {
            let keys = Self.keys(try JSONSerialization.jsonObject(with: Data(text.utf8)))
            #expect(keys.count > 5)
            for key in keys { #expect(article.contains("`\(key)`") || article.contains("`steps[].\(key)`"), "\(key)") }
        }
        let known = documents.reduce(into: Set<String>()) {
            $0.formUnion(Self.keys((try? JSONSerialization.jsonObject(with: Data($1.utf8))) ?? [:]))
        }
        for row in article.split(separator: "\n") where row.hasPrefix("| `") {
            let key = String(row.dropFirst(3).prefix { $0 != "`" }).replacing("steps[].", with: "")
            #expect(known.contains(key), "\(key)")
        }
    }
}

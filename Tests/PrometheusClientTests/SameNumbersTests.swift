import TestSupport
import Testing

@testable import PrometheusClient

/// JSON says what the text says, by prometheus_client's own parser.
@Suite struct SameNumbersTests {
    @Test func jsonAndText() throws {
        let registry = ExpositionTests.registry()
        let folder = try TemporaryFolder()
        let json = Array(JSONExposition(of: registry, time: "2026-01-02T03:04:05Z").joined())
        let file = try folder.write(String(decoding: json, as: UTF8.self), to: "json")
        let same = try SameMetrics.compare(text: TextExposition.text(registry), with: .json, file: file)
        #expect(same == "20 samples\n")
    }
}

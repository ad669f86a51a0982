import Foundation
import ProbeEvents
import Testing

@testable import Observability

@Suite struct SummaryJSONTests {
    @Test func typicalRun() throws {
        let json = String(decoding: try SummaryScenario.typical().report().json(), as: UTF8.self)
        #expect(json == "")
    }
}

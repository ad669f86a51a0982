import Foundation
import Observability
import Testing

/// The example of the article does what its text says; in a process of its own, since swift-log has one back end in each.
@Suite struct WriteALogExampleTests {
    @Test func theProgramsLogIsOneLine() async throws {
        let end = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
            logOneTest(to: .standardError)
        }
        let line = String(decoding: try #require(end).standardErrorContent, as: UTF8.self)
        #expect(
            line.replacing(/"timestamp":"[^"]*Z"/, with: "WHEN") == #"{WHEN,"level":"info","logger":"tester.cards","#
                + #""component":"program","message":"card inserted","fields":{"reader":"ACS ACR39U","slot":0}}"# + "\n")
    }
}

internal import FoundationEssentials
internal import Observability

/// Steps for a person, as they end.
package struct TestText: Sendable {
    private typealias Part = SummaryLayout.Part

    private let columns: Int?
    private let isColoured: Bool

    /// Nil columns never cut a line.
    package init(columns: Int?, isColoured: Bool) {
        self.columns = columns
        self.isColoured = isColoured
    }

    /// What was tried, and below it what was found.
    package func lines(_ step: TestStep) -> [String] {
        let layout = SummaryLayout(columns: columns ?? .max, isColoured: isColoured)
        let style: SummaryLayout.Style =
            switch step.outcome {
            case .passed: .good
            case .failed: .alarm
            case .skipped: .dim
            }
        let span = SummaryFormat.span(StatusTables.nanoseconds(step.durationSeconds))
        let took = step.outcome == .skipped ? "" : ", \(span)"
        let head = ScreenLine([
            Part(Self.padded(step.outcome.rawValue, 9), style), Part(Self.padded(step.name, 9), .bold),
            Part(step.tried + took, .dim),
        ])
        let indent = String(repeating: " ", count: 18)
        return [head.painted(layout), indent + step.message]
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(1, width - text.count))
    }
}

/// Steps for a program.
package struct TestReport: Sendable, Codable {
    package var schema = 1
    package var steps: [TestStep]

    /// A report of steps.
    package init(steps: [TestStep]) { self.steps = steps }

    /// The JSON text, ended by a line feed.
    package func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
    }
}

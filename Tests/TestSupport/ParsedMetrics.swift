import Foundation

/// A page of metrics as the official parsers of Python's prometheus_client understand it.
package struct ParsedMetrics {
    package struct Family: Decodable {
        package var name: String
        package var type: String
        package var help: String
        package var unit: String
        package var samples: [Sample]
    }

    package struct Sample: Decodable {
        package var name: String
        package var labels: [String: String]
        package var value: Double
        package var exemplar: Exemplar?
    }

    package struct Exemplar: Decodable, Equatable {
        package var labels: [String: String]
        package var value: Double
        package var time: Double

        package init(labels: [String: String], value: Double, time: Double) {
            self.labels = labels
            self.value = value
            self.time = time
        }
    }

    /// What a page is written in.
    package enum Format: String {
        case text, openmetrics
    }

    package let families: [Family]

    /// Reads a page; fails with what the parser has against it.
    package init(_ page: String, _ format: Format) throws {
        let end = try Command.run(
            [TraceSink.python, Files.client("read_metrics.py"), format.rawValue], input: page)
        guard end.ending == .exited(0) else { throw TestFailure("\(end.errors.suffix(2_000))") }
        families = try JSONDecoder().decode([Family].self, from: Data(end.output.utf8))
    }

    /// All samples of this name whose labels are these, `le` and others left out.
    package func samples(_ name: String, _ labels: [String: String] = [:]) -> [Sample] {
        families.flatMap(\.samples).filter { sample in
            sample.name == name && labels.allSatisfy { sample.labels[$0.key] == $0.value }
        }
    }
}

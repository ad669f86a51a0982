/// Compares numbers with a text exposition, by prometheus_client's own parser.
package enum SameMetrics {
    /// What is compared with the text.
    package enum Form: String {
        case json, otlp, pushed
    }

    /// What differs, a line each, and how many samples there were; with nothing else, all is the same.
    package static func compare(text: String, with form: Form, file: String) throws -> String {
        let folder = try TemporaryFolder()
        let text = try folder.write(text, to: "text")
        let end = try Command.run([TraceSink.python, Files.client("same_metrics.py"), text, form.rawValue, file])
        guard end.errors.isEmpty else { throw TestFailure(end.errors) }
        return end.output
    }
}

/// Where log records go, and how.
package struct LogSettings: Sendable, Hashable {
    /// Where they go.
    package var export: ExportSettings
    /// How they wait.
    package var batch = BatchSettings(delay: .milliseconds(1_000))

    /// Records go there, all else as usual.
    package init(_ export: ExportSettings) { self.export = export }

    /// Reads the variables; nil when they name no endpoint, or say that nothing is to be exported.
    package init?(_ read: ExportVariables) {
        guard let export = ExportSettings(.logs, read) else { return nil }
        self.init(export)
        batch = BatchSettings("OTEL_BLRP", read, delay: batch.delay)
    }
}

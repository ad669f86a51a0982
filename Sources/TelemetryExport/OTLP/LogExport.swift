package import Observability
internal import ProbeEvents

/// Sends log records to an OTLP endpoint, in batches; who logs never waits.
package final class LogExport: LogSink {
    private let batches: BatchExport<LogRecord>

    /// Begins to export what is said from now on.
    ///
    /// - Parameter firstPause: the back-off after a first failure.
    package init(
        _ settings: LogSettings, telemetry: ExportTelemetry = ExportTelemetry(), firstPause: Duration = .seconds(1)
    ) {
        let resource = ProbeResource.attributes(settings.export.resource)
        batches = BatchExport(.logs, settings.export, settings.batch, telemetry: telemetry, firstPause: firstPause) {
            records in
            try LogRequest(records, resource: resource, version: ProbeVersion.current).bytes()
        }
    }

    /// Takes one record.
    package func receive(_ record: LogRecord) { batches.queue.append(record) }

    /// Sends what waits, and ends when all is sent or the time is over.
    ///
    /// Returns how many records were lost since the begin, and why the last ones were.
    package func finish(within limit: Duration) async -> (lost: UInt64, reason: String) {
        await batches.finish(within: limit)
    }
}

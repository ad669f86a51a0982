package import Observability
internal import ProbeEvents

/// Sends spans to an OTLP endpoint, in batches.
package final class TraceExport: Sendable {
    /// Starts the spans.
    package let spans: SpanManager

    private let batches: BatchExport<SpanData>

    /// Begins to export what ends from now on.
    ///
    /// - Parameter firstPause: the back-off after a first failure.
    package init(
        _ settings: TraceSettings, telemetry: ExportTelemetry = ExportTelemetry(), firstPause: Duration = .seconds(1)
    ) {
        let resource = ProbeResource.attributes(settings.export.resource)
        batches = BatchExport(
            .traces, settings.export, settings.batch, telemetry: telemetry, firstPause: firstPause
        ) { spans in
            try TraceRequest(spans, resource: resource, version: ProbeVersion.current).bytes()
        }
        spans = SpanManager(sampler: settings.sampler, limits: settings.limits, queue: batches.queue)
    }

    /// Ends all spans, sends what waits, and ends when all is sent or the time is over.
    ///
    /// Returns how many spans were lost since the begin, and why the last ones were.
    package func finish(within limit: Duration) async -> (lost: UInt64, reason: String) {
        spans.endAll()
        return await batches.finish(within: limit)
    }
}

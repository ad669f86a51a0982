package import Observability

/// Where traces go, which, and how, from the variables that OpenTelemetry gives every program.
package struct TraceSettings: Sendable, Hashable {
    /// Where they go.
    package var export: ExportSettings
    /// How spans wait.
    package var batch = BatchSettings(delay: .milliseconds(5_000))
    /// Which traces are kept.
    package var sampler = Sampler.parentBased(.alwaysOn)
    /// How much a span holds.
    package var limits = SpanLimits()

    /// Spans go there, all else as usual.
    package init(_ export: ExportSettings) { self.export = export }

    /// Reads the variables; nil when they name no endpoint, or say that nothing is to be exported.
    package init?(_ read: ExportVariables) {
        guard let export = ExportSettings(.traces, read) else { return nil }
        self.init(export)
        batch = BatchSettings("OTEL_BSP", read, delay: batch.delay)
        if let name = read.text("OTEL_TRACES_SAMPLER") {
            if let named = Sampler(name: name, argument: read.text("OTEL_TRACES_SAMPLER_ARG")) {
                sampler = named
            } else {
                read.warn("OTEL_TRACES_SAMPLER '\(name.prefix(64))' is no sampler; using parentbased_always_on")
            }
        }
        limits.attributes = read.count("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "OTEL_ATTRIBUTE_COUNT_LIMIT") ?? 128
        limits.events = read.count("OTEL_SPAN_EVENT_COUNT_LIMIT") ?? limits.events
        limits.links = read.count("OTEL_SPAN_LINK_COUNT_LIMIT") ?? limits.links
    }
}

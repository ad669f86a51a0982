/// What of a span goes to other processes: its trace, its number, whether it is sampled, and what others added.
///
/// Text forms: W3C Trace Context, level 2.
package struct SpanContext: Sendable, Hashable {
    /// The trace.
    package var traceID: TraceID
    /// The span.
    package var spanID: SpanID
    /// What is known of the trace.
    package var flags: TraceFlags
    /// What tracing systems on the way added.
    package var state: TraceState
    /// Whether it came from another process.
    package var isRemote: Bool

    /// A context from its parts.
    package init(
        traceID: TraceID, spanID: SpanID, flags: TraceFlags, state: TraceState = TraceState(), isRemote: Bool = false
    ) {
        self.traceID = traceID
        self.spanID = spanID
        self.flags = flags
        self.state = state
        self.isRemote = isRemote
    }

    /// Whether spans of this trace are kept.
    package var isSampled: Bool { flags.contains(.sampled) }

    /// Reads what came in `traceparent` and, if there was one, `tracestate`: any bytes give a context or nil.
    ///
    /// A bad `traceparent` makes both void; a bad `tracestate` is dropped alone.
    package init?(traceparent: some Collection<UInt8>, tracestate: some Collection<UInt8> = []) {
        let text = Array(traceparent.prefix(Self.longestRead))
        let dash = UInt8(ascii: "-")
        guard text.count >= Self.length, text[2] == dash, text[35] == dash, text[52] == dash,
            let version = LowerHex.number(text[0..<2]), version != 0xFF,
            let traceID = TraceID(hex: text[3..<35]), let spanID = SpanID(hex: text[36..<52]),
            let flags = LowerHex.number(text[53..<55])
        else { return nil }
        // Version 00 ends here; a later one may go on behind a dash.
        if text.count > Self.length { guard version > 0, text[Self.length] == dash else { return nil } }
        self.init(
            traceID: traceID, spanID: spanID,
            flags: TraceFlags(rawValue: UInt8(truncatingIfNeeded: flags)).intersection(.known),
            state: TraceState(tracestate) ?? TraceState(), isRemote: true)
    }

    /// The value of `traceparent`, version 00.
    package var traceparent: String { "00-\(traceID)-\(spanID)-\(LowerHex.text([flags.rawValue]))" }

    /// The length of version 00, bytes.
    private static let length = 55
    /// More is not looked at: what stands behind the first dash of a later version says nothing to us.
    private static let longestRead = 56
}

/// What is known of a trace: one byte of bits.
package struct TraceFlags: OptionSet, Sendable, Hashable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Its spans are kept.
    package static let sampled = TraceFlags(rawValue: 1)
    /// The trace's number is random.
    package static let random = TraceFlags(rawValue: 2)
    /// The bits that have a meaning; the others are not handed on.
    package static let known: TraceFlags = [.sampled, .random]
}

/// Decides which traces are kept.
package indirect enum Sampler: Sendable, Hashable {
    /// All.
    case alwaysOn
    /// None.
    case alwaysOff
    /// That share of them, 0 to 1, by the trace's number: every program that uses it keeps the same ones.
    case ratio(Double)
    /// As the caller decided; without a caller as this one does.
    case parentBased(Sampler)

    /// Whether a new span is kept.
    package func keeps(_ traceID: TraceID, parent: SpanContext?) -> Bool {
        switch self {
        case .alwaysOn: true
        case .alwaysOff: false
        case .ratio(let share): Self.keeps(traceID, share)
        case .parentBased(let root): parent?.isSampled ?? root.keeps(traceID, parent: nil)
        }
    }

    /// Whether it can keep anything at all.
    package var canKeep: Bool {
        switch self {
        case .alwaysOn, .parentBased: true
        case .alwaysOff: false
        case .ratio(let share): share > 0
        }
    }

    /// The like of a number that is kept: as random as before, as far as the share leaves room.
    package func kept(_ traceID: TraceID) -> TraceID {
        switch self {
        case .alwaysOn, .alwaysOff: return traceID
        case .parentBased(let root): return root.kept(traceID)
        case .ratio(let share):
            guard share < 1, share > 0 else { return traceID }
            // Below the limit, by the high half of a product of 63 by 63 bits.
            let product = (traceID.low >> 1).multipliedFullWidth(by: Self.limit(share))
            let half = product.high << 1 | product.low >> 63
            return TraceID(high: traceID.high, low: half << 1 | traceID.low & 1) ?? traceID
        }
    }

    /// By the name in `OTEL_TRACES_SAMPLER` and the share in `OTEL_TRACES_SAMPLER_ARG`; nil for an unknown name.
    ///
    /// Without a share that can be read all are kept.
    package init?(name: String, argument: String?) {
        let share = argument.flatMap(Double.init).flatMap { (0...1).contains($0) ? $0 : nil } ?? 1
        switch name {
        case "always_on": self = .alwaysOn
        case "always_off": self = .alwaysOff
        case "traceidratio": self = .ratio(share)
        case "parentbased_always_on": self = .parentBased(.alwaysOn)
        case "parentbased_always_off": self = .parentBased(.alwaysOff)
        case "parentbased_traceidratio": self = .parentBased(.ratio(share))
        default: return nil
        }
    }

    // 63 bits, since a Double can say 2^63 and not 2^64 - 1.
    private static func keeps(_ traceID: TraceID, _ share: Double) -> Bool {
        guard share < 1 else { return true }
        return share > 0 && traceID.low >> 1 < limit(share)
    }

    /// Of a share below 1.
    private static func limit(_ share: Double) -> UInt64 { UInt64(share * 0x1p63) }
}

internal import FoundationEssentials
internal import Observability
internal import PrometheusClient
internal import SwiftProtobuf

/// How a family's numbers become data points.
struct MetricMapping: Sendable {
    /// When the program began to count, nanoseconds since 1970 in UTC; where a child has no time of its own.
    var startNanoseconds: UInt64
    /// No point begins later: receivers refuse one that begins after its own time.
    var latestStartNanoseconds: UInt64
    /// When the numbers are read.
    var nowNanoseconds: UInt64
    /// Whether durations go out in exponential buckets.
    var isExponential = false

    private func start(of child: ChildSnapshot) -> UInt64 {
        min(child.createdNanoseconds ?? startNanoseconds, latestStartNanoseconds)
    }

    /// Some children of a family as one metric.
    func metric(_ family: FamilySnapshot, _ children: ArraySlice<ChildSnapshot>) -> Cardlink_Otlp_Metric {
        .with { metric in
            metric.name = family.descriptor.name
            metric.description_p = family.descriptor.help
            metric.unit = unit(of: family.descriptor)
            metric.data =
                switch family.descriptor.kind {
                case .counter:
                    .sum(
                        .with {
                            $0.aggregationTemporality = .cumulative
                            $0.isMonotonic = true
                            $0.dataPoints = children.map { number($0, of: family.descriptor) }
                        })
                case .gauge, .info: .gauge(.with { $0.dataPoints = children.map { number($0, of: family.descriptor) } })
                case .histogram: histogram(family, children)
                }
        }
    }

    /// A gauge without unit has none: receivers would take a "1" for a ratio and change the name.
    private func unit(of descriptor: FamilyDescriptor) -> String {
        let isPlainGauge = descriptor.unit == .none && [.gauge, .info].contains(descriptor.kind)
        return isPlainGauge ? "" : descriptor.unit.ucum
    }

    private func number(_ child: ChildSnapshot, of descriptor: FamilyDescriptor) -> Cardlink_Otlp_NumberDataPoint {
        .with {
            $0.attributes = attributes(child, of: descriptor)
            if descriptor.kind == .counter {
                $0.startTimeUnixNano = start(of: child)
                $0.exemplars = exemplars(child, of: descriptor)
            }
            $0.timeUnixNano = nowNanoseconds
            $0.value =
                switch child.value {
                case .count(let count): Int64(exactly: count).map { .asInt($0) } ?? .asDouble(Double(count))
                case .number(let number): .asDouble(number)
                case .histogram(let histogram): .asDouble(histogram.sum)
                }
        }
    }

    private func attributes(_ child: ChildSnapshot, of descriptor: FamilyDescriptor) -> [Cardlink_Otlp_KeyValue] {
        zip(descriptor.labels, child.labelValues).map { label, value in
            Cardlink_Otlp_KeyValue(Attribute(label.name, .text(value)))
        }
    }
}

extension MetricMapping {
    private func histogram(
        _ family: FamilySnapshot, _ children: ArraySlice<ChildSnapshot>
    ) -> Cardlink_Otlp_Metric.OneOf_Data {
        // Sizes have no narrow cells.
        if isExponential, family.descriptor.unit == .seconds {
            return .exponentialHistogram(
                .with {
                    $0.aggregationTemporality = .cumulative
                    $0.dataPoints = children.compactMap { exponentialPoint($0, of: family.descriptor) }
                })
        }
        return .histogram(
            .with {
                $0.aggregationTemporality = .cumulative
                $0.dataPoints = children.compactMap { explicitPoint($0, of: family) }
            })
    }

    private func explicitPoint(
        _ child: ChildSnapshot, of family: FamilySnapshot
    ) -> Cardlink_Otlp_HistogramDataPoint? {
        guard case .histogram(let histogram) = child.value else { return nil }
        return .with {
            $0.attributes = attributes(child, of: family.descriptor)
            $0.startTimeUnixNano = start(of: child)
            $0.timeUnixNano = nowNanoseconds
            $0.exemplars = exemplars(child, of: family.descriptor)
            $0.count = histogram.count
            $0.sum = histogram.sum
            $0.explicitBounds = family.bucketBounds
            $0.bucketCounts = histogram.bucketCounts
        }
    }

    private func exponentialPoint(
        _ child: ChildSnapshot, of descriptor: FamilyDescriptor
    ) -> Cardlink_Otlp_ExponentialHistogramDataPoint? {
        guard case .histogram(let histogram) = child.value, let fine = histogram.fine else { return nil }
        let buckets = ExponentialBuckets(fine)
        return .with {
            $0.attributes = attributes(child, of: descriptor)
            $0.startTimeUnixNano = start(of: child)
            $0.timeUnixNano = nowNanoseconds
            $0.exemplars = exemplars(child, of: descriptor)
            $0.count = histogram.count
            $0.sum = histogram.sum
            $0.scale = buckets.scale
            $0.zeroCount = buckets.zeroCount
            $0.positive = .with {
                $0.offset = buckets.offset
                $0.bucketCounts = buckets.counts
            }
        }
    }
}

extension MetricMapping {
    private func exemplars(_ child: ChildSnapshot, of descriptor: FamilyDescriptor) -> [Cardlink_Otlp_Exemplar] {
        child.exemplars.map { exemplar in
            .with {
                $0.timeUnixNano = exemplar.wallNanoseconds
                $0.value =
                    descriptor.unit == .seconds
                    ? .asDouble(Double(exemplar.value) / 1e9) : .asInt(Int64(clamping: exemplar.value))
                for label in exemplar.labels {
                    if label.name == "trace_id", let id = TraceID(hex: Array(label.value.utf8)) {
                        $0.traceID = Data(id.bytes)
                    } else if label.name == "span_id", let id = SpanID(hex: Array(label.value.utf8)) {
                        $0.spanID = Data(id.bytes)
                    } else {
                        $0.filteredAttributes.append(
                            Cardlink_Otlp_KeyValue(Attribute(label.name, .text(label.value))))
                    }
                }
            }
        }
    }
}

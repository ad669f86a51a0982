@testable import DaemonClient

/// libFuzzer: any bytes are a page of metrics or a fault with its line. A page is the same when it is written and read
/// again, and can be written in each of the other formats.
///
/// An input: a page; it is read as Prometheus text, as OpenMetrics, and as what its own end says.
@_cdecl("LLVMFuzzerTestOneInput")
public func takePage(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    for format in [MetricFormat.prometheus, .openmetrics] {
        do throws(MetricPageFault) {
            hold(try MetricPage(bytes, isOpenMetrics: format == .openmetrics), of: bytes, format)
        } catch {
            precondition((1...(bytes.count { $0 == 0x0A } + 2)).contains(error.line))
            precondition(!error.reason.isEmpty && !error.reason.contains("\n"))
        }
    }
    for format in MetricFormat.allCases { _ = try? MetricExport(bytes, from: "P").bytes(format, families: ["*a*"]) }
    return 0
}

private func hold(_ page: MetricPage, of bytes: [UInt8], _ format: MetricFormat) {
    var end = 0
    for family in page.families {
        precondition(family.place.lowerBound >= end && family.place.upperBound <= bytes.count)
        end = family.place.upperBound
        for sample in family.samples {
            precondition(Set(sample.labels.map(\.name)).count == sample.labels.count)
            _ = sample.value
        }
    }
    precondition(again(page, in: format, from: format).withoutPlaces == page.withoutPlaces)
    let other = format == .prometheus ? MetricFormat.openmetrics : .prometheus
    // Of a page whose names clash, which OpenMetrics forbids, there is none.
    let names = Set(page.families.map(\.name))
    guard names.isDisjoint(with: names.flatMap { [$0 + "_total", $0 + "_info"] }) else { return }
    let translated = again(page, in: other, from: format)
    precondition(again(translated, in: other, from: other).withoutPlaces == translated.withoutPlaces)
}

/// The page as it is written in a format, read.
private func again(_ page: MetricPage, in format: MetricFormat, from source: MetricFormat) -> MetricPage {
    let text = page.text(isOpenMetrics: format == .openmetrics, from: source)
    guard let read = try? MetricPage(Array(text.utf8), isOpenMetrics: format == .openmetrics) else {
        preconditionFailure("a page that was written cannot be read")
    }
    return read
}

extension MetricPage {
    fileprivate var withoutPlaces: [Family] {
        families.map { family in
            var family = family
            family.place = 0..<0
            return family
        }
    }
}

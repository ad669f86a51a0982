import Foundation
import Synchronization
import Testing

@testable import PrometheusClient

@Suite struct RegistryWalkTests {
    /// A child as one line: labels, then its numbers.
    private static func lines(_ registry: Registry) -> [String] {
        RegistryWalk(of: registry).flatMap { family in
            family.children.map { child in
                let numbers =
                    switch child.value {
                    case .count(let count): "\(count)"
                    case .number(let number): "\(number)"
                    case .histogram(let histogram):
                        "\(histogram.bucketCounts) \(histogram.count) \(histogram.sum) \(family.bucketBounds)"
                    }
                return "\(family.descriptor.name) \(child.labelValues) \(numbers)"
            }
        }
    }

    @Test func everyKind() {
        #expect(
            Self.lines(ExpositionTests.registry()) == [
                #"app_requests_total ["/a\\b\"c\nd", "true"] 1"#,
                #"app_requests_total ["/", "false"] 18446744073709551615"#,
                "app_read_bytes_total [] 0",
                #"app_level ["false"] inf"#, #"app_level ["true"] -73.25"#,
                #"app_time_seconds ["true"] [2, 2, 0, 1] 5 3.600200001 [0.0001, 1.0, 2.5]"#,
                "app_size_bytes [] [1, 1, 1] 3 5033.0 [16.0, 4096.0]",
                #"app_build_info ["1.0", "a\"b"] 1"#,
                "app_seen_seconds_total [] 0.25",
                #"app_rows ["x"] 1.0"#, #"app_rows ["y"] 2e+300"#,
            ])
        // A family that shows nothing is there too.
        let names = RegistryWalk(of: ExpositionTests.registry()).map(\.descriptor.name)
        #expect(names.count == 9 && names.last == "app_unread")
    }

    @Test func narrowCells() throws {
        let registry = Registry()
        let time = DurationHistogram("app_time_seconds", "A time.", buckets: [0.000_000_1, 0.001])
        let size = SizeHistogram("app_size_bytes", "A size.", buckets: [16])
        registry.register(time)
        registry.register(size)
        // Bounds divide the cells of 100 ns and of 1 ms; both parts are one cell here.
        for nanoseconds in [0, 0, 100, 101, 999_999, 1_000_000, 1_000_001, .max] as [UInt64] {
            time.record(nanoseconds)
        }
        size.record(3)
        let families = Array(RegistryWalk(of: registry))
        guard case .histogram(let durations) = families[0].children[0].value,
            case .histogram(let sizes) = families[1].children[0].value
        else { throw Failure() }
        var expected = LogLinearHistogram()
        for nanoseconds in [0, 0, 100, 101, 999_999, 1_000_000, 1_000_001, .max] as [UInt64] {
            expected.record(nanoseconds)
        }
        #expect(durations.fine?.populatedCells == expected.populatedCells && durations.fine?.count == 8)
        #expect(durations.bucketCounts == [3, 3, 2] && sizes.fine == nil)
        let cells = expected.populatedCells
        #expect(cells.first == LogLinearHistogram.Cell(lower: 0, upper: 0, count: 2))
        #expect(cells.last?.upper == .max && cells.map(\.count).reduce(0, +) == 8)
        #expect(cells.allSatisfy { $0.lower <= $0.upper })
    }

    private struct Failure: Error {}

    /// Whatever is recorded meanwhile: buckets, count and cells agree, and nothing goes back.
    @Test func neverTorn() {
        let registry = Registry()
        let time = DurationHistogram("app_time_seconds", "A time.", buckets: [0.000_001, 0.001, 1])
        registry.register(time)
        let ended = Ended()
        for _ in 0..<3 {
            Thread.detachNewThread {
                for number in 0..<20_000 as Range<UInt64> { time.record(number * 10_000) }
                ended.threads.add(1, ordering: .releasing)
            }
        }
        var before = [UInt64](repeating: 0, count: 4)
        while ended.threads.load(ordering: .acquiring) < 3 {
            for family in RegistryWalk(of: registry) {
                guard case .histogram(let read) = family.children[0].value else { continue }
                #expect(read.count == read.bucketCounts.reduce(0, +) && read.count == read.fine?.count)
                #expect(zip(before, read.bucketCounts).allSatisfy { $0 <= $1 })
                before = read.bucketCounts
            }
        }
        #expect(before.count == 4)
        #expect(Self.lines(registry)[0].hasPrefix("app_time_seconds [] [3, 300, 59697, 0] 60000 "))
    }
}

internal import ProbeEvents

extension SummaryText {
    private static let shownFailures = 3

    /// A line on all tests, and one each for the last that failed.
    static func tests(_ tests: RunReport.Tests, _ layout: SummaryLayout) -> [String] {
        guard !tests.isEmpty else { return [] }
        let counts: [(UInt64, String, SummaryLayout.Style)] = [
            (tests.passed, "passed", .plain), (tests.failed, "failed", .alarm), (tests.errors, "in error", .alarm),
            (tests.skipped, "skipped", .dim), (tests.running, "not ended", .notice),
        ]
        var parts = counts.filter { $0.0 > 0 }.map { count, words, style in
            SummaryLayout.Part("\(SummaryFormat.count(count)) \(words)", style)
        }
        if tests.suites > 0 { parts.insert(.init(SummaryFormat.plural(tests.suites, "suite")), at: 0) }
        if let slowest = tests.slowest.value {
            parts.append(
                .init("slowest \(SummaryFormat.span(slowest.nanoseconds)): \(SummaryFormat.test(slowest.test))"))
        }
        let failures = tests.failures.suffix(shownFailures)
        var lines = layout.labelled("tests", parts)
        for failure in failures { lines += layout.labelled("failed", Self.parts(of: failure)) }
        let more = tests.failed + tests.errors - min(UInt64(failures.count), tests.failed + tests.errors)
        if more > 0 { lines += layout.labelled("failed", [.init("… \(SummaryFormat.count(more)) more", .dim)]) }
        return lines
    }

    private static func parts(of failure: RunReport.Tests.Failure) -> [SummaryLayout.Part] {
        var parts: [SummaryLayout.Part] = [.init(SummaryFormat.test(failure.test), .alarm)]
        guard failure.commands > 0 else { return parts + [.init("no command to a card", .dim)] }
        parts.append(.init(SummaryFormat.plural(failure.commands, "command")))
        if let command = failure.failedCommand.value, let word = failure.failedStatusWord.value {
            parts.append(.init("last failed \(command) \(word)", .alarm))
        }
        return parts
    }
}

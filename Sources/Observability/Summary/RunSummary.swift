package import FoundationEssentials
package import ProbeEvents
internal import Synchronization

/// Adds up the events of one run, for the summary that `run` prints at its end and for its JSON.
package final class RunSummary: EventSink {
    private let tally = Mutex(RunTally())

    /// A summary of nothing yet.
    package init() {}

    /// Counts one event.
    package func receive(_ event: ProbeEvent) {
        tally.withLock { $0.apply(event) }
    }

    /// The readers that were used and whose card nobody asked for its ATR.
    package var readersWithUnknownCard: [String] {
        tally.withLock { tally in
            tally.readers.all.compactMap { name, reader in
                reader.atr.isEmpty && reader.sessions + reader.commands > 0 ? name : nil
            }
        }
    }

    /// The last tests of a suite that failed, the oldest first.
    package func failures(of suite: TestSuiteRun) -> [FailedTest] {
        tally.withLock { $0.tests.failures.filter { $0.suite == suite } }
    }

    /// What the run came to, as far as events have come.
    package func report(of outcome: RunOutcome) -> RunReport {
        RunReport(tally.withLock { $0 }, outcome)
    }
}

extension RunReport {
    /// The report as one JSON object on several lines, with sorted keys and a line feed at its end.
    package func json() throws -> Data { try Self.json(of: self) }

    /// The same of a report with more in it.
    package static func json(of report: some Encodable) throws -> Data {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        var data = try encoder.encode(report)
        data.append(UInt8(ascii: "\n"))
        return data
    }
}

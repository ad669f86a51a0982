internal import FoundationEssentials
package import Observability
internal import ProbeEvents

/// Tries one by one what a bench's monitoring is made of.
package struct ProbeTest: Sendable {
    /// What can be tried.
    package enum Part: String, Sendable, CaseIterable {
        case metrics, health, otlp, pcsc, modem
    }

    private let connection: ProbeConnection
    private let settings: Settings
    private let environment: [String: String]
    private let program: String

    /// A test from its parts.
    ///
    /// - Parameter program: the path of `cardlink-probe`, which looks at readers and modems.
    package init(
        _ connection: ProbeConnection, settings: Settings, environment: [String: String], program: String
    ) {
        self.connection = connection
        self.settings = settings
        self.environment = environment
        self.program = program
    }

    /// Tries one part.
    package func run(_ part: Part) async -> TestStep {
        let step = step(part)
        let start = EventClock.monotonicNow
        let (outcome, message): (TestStep.Outcome, String)
        do {
            (outcome, message) = (.passed, try await step.work())
        } catch StepWork.End.failed(let words) {
            (outcome, message) = (.failed, words)
        } catch StepWork.End.skipped(let words) {
            (outcome, message) = (.skipped, words)
        } catch {
            (outcome, message) = (.failed, "\(error)")
        }
        let microseconds = Double((EventClock.monotonicNow - start) / 1_000)
        return TestStep(
            name: step.name, outcome: outcome, tried: step.tried, message: message,
            durationSeconds: microseconds / 1e6)
    }

    private func step(_ part: Part) -> StepWork {
        let base = connection.address.base
        switch part {
        case .metrics:
            return StepWork(
                name: part.rawValue, tried: "GET \(base)\(connection.address.metricsPath), both text formats"
            ) {
                try await metrics()
            }
        case .health: return StepWork(name: part.rawValue, tried: "GET \(base)/health") { try await health() }
        case .otlp:
            let endpoint = OTLPEndpoint(settings, environment)
            return StepWork(name: part.rawValue, tried: endpoint?.tried ?? "an endpoint for OTLP") {
                guard let endpoint else {
                    throw StepWork.End.skipped(
                        "no endpoint is configured; set tracing.endpoint or OTEL_EXPORTER_OTLP_ENDPOINT")
                }
                return try await endpoint.check(within: connection.timeout)
            }
        case .pcsc: return local(part, ["readers", "--json"], "reader") { $0.readers?.map(\.name) }
        case .modem: return local(part, ["modems", "--json"], "modem") { $0.modems?.map(\.name) }
        }
    }

    // MARK: Parts

    private func metrics() async throws -> String {
        let (text, open) = try await ProbeClient.with(connection) {
            (try await $0.metrics(.prometheus), try await $0.metrics(.openmetrics))
        }
        let page = try Self.page(text, isOpenMetrics: false, connection.address.base)
        _ = try Self.page(open, isOpenMetrics: true, connection.address.base)
        let samples = page.families.reduce(0) { $0 + $1.samples.count }
        guard samples > 0 else {
            throw StepWork.End.failed(
                "\(connection.address.base): a page without metrics; correct --url or metrics.path")
        }
        return "\(page.families.count) families, \(samples) samples, \(StatusTables.bytes(UInt64(text.body.count)))"
    }

    private static func page(
        _ answer: ProbeClient.Answer, isOpenMetrics: Bool, _ place: String
    ) throws -> MetricPage {
        do throws(MetricPageFault) {
            return try MetricPage(answer.body, isOpenMetrics: isOpenMetrics)
        } catch {
            throw MetricExportError.page(place, error)
        }
    }

    private func health() async throws -> String {
        let report = try await ProbeClient.with(connection) { try await $0.health().value }
        let bad = report.checks.filter { $0.value.status == report.status && $0.value.status != .healthy }
        let words = bad.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value.message)" }.joined(separator: "; ")
        let line = SummaryFormat.name(
            words.isEmpty ? report.status.rawValue : "\(report.status.rawValue): \(words)", limit: 600)
        guard report.status == .healthy || report.status == .degraded else { throw StepWork.End.failed(line) }
        return report.status == .healthy ? "healthy, \(report.checks.count) checks" : line
    }

    /// What the probe itself sees on this machine.
    private func local(
        _ part: Part, _ words: [String], _ noun: String, names: @escaping @Sendable (Overview) -> [String]?
    ) -> StepWork {
        let ports = part == .modem ? settings[\.modemPorts].map(\.port).filter { $0.hasPrefix("/") } : []
        let words = words + ports
        return StepWork(name: part.rawValue, tried: "cardlink-probe \(words.joined(separator: " "))") {
            let end = try await LocalProgram.run([program] + words, within: .seconds(20))
            guard end.status == 0 else {
                let line = end.errors.split(whereSeparator: \.isNewline).last.map(String.init) ?? ""
                throw StepWork.End.failed(
                    line.isEmpty
                        ? "none answers; see: cardlink-probe \(words[0])" : SummaryFormat.name(line, limit: 600))
            }
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            let found = (try? decoder.decode(Overview.self, from: Data(end.output))).flatMap(names) ?? []
            let count = SummaryFormat.plural(UInt64(found.count), noun)
            return found.isEmpty ? count : "\(count): \(found.map(StatusTables.name).joined(separator: ", "))"
        }
    }

    private struct Overview: Decodable, Sendable {
        struct Named: Decodable {
            var name: String
        }

        var readers: [Named]?
        var modems: [Named]?
    }
}

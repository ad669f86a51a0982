import Foundation
import Observability
import TestSupport
import Testing

@testable import Dashboards

/// Every query of every dashboard, put to a real Prometheus that scrapes a real bench and a probe that counts the rest.
@Suite(.serialized) struct DashboardQueriesTests {
    /// Queries that find nothing on these benches, and why.
    private static let silent = [
        "annotation Probe restarted": "neither probe is started again while they are watched"
    ]

    @Test(.timeLimit(.minutes(5))) func everyQueryFindsWhatItIsFor() async throws {
        let bench = try Bench()
        let modem = try modem(in: bench.folder)
        defer { modem.kill() }
        let probe = try ServingProbe(
            sockets: bench.folder.file("sockets"),
            options: [
                "--bench.name", "real", "--modem", "modem=\(bench.folder.file("modem"))", "--modems.poll-interval",
                "500ms",
            ], environment: bench.environment)
        let everything = try await EverythingProbe()
        let real = "127.0.0.1:\(probe.port)"
        let prometheus = try PrometheusServer(scraping: [real, everything.target])
        // Prometheus begins some seconds after it is ready.
        #expect(try await eventually(within: 30) { try prometheus.ask("count(up == 1)").values.values.first == 2 })
        try await traffic(bench, probe, everything)

        for dashboard in DashboardCatalog.all {
            let variables = try variables(of: dashboard, prometheus)
            for verdict in try prometheus.ask(dashboard.queries(variables)) {
                #expect(verdict.error == nil, "\(verdict)")
                let isSilent = Self.silent.keys.contains { verdict.query.name.hasSuffix($0) }
                #expect(verdict.isEmpty == isSilent, "\(verdict)")
            }
        }
        // It would say so if there were something wrong.
        #expect(try prometheus.ask("sum(").error != nil)
        #expect(try prometheus.ask("cardlink_none").isEmpty)
        try compare(prometheus, real, with: bench.cardLog)
        await everything.end()
    }

    /// What the card itself wrote down.
    private func compare(_ prometheus: PrometheusServer, _ real: String, with log: CardLog) throws {
        let queries = BenchQueries()
        let variables = GrafanaVariables(rangeSeconds: 120, chosen: ["instance": [real]])
        func value(_ query: Query) throws -> Double {
            try prometheus.ask(variables.filled(query.text)).values.values.first ?? -1
        }
        #expect(try value(Query(Series(queries.catalog.apduCommands).chosen).sum()) == Double(log.lines.count))
        func isProbing(_ line: CardLog.Line) -> Bool {
            line.command.dropFirst(2).hasPrefix("A4") && line.response.suffix(4).contains(/6A8[12]|6[DE]00/)
        }
        let refused = log.lines.filter { $0.response.suffix(4).contains(/^6[4-57-9ABDEF]/) }
        let all = queries.commands(over: Window.range)
        let probing = try value(BenchQueries.share(of: queries.probingRefusals(over: Window.range), in: all))
        #expect(refused.contains(where: isProbing) && probing > 0)
        let failed = try value(BenchQueries.share(of: queries.unexpectedErrors(over: Window.range), in: all))
        #expect((failed > 0) == refused.contains { !isProbing($0) }, "\(failed)")
    }

    private func modem(in folder: TemporaryFolder) throws -> RunningCommand {
        let modem = try RunningCommand([Files.probe, "simulate", "modem", "--link", folder.file("modem")])
        guard eventually(within: 20, { modem.errorsSoFar.contains("the modem ") }) else {
            throw TestFailure("the modem did not come: \(modem.errorsSoFar)")
        }
        return modem
    }

    /// Half a minute of work, with a reader that is pulled in its middle.
    private func traffic(_ bench: Bench, _ probe: ServingProbe, _ everything: EverythingProbe) async throws {
        for round in 0..<48 {
            everything.record(round: round)
            everything.setReader(isConnected: !(16..<22).contains(round))
            if round % 8 == 0 {
                let end = try await Command.runAside(
                    [Files.probe, "run", "--runtime-dir", probe.sockets, "--", "env"]
                        + bench.environment.map { "\($0)=\($1)" } + ["opensc-tool", "--name"])
                guard end.ending == .exited(0) else { throw TestFailure(end.errors) }
            }
            try await Task.sleep(for: .milliseconds(500))
        }
    }

    /// Everything chosen, as a dashboard is when it is opened; each choice must have something to choose from.
    private func variables(of dashboard: Dashboard, _ prometheus: PrometheusServer) throws -> GrafanaVariables {
        var variables = GrafanaVariables(rangeSeconds: 120)
        for case .labelValues(let name, let label, let series, _) in dashboard.variables {
            let found = try prometheus.ask("group by (\(label)) (\(variables.filled(series.selector)))")
            let values = found.values.keys.compactMap { $0[label] }.sorted()
            #expect(!values.isEmpty, "\(dashboard.uid): nothing to choose for \(name): \(found)")
            variables.chosen[name] = values
        }
        return variables
    }
}

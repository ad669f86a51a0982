import Foundation
import TestSupport
import Testing

/// Clients that send their requests byte by byte, without end, to a real `serve`.
@Suite(.serialized) struct SlowLorisTests {
    @Test func aScrapeAnswersInItsUsualTime() throws {
        let folder = try TemporaryFolder()
        let probe = try ConfiguredProbe(folder)
        let usual = try Self.medianSeconds(probe)
        let loris = try RunningCommand([Files.python, Files.client("slow_loris.py"), probe.port, "100"])
        defer {
            loris.kill()
            _ = try? loris.end(within: 5)
        }
        #expect(try loris.readLine() == "ready")
        // Long enough for the first ones to be cut off and to come again.
        #expect(eventually(within: 20) { loris.outputSoFar.contains("again") })
        let beset = try Self.medianSeconds(probe)
        #expect(beset < usual * 5 + 0.1, "usual \(usual) s, with 100 slow clients \(beset) s")
        print("a scrape: usual \(usual * 1e3) ms, with 100 slow clients \(beset * 1e3) ms")
    }

    /// The time of a scrape, as curl measures it: the median of 21.
    private static func medianSeconds(_ probe: ConfiguredProbe) throws -> Double {
        let times = try (0..<21).map { _ in
            let end = try Command.run(
                ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code} %{time_total}", "-m", "10", probe.metricsURL])
            let words = end.output.split(separator: " ")
            #expect(words.first == "200")
            return words.last.flatMap { Double($0) } ?? .infinity
        }
        return times.sorted()[times.count / 2]
    }
}

extension ConfiguredProbe {
    /// The port that metrics are on.
    fileprivate var port: String { address.split(separator: ":").last.map(String.init) ?? "" }
}

import Foundation
import TestSupport

/// Debian's Alertmanager on a free port, under the example's configuration.
final class AlertmanagerServer {
    /// An alert that fires.
    struct Alert: Decodable {
        var labels: [String: String]
        var annotations: [String: String]
    }

    private let process: RunningCommand
    /// `HOST:PORT`.
    let target: String

    init(in folder: TemporaryFolder) throws {
        target = "127.0.0.1:\(try freePort())"
        process = try RunningCommand([
            "prometheus-alertmanager", "--config.file=\(Files.package)/examples/monitoring/alertmanager.yml",
            "--storage.path=\(folder.file("alertmanager"))", "--web.listen-address=\(target)",
            "--cluster.listen-address=",
        ])
        let address = target
        let isReady = eventually(within: 30) {
            (try? Command.run(["curl", "-s", "http://\(address)/-/ready"]))?.output.contains("OK") == true
        }
        guard isReady else { throw TestFailure("Alertmanager did not come up: \(process.errorsSoFar)") }
    }

    deinit {
        process.signal(SIGTERM)
        _ = try? process.end(within: 15)
    }

    /// What fires and is not inhibited.
    func alerts() throws -> [Alert] {
        let answer = try Command.run(["curl", "-s", "http://\(target)/api/v2/alerts?active=true&inhibited=false"])
        return try JSONDecoder().decode([Alert].self, from: Data(answer.output.utf8))
    }
}

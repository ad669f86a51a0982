import Foundation

/// Debian's Pushgateway on a free port, with nothing kept on a disk.
package final class PushgatewayServer {
    private let process: RunningCommand
    /// `http://HOST:PORT`.
    package let address: String

    /// Starts it, with a web config file where one is named, and waits until it listens.
    package init(webConfig: String? = nil) throws {
        let running = try RunningCommand(
            ["prometheus-pushgateway", "--web.listen-address=127.0.0.1:0", "--persistence.file="]
                + (webConfig.map { ["--web.config.file=\($0)"] } ?? []))
        process = running
        guard eventually(within: 20, { running.errorsSoFar.contains("TLS is") }),
            let port = running.errorsSoFar.components(separatedBy: "address=127.0.0.1:").dropFirst().first?
                .prefix(while: \.isNumber)
        else { throw TestFailure("the Pushgateway did not come up: \(running.errorsSoFar)") }
        address = "http://127.0.0.1:\(port)"
    }

    /// All that it serves: what was pushed, and its own.
    package func metrics(_ words: [String] = []) throws -> String {
        try Command.run(["curl", "-s", "-f"] + words + ["\(address)/metrics"]).output
    }

    /// Ends it at once.
    package func end() { process.kill() }
}

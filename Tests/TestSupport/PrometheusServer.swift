import Foundation

/// A PromQL expression with a name to find it again by.
package struct NamedQuery: Sendable {
    /// How Prometheus is asked.
    package enum Moment: Sendable {
        case now
        /// A point a second over so many of them.
        case last(seconds: Int)
    }

    package let name: String
    package let expression: String
    package let moment: Moment

    package init(_ name: String, _ expression: String, at moment: Moment = .now) {
        (self.name, self.expression, self.moment) = (name, expression, moment)
    }
}

/// What Prometheus made of a query.
package struct QueryVerdict: Sendable, CustomStringConvertible {
    package let query: NamedQuery
    /// Why it is none.
    package let error: String?
    /// The last number of each series that has one; of a series without labels the key is empty.
    package let values: [[String: String]: Double]

    package var isEmpty: Bool { values.isEmpty }
    package var description: String {
        "\(query.name): \(error ?? (isEmpty ? "no data" : "\(values.count) series")): \(query.expression)"
    }
}

/// Debian's Prometheus on a free port, with its data in a folder that goes with it.
package final class PrometheusServer {
    /// Goes with the server, where that has made it.
    private let folder: TemporaryFolder?
    private let process: RunningCommand
    /// `http://HOST:PORT`.
    package let address: String

    /// Starts it with targets that it scrapes once a second, and waits until it answers.
    ///
    /// - Parameters:
    ///   - targets: `HOST:PORT` of what it scrapes, as job `cardlink`.
    ///   - more: further parts of its configuration, `rule_files:` for one.
    package convenience init(scraping targets: [String], more: String = "") throws {
        let folder = try TemporaryFolder()
        let listed = targets.map { "'\($0)'" }.joined(separator: ", ")
        let configuration = try folder.write(
            """
            global: {scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}
            scrape_configs:
              - job_name: cardlink
                static_configs: [{targets: [\(listed)]}]
            \(more)
            """, to: "prometheus.yml")
        try self.init(configuration: configuration, data: folder.file("data"), in: folder)
    }

    /// Starts it with a configuration, and waits until it answers.
    package init(configuration: String, data: String, in folder: TemporaryFolder? = nil) throws {
        self.folder = folder
        let port = try freePort()
        address = "http://127.0.0.1:\(port)"
        process = try RunningCommand([
            "prometheus", "--config.file=\(configuration)", "--storage.tsdb.path=\(data)",
            "--web.listen-address=127.0.0.1:\(port)", "--enable-feature=exemplar-storage",
        ])
        guard eventually(within: 30, { (try? get("/-/ready"))?.contains("Ready") == true }) else {
            throw TestFailure("Prometheus did not come up: \(process.errorsSoFar)")
        }
    }

    deinit {
        process.signal(SIGTERM)
        _ = try? process.end(within: 15)
    }

    /// What it answers to a path of its HTTP interface; words are curl's own.
    package func get(_ path: String, _ words: [String] = []) throws -> String {
        try Command.run(["curl", "-s", "-G"] + words + [address + path]).output
    }

    /// Runs queries, all of them as of the same moment.
    package func ask(_ queries: [NamedQuery]) throws -> [QueryVerdict] {
        let now = Date().timeIntervalSince1970
        return try queries.map { try ask($0, now) }
    }

    /// Runs one query.
    package func ask(_ expression: String) throws -> QueryVerdict {
        try ask(NamedQuery(expression, expression), Date().timeIntervalSince1970)
    }

    private func ask(_ query: NamedQuery, _ now: Double) throws -> QueryVerdict {
        var words = ["--data-urlencode", "query=\(query.expression)"]
        let path: String
        switch query.moment {
        case .now:
            path = "/api/v1/query"
            words += ["--data", "time=\(now)"]
        case .last(let seconds):
            path = "/api/v1/query_range"
            words += ["--data", "start=\(now - Double(seconds))&end=\(now)&step=1"]
        }
        return try QueryVerdict(query, Data(try get(path, words).utf8))
    }
}

extension QueryVerdict {
    private struct Answer: Decodable {
        struct Result: Decodable {
            var metric: [String: String]
            var value: Sample?
            var values: [Sample]?
        }

        struct Body: Decodable {
            var result: [Result]
        }

        var status: String
        var error: String?
        var data: Body?
    }

    /// Time and number; the number is a text.
    private struct Sample: Decodable {
        let value: Double

        init(from decoder: any Decoder) throws {
            var pair = try decoder.unkeyedContainer()
            _ = try pair.decode(Double.self)
            value = Double(try pair.decode(String.self)) ?? .nan
        }
    }

    fileprivate init(_ query: NamedQuery, _ answer: Data) throws {
        let answer = try JSONDecoder().decode(Answer.self, from: answer)
        self.query = query
        error = answer.error
        values = Dictionary(
            (answer.data?.result ?? []).compactMap { result in
                let samples = (result.values ?? []) + [result.value].compactMap(\.self)
                return samples.last { !$0.value.isNaN }.map { (result.metric, $0.value) }
            }
        ) { $1 }
    }
}

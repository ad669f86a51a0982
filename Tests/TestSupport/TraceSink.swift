import Foundation

/// A server that takes traces, metrics and logs over OTLP/HTTP, and reads them with the official opentelemetry-proto.
package final class TraceSink: Sendable {
    /// A span as it came.
    package struct Span: Decodable {
        package struct Event: Decodable {
            package var name: String
            package var time: UInt64
            package var attributes: [String: Value]
        }

        package struct Link: Decodable, Equatable {
            package var trace_id: String
            package var span_id: String
        }

        package var resource: [String: Value]
        package var scope: String
        package var trace_id: String
        package var span_id: String
        package var parent_span_id: String
        package var trace_state: String
        package var flags: UInt32
        package var name: String
        package var kind: Int
        package var start: UInt64
        package var end: UInt64
        package var attributes: [String: Value]
        package var dropped_attributes: Int
        package var events: [Event]
        package var links: [Link]
        package var status: Int
        package var message: String
        package var headers: [String: String]
    }

    /// A data point as it came, without the numbers of a histogram.
    package struct Point: Decodable {
        package struct Exemplar: Decodable, Equatable {
            package var time: UInt64
            package var value: Double
            package var trace_id: String
            package var span_id: String
            package var attributes: [String: Value]
        }

        package var resource: [String: Value]
        package var scope: String
        package var name: String
        package var description: String
        package var unit: String
        package var kind: String
        package var temporality: Int?
        package var is_monotonic: Bool?
        package var attributes: [String: Value]
        package var start: UInt64
        package var time: UInt64
        package var value: Value?
        package var exemplars: [Exemplar]
        package var headers: [String: String]
    }

    /// A log record as it came.
    package struct Record: Decodable {
        package var resource: [String: Value]
        package var scope: String
        package var time: UInt64
        package var observed: UInt64
        package var severity: Int
        package var severity_text: String
        package var body: Value
        package var attributes: [String: Value]
        package var trace_id: String
        package var span_id: String
        package var flags: UInt32
        package var headers: [String: String]
    }

    /// What an attribute says.
    package enum Value: Decodable, Equatable, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
        ExpressibleByBooleanLiteral
    {
        case text(String), flag(Bool), integer(Int64), number(Double), list([Value]), map([String: Value])

        package init(from decoder: any Decoder) throws {
            let one = try decoder.singleValueContainer()
            if let flag = try? one.decode(Bool.self) {
                self = .flag(flag)
            } else if let integer = try? one.decode(Int64.self) {
                self = .integer(integer)
            } else if let number = try? one.decode(Double.self) {
                self = .number(number)
            } else if let text = try? one.decode(String.self) {
                self = .text(text)
            } else if let list = try? one.decode([Value].self) {
                self = .list(list)
            } else {
                self = .map(try one.decode([String: Value].self))
            }
        }

        package init(stringLiteral value: String) { self = .text(value) }
        package init(integerLiteral value: Int64) { self = .integer(value) }
        package init(booleanLiteral value: Bool) { self = .flag(value) }
    }

    /// Python with what `Tests/run` installs for the tests alone.
    package static let python = "\(Files.package)/.build/test-python/bin/python3"

    private let folder: TemporaryFolder
    private let process: RunningCommand
    /// Where it listens.
    package let port: Int

    /// How it is spoken to.
    package enum Wire: String, CaseIterable, Sendable {
        case http = ""
        case grpc
        /// gRPC that takes nothing compressed.
        case plainGRPC = "plain"
    }

    private let isSecure: Bool

    /// Starts it, on a free port when none is named; each answer is for one request: a status, `503:1`, `partial:2`, `reset`, `hang`.
    ///
    /// Over gRPC a status is a code's name. With certificates, `server` and their authority, it speaks TLS and wants one
    /// of its clients.
    package init(
        answers: [String] = [], port: Int = 0, wire: Wire = .http, certificates: Certificates? = nil
    ) throws {
        isSecure = certificates != nil
        folder = try TemporaryFolder()
        guard FileManager.default.isExecutableFile(atPath: Self.python) else {
            throw TestFailure("no \(Self.python); Tests/run makes it")
        }
        var environment = ["SINK_TLS": certificates?.folder.path ?? ""]
        if wire != .http { environment["SINK_GRPC"] = wire.rawValue }
        process = try RunningCommand(
            [Self.python, Files.client("otlp_sink.py"), folder.file("spans"), String(port)] + answers,
            environment: environment)
        self.port = Int(try process.readLine()) ?? 0
    }

    /// The endpoint as `OTEL_EXPORTER_OTLP_ENDPOINT` has it.
    package var endpoint: String { "\(isSecure ? "https" : "http")://127.0.0.1:\(port)" }

    /// The spans that it took, in the order in which they came.
    package var spans: [Span] {
        get throws { try items("spans") }
    }

    /// The data points that it took, in the order in which they came.
    package var points: [Point] {
        get throws { try items("spans.metrics") }
    }

    /// The file with the data points and their numbers, a line of JSON each.
    package var pointsFile: String { folder.file("spans.metrics") }

    /// The log records that it took, in the order in which they came.
    package var records: [Record] {
        get throws { try items("spans.logs") }
    }

    private func items<Item: Decodable>(_ file: String) throws -> [Item] {
        // The last line may be half written.
        let lines = folder.read(file).split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        return try lines.map { try JSONDecoder().decode(Item.self, from: Data($0.utf8)) }
    }

    /// The spans that came as Zipkin has them, a line of JSON each.
    package var zipkinLines: [String] {
        folder.read("spans.zipkin").split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
    }

    /// Path and answer of each request.
    package var requests: [String] {
        process.outputSoFar.split(separator: "\n").filter { $0.hasPrefix("request ") }.map {
            String($0.dropFirst("request ".count))
        }
    }

    /// Ends it at once.
    package func end() { process.kill() }
}

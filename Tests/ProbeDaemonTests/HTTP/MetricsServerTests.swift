import Foundation
import NIOCore
import Observability
import Synchronization
import TestSupport
import Testing

@testable import ProbeDaemon

struct MetricsServerTests {
    @Test func servesTheExposition() async throws {
        let counts = ScrapeCounts()
        try await withServer(source: counts.source(pieces: ["a_total 1\n", "b_total 2\n"])) { server, port in
            let answer = try await RawAnswer(port: port, "/metrics")
            #expect(answer.status == 200)
            #expect(answer.fields["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
            #expect(answer.fields["vary"] == "Accept, Accept-Encoding")
            #expect(answer.fields["access-control-allow-origin"] == nil)
            #expect(answer.text == "a_total 1\nb_total 2\n")
        }
        #expect(counts.prepared == 1)
        #expect(counts.recorded == 1)
    }

    @Test func compressesWhenAsked() async throws {
        let piece = String(repeating: "cardlink_apdu_commands_total{command=\"SELECT\"} 1\n", count: 200)
        let pieces = Array(repeating: piece, count: 50)
        try await withServer(source: ScrapeCounts().source(pieces: pieces)) { server, port in
            let answer = try await RawAnswer(port: port, "/metrics", fields: "Accept-Encoding: gzip\r\n")
            #expect(answer.fields["content-encoding"] == "gzip")
            #expect(inflated(answer.body) == Array(pieces.joined().utf8))
        }
    }

    @Test(arguments: ["", "Accept-Encoding: gzip\r\n"])
    func answersInJSON(fields: String) async throws {
        let accept = "Accept: text/plain;q=0.5,application/json\r\n"
        try await withServer(source: ScrapeSource(Collector()) {}) { server, port in
            let answer = try await RawAnswer(port: port, "/metrics", fields: accept + fields)
            #expect(answer.status == 200 && answer.fields["content-type"] == "application/json")
            let body = fields.isEmpty ? answer.body : inflated(answer.body) ?? []
            let read = try JSONSerialization.jsonObject(with: Data(body)) as? [String: Any]
            let names = (read?["families"] as? [[String: Any]])?.compactMap { $0["name"] as? String } ?? []
            #expect(names.contains("cardlink_apdu_commands_total") && names.contains("process_threads"))
            #expect((read?["time"] as? String)?.hasSuffix("Z") == true)
        }
    }

    @Test(arguments: [("", "10"), ("Accept-Encoding: gzip\r\n", nil)])
    func answersHeadWithTheHeadOfGet(fields: String, length: String?) async throws {
        try await withServer(source: ScrapeCounts().source(pieces: ["a_total 1\n"])) { server, port in
            let get = try await RawAnswer(port: port, "/metrics", fields: fields)
            let head = try await RawAnswer(port: port, "/metrics", method: "HEAD", fields: fields)
            #expect(head.status == 200)
            #expect(head.body.isEmpty)
            #expect(head.fields["content-type"] == get.fields["content-type"])
            #expect(head.fields["content-length"] == "\(get.body.count)")
            if let length { #expect(head.fields["content-length"] == length) }
        }
    }

    @Test func twoRequestsOnOneConnectionEvenAfterHead() async throws {
        try await withServer(source: ScrapeCounts().source(pieces: ["a_total 1\n"])) { server, port in
            let connection = try RawConnection(port: port)
            try connection.send("HEAD /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
            let head = try await connection.receive()
            #expect(String(decoding: head, as: UTF8.self).hasSuffix("\r\n\r\n"))
            try connection.send("GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            #expect(try RawAnswer(parsing: try await connection.receiveAll()).text == "a_total 1\n")
        }
    }

    @Test(arguments: [
        ("GET", "/", "localhost", 200), ("HEAD", "/", "localhost", 200), ("GET", "/?x=1", "localhost", 200),
        ("GET", "/health", "[::1]:1", 503), ("GET", "/health/live", "127.0.0.1", 200),
        ("GET", "/health/ready", "localhost", 200), ("GET", "/metrics/", "localhost", 404),
        ("GET", "/../etc/passwd", "localhost", 404), ("GET", "//", "localhost", 404),
        ("GET", "/metric", "localhost", 404),
        ("POST", "/metrics", "localhost", 405), ("DELETE", "/", "localhost", 405),
        ("OPTIONS", "/metrics", "localhost", 405),
        ("GET", "/metrics", "evil.example", 403), ("GET", "/", "evil.example:7816", 403),
        ("GET", "/health", "evil.example", 403), ("GET", "/metrics", "bench3.example", 200),
    ])
    func answersEachPath(method: String, path: String, host: String, status: Int) async throws {
        try await withServer(source: ScrapeCounts().source(pieces: ["a 1\n"])) { server, port in
            let answer = try await RawAnswer(port: port, path, method: method, host: host)
            #expect(answer.status == status)
            if status == 405 { #expect(answer.fields["allow"] == "GET, HEAD") }
            if status >= 400, status != 503 { #expect(answer.text.split(separator: "\n").count == 1) }
        }
    }

    @Test func landingPageAsksForNothingFromElsewhere() async throws {
        try await withServer(source: ScrapeCounts().source(pieces: []), telemetryPath: "/probe<metrics") {
            server, port in
            let answer = try await RawAnswer(port: port, "/")
            #expect(answer.fields["content-type"] == "text/html; charset=utf-8")
            #expect(answer.fields["content-security-policy"]?.hasPrefix("default-src 'none';") == true)
            #expect(answer.text.contains("href=\"/probe&lt;metrics\""))
            #expect(answer.text.contains("href=\"/health\""))
            #expect(!answer.text.contains("://"))
            #expect(!answer.text.contains("<script"))
        }
    }

    @Test func healthHasAPortOfItsOwn() async throws {
        let web = ListenAddress(host: "127.0.0.1", port: 0)
        let configuration = MetricsServer.Configuration(web: [web], health: [ListenAddress(host: "127.0.0.1", port: 0)])
        let server = MetricsServer(
            configuration: configuration, metrics: ScrapeCounts().source(pieces: []), health: .fixed)
        try await server.start()
        let port = try #require(await server.healthAddresses.first?.port)
        let health = try await RawAnswer(port: port, "/health")
        #expect(health.status == 503)
        #expect(health.fields["content-type"] == "application/json")
        #expect(
            health.text == """
                {
                  "checks" : {
                    "reader_monitor" : {
                      "age_seconds" : 0.5,
                      "duration_seconds" : 0.002,
                      "message" : "pcscd does not answer",
                      "status" : "unhealthy"
                    }
                  },
                  "status" : "unhealthy",
                  "uptime_seconds" : 1.5,
                  "version" : "1.2.3"
                }

                """)
        #expect(try await RawAnswer(port: port, "/metrics").status == 404)
        await server.stop()
        #expect(throws: RawConnection.Failure.self) { try RawConnection(port: port) }
    }

    @Test func tellsThatAPortIsTaken() async throws {
        try await withServer(source: ScrapeCounts().source(pieces: [])) { first, port in
            let taken = ListenAddress(host: "127.0.0.1", port: port)
            let free = ListenAddress(host: "127.0.0.1", port: 0)
            let second = MetricsServer(
                configuration: MetricsServer.Configuration(web: [free, taken]),
                metrics: ScrapeCounts().source(pieces: []), health: .fixed)
            let error = await #expect(throws: ListenError.self) { try await second.start() }
            #expect(
                error?.explanation == "cannot listen on 127.0.0.1:\(port): address already in use; choose another with "
                    + "--web.listen-address, or stop the program that holds it (ss -ltnp sport = :\(port))")
            #expect(await second.webAddresses.isEmpty)
        }
    }

    @Test(arguments: [
        (ListenAddress(host: "192.0.2.1", port: 0), ListenError.Reason.notHere),
        (ListenAddress(host: "no-such-host.invalid", port: 0), .unknownHost),
    ])
    func tellsWhyItDoesNotListen(address: ListenAddress, reason: ListenError.Reason) async {
        let server = MetricsServer(
            configuration: MetricsServer.Configuration(web: [address]), metrics: ScrapeCounts().source(pieces: []),
            health: .fixed)
        let error = await #expect(throws: ListenError.self) { try await server.start() }
        #expect(error?.reason == reason)
        #expect(error?.explanation.contains("\n") == false)
    }

    @Test func listensOnEveryAddress() async throws {
        try await withServer(
            address: ListenAddress(host: "", port: 0), source: ScrapeCounts().source(pieces: ["a 1\n"])
        ) {
            server, port in
            let answer = try await RawAnswer(port: port, "/metrics")
            #expect(answer.text == "a 1\n")
            #expect(await server.webAddresses.first?.description == ":\(port)")
        }
    }
}

/// How often a scrape source was used.
final class ScrapeCounts: Sendable {
    private let counts = Mutex((prepared: 0, recorded: 0))

    var prepared: Int { counts.withLock { $0.prepared } }
    var recorded: Int { counts.withLock { $0.recorded } }

    func source(pieces: [String]) -> ScrapeSource {
        ScrapeSource(
            prepare: { self.counts.withLock { $0.prepared += 1 } },
            exposition: { _ in TextPieces(left: pieces[...]) },
            recordDuration: { _ in self.counts.withLock { $0.recorded += 1 } })
    }
}

/// An exposition whose pieces the test decides.
private struct TextPieces: ScrapeText {
    var left: ArraySlice<String>

    mutating func write(to buffer: inout ByteBuffer) -> Bool {
        guard let piece = left.popFirst() else { return false }
        buffer.writeString(piece)
        return true
    }
}

extension MetricsServer.Health {
    static let fixed = MetricsServer.Health(
        all: {
            HealthReport(
                version: "1.2.3", uptimeSeconds: 1.5,
                checks: [
                    "reader_monitor": HealthReport.Check(
                        status: .unhealthy, message: "pcscd does not answer", durationSeconds: 0.002, ageSeconds: 0.5)
                ])
        },
        live: { HealthReport(version: "1.2.3", uptimeSeconds: 1.5, checks: [:]) },
        ready: { HealthReport(version: "1.2.3", uptimeSeconds: 1.5, checks: [:]) })
}

/// Runs a server on a port of its own around a closure.
func withServer(
    address: ListenAddress = ListenAddress(host: "127.0.0.1", port: 0), source: ScrapeSource,
    telemetryPath: String = "/metrics", limits: WebLimits = WebLimits(),
    _ body: (MetricsServer, UInt16) async throws -> Void
) async throws {
    var configuration = MetricsServer.Configuration(web: [address])
    configuration.telemetryPath = telemetryPath
    configuration.hostNames = ["bench3.example"]
    configuration.limits = limits
    let server = MetricsServer(configuration: configuration, metrics: source, health: .fixed)
    try await server.start()
    do {
        try await body(server, try #require(await server.webAddresses.first?.port))
    } catch {
        await server.stop()
        throw error
    }
    await server.stop()
}

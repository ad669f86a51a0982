import NIOCore
import Synchronization
import Testing

@testable import ProbeDaemon

/// Clients that hold a connection up: each is cut off in bounded time, and nobody else waits for it.
struct StuckClientTests {
    // More than socket buffers take, so that a client that reads nothing stops the server's writing.
    private static let large = Array(repeating: String(repeating: "x", count: 65_535) + "\n", count: 512)

    private static func limits(_ change: (inout WebLimits) -> Void) -> WebLimits {
        var limits = WebLimits()
        change(&limits)
        return limits
    }

    @Test func aScraperThatReadsNothingHoldsUpNobodyAndIsCutOff() async throws {
        let limits = Self.limits {
            $0.scrapes = 2
            $0.stall = .milliseconds(500)
        }
        try await withServer(source: ScrapeCounts().source(pieces: Self.large), limits: limits) { server, port in
            let stuck = try RawConnection(port: port, receiveBufferBytes: 4096)
            try stuck.send("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
            _ = try await stuck.receive(upTo: 16)
            #expect(try await RawAnswer(port: port, "/metrics").body.count == 512 * 65_536)
            try await Task.sleep(for: .seconds(1))
            #expect(try await stuck.receiveAll().count < 512 * 65_536)
        }
    }

    @Test func oneScrapeTooManyIsRefusedAndThePlaceComesBack() async throws {
        let limits = Self.limits {
            $0.scrapes = 1
            $0.stall = .milliseconds(500)
        }
        try await withServer(source: ScrapeCounts().source(pieces: Self.large), limits: limits) { server, port in
            let stuck = try RawConnection(port: port, receiveBufferBytes: 4096)
            try stuck.send("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
            _ = try await stuck.receive(upTo: 16)
            let refused = try await RawAnswer(port: port, "/metrics")
            #expect(refused.status == 503)
            #expect(refused.fields["retry-after"] == "1")
            #expect(await server.refusals.scrapes == 1)
            #expect(try await RawAnswer(port: port, "/health/live").status == 200)
            try await Task.sleep(for: .seconds(1))
            #expect(try await RawAnswer(port: port, "/metrics").status == 200)
        }
    }

    @Test(arguments: [
        "",
        "GET /metrics HTTP/1.1\r\nHost: loc",
        "POST /metrics HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\nabc",
    ])
    func anUnfinishedRequestIsCutOff(bytes: String) async throws {
        let limits = Self.limits {
            $0.idle = .milliseconds(500)
            $0.exchange = .milliseconds(500)
        }
        try await withServer(source: ScrapeCounts().source(pieces: ["a 1\n"]), limits: limits) { server, port in
            let connection = try RawConnection(port: port)
            try connection.send(bytes)
            let clock = ContinuousClock()
            let start = clock.now
            _ = try await connection.receiveAll()
            #expect(clock.now - start < .seconds(4))
        }
    }

    @Test func connectionsAreBounded() async throws {
        let limits = Self.limits { $0.connections = 2 }
        try await withServer(source: ScrapeCounts().source(pieces: ["a 1\n"]), limits: limits) { server, port in
            var kept: [RawConnection] = []
            for _ in 0..<2 {
                let connection = try RawConnection(port: port)
                try connection.send("GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n")
                _ = try await connection.receive()
                kept.append(connection)
            }
            #expect(try await RawConnection(port: port).receiveAll().isEmpty)
            #expect(await server.refusals.connections == 1)
            for connection in kept { connection.close() }
            try await Task.sleep(for: .milliseconds(300))
            #expect(try await RawAnswer(port: port, "/metrics").status == 200)
        }
    }

    @Test func aConnectionThatSaysNothingMakesRoomSoon() async throws {
        let limits = Self.limits {
            $0.connections = 1
            $0.first = .milliseconds(300)
        }
        try await withServer(source: ScrapeCounts().source(pieces: ["a 1\n"]), limits: limits) { server, port in
            let silent = try RawConnection(port: port)
            #expect(try await silent.receiveAll().isEmpty)
            #expect(try await RawAnswer(port: port, "/metrics").status == 200)
        }
    }

    @Test func requestsWithoutEndOnOneConnectionAreCutOff() async throws {
        let limits = Self.limits { $0.pipelined = 4 }
        try await withServer(source: ScrapeCounts().source(pieces: Self.large), limits: limits) { server, port in
            let greedy = try RawConnection(port: port, receiveBufferBytes: 4096)
            try greedy.send(String(repeating: "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n", count: 50))
            #expect(try await greedy.receiveAll().count < 512 * 65_536)
            #expect(try await RawAnswer(port: port, "/health/live").status == 200)
        }
    }

    @Test func stopDoesNotWaitForAStuckClient() async throws {
        let clock = ContinuousClock()
        var start = clock.now
        try await withServer(source: ScrapeCounts().source(pieces: Self.large)) { server, port in
            let stuck = try RawConnection(port: port, receiveBufferBytes: 4096)
            try stuck.send("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
            _ = try await stuck.receive(upTo: 16)
            start = clock.now
            await server.stop()
            #expect(clock.now - start < .seconds(4))
        }
    }

    @Test(arguments: [
        "GARBAGE\r\n\r\n", "\u{0}\u{1}\u{2}\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "GET /\r\n\r\n", "\r\n\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
        "GET /\(String(repeating: "a", count: 200_000)) HTTP/1.1\r\n\r\n",
    ])
    func garbageDoesNoHarm(bytes: String) async throws {
        let limits = Self.limits { $0.idle = .milliseconds(300) }
        try await withServer(source: ScrapeCounts().source(pieces: ["a 1\n"]), limits: limits) { server, port in
            let connection = try RawConnection(port: port)
            try connection.send(bytes)
            _ = try await connection.receiveAll()
            #expect(try await RawAnswer(port: port, "/metrics").text == "a 1\n")
        }
    }
}

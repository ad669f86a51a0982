import Foundation
import ProbeEvents
import SmartCard
import TestSupport

@testable import Taps

/// OpenSSL's server with a shared key, on a free port; it turns each line around.
final class OpenSSLServer {
    static let identity = "89490200001234567890/A000000151000000"
    static let key = "0102030405060708090a0b0c0d0e0f10"

    let port: Int
    private let process: RunningCommand

    init(_ options: [String], key: String = OpenSSLServer.key, mode: [String] = ["-rev"]) throws {
        let process = try RunningCommand(
            ["openssl", "s_server", "-accept", "127.0.0.1:0", "-nocert", "-psk", key, "-psk_identity", Self.identity]
                + mode + options, input: .kept)
        self.process = process
        guard eventually({ process.outputSoFar.contains("ACCEPT ") }),
            let port = process.outputSoFar.firstMatch(of: /ACCEPT [0-9.]+:([0-9]+)/).flatMap({ Int($0.1) })
        else { throw TestFailure("s_server does not come up: \(process.errorsSoFar)") }
        self.port = port
    }

    deinit { process.kill() }

    func kill() { process.kill() }
}

/// OpenSSL's client.
enum OpenSSLClient {
    /// Says lines and ends with the word at which the server closes.
    static func run(
        port: Int, _ options: [String], key: String = OpenSSLServer.key, identity: String = OpenSSLServer.identity,
        lines: String = "Hello, card\nCLOSE\n"
    ) throws -> Command {
        try Command.run(
            [
                "openssl", "s_client", "-connect", "127.0.0.1:\(port)", "-psk", key, "-psk_identity", identity,
                "-quiet",
            ] + options, input: lines)
    }
}

/// A relay before a server, and what it told.
final class TappedServer {
    let tap: PSKTLSTap
    let sink = RecordingSink()

    init(
        target: Int, keys: TLSKeyRing = TLSKeyRing(), change: (inout RelayEnds) -> Void = { _ in }
    ) throws {
        var settings = RelayEnds(
            name: "ota", key: PSKTLSTap.key, listen: .init(host: "127.0.0.1", port: 0),
            target: .init(host: "127.0.0.1", port: target))
        change(&settings)
        tap = PSKTLSTap(settings, keys: keys) { kind, bytes in "\(kind.name):\(bytes.count)" }
        try tap.start(into: sink)
    }

    deinit { tap.stop() }

    var port: Int { tap.standing.listening?.port ?? 0 }

    /// Handshakes, when so many connections have ended.
    func handshakes(_ count: Int = 1) throws -> [TLSHandshakeDone] {
        try ends(count)
        return sink.events.compactMap { if case .tls(.handshake(let done)) = $0 { done } else { nil } }
    }

    /// Ends of connections, when there are so many.
    @discardableResult
    func ends(_ count: Int = 1) throws -> [TLSConnectionClosed] {
        func all() -> [TLSConnectionClosed] {
            sink.events.compactMap { if case .tls(.closed(let closed)) = $0 { closed } else { nil } }
        }
        guard eventually(within: 20, { all().count >= count }) else {
            throw TestFailure("\(all().count) of \(count) connections ended")
        }
        return all()
    }
}

extension TLSHandshakeDone {
    /// In words: `success TLS 1.2 TLS_PSK_… at server_finished`.
    var words: String {
        "\(result.name) \(version.name) \(cipherSuite.name) at \(step.name)" + (error.map { ": \($0.name)" } ?? "")
            + (endedBy.map { " by \($0.name)" } ?? "")
    }
}

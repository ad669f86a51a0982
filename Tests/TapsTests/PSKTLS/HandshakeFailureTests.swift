import Foundation
import ProbeEvents
import TestSupport
import Testing

@testable import Taps

/// Handshakes of OpenSSL's that fail: what the relay says is what the client heard.
@Suite struct HandshakeFailureTests {
    private static let other = "ffffffffffffffffffffffffffffffff"

    /// The number of the alert that a client heard.
    private static func alert(_ end: Command) -> UInt8? {
        end.errors.firstMatch(of: /SSL alert number ([0-9]+)/).flatMap { UInt8($0.1) }
    }

    /// What clients say of each alert that is met here.
    private static let names: [UInt8: String] = [
        20: "bad_record_mac", 40: "handshake_failure", 47: "illegal_parameter", 51: "decrypt_error",
        70: "protocol_version", 115: "unknown_psk_identity",
    ]

    private func fail(
        _ server: [String], _ client: [String], serverKey: String = OpenSSLServer.key,
        clientKey: String = OpenSSLServer.key
    ) throws -> (TLSHandshakeDone, UInt8?) {
        let server = try OpenSSLServer(server, key: serverKey)
        let tapped = try TappedServer(target: server.port)
        let end = try OpenSSLClient.run(port: tapped.port, client, key: clientKey)
        #expect(end.ending == .exited(1), "\(end.errors)")
        let handshakes = try tapped.handshakes()
        #expect(handshakes.count == 1)
        #expect(try tapped.ends()[0].error == nil)
        return (try #require(handshakes.first), Self.alert(end))
    }

    @Test(arguments: [
        "PSK-AES128-CBC-SHA256", "PSK-AES128-CBC-SHA", "PSK-NULL-SHA256", "PSK-AES128-GCM-SHA256",
    ])
    func aWrongKey(_ suite: String) throws {
        let options = ["-tls1_2", "-cipher", "\(suite):@SECLEVEL=0"]
        let (handshake, alert) = try fail(options, options, clientKey: Self.other)
        let name = try #require(alert.flatMap { Self.names[$0] })
        let cipher =
            "TLS_"
            + suite.replacing("PSK-", with: "PSK_WITH_").replacing("AES128", with: "AES_128")
            .replacing("-", with: "_")
        #expect(handshake.words == "failed TLS 1.2 \(cipher) at client_finished: \(name) by server")
    }

    @Test func aWrongKeyInTLS13() throws {
        let (handshake, alert) = try fail(["-tls1_3"], ["-tls1_3"], clientKey: Self.other)
        let name = try #require(alert.flatMap { Self.names[$0] })
        #expect(handshake.words == "failed TLS 1.3 none at client_hello: \(name) by server")
    }

    /// A key that is longer than OpenSSL takes is one that its server does not have.
    @Test func anUnknownIdentity() throws {
        let long = String(repeating: "ab", count: 520)
        let (handshake, alert) = try fail(
            ["-tls1_2"], ["-tls1_2", "-cipher", "PSK-AES128-CBC-SHA256"], serverKey: long)
        #expect(alert == 115)
        #expect(
            handshake.words
                == "failed TLS 1.2 TLS_PSK_WITH_AES_128_CBC_SHA256 at client_finished: unknown_psk_identity by server")
    }

    @Test func noSuiteInCommon() throws {
        let (handshake, alert) = try fail(
            ["-tls1_2", "-cipher", "PSK-AES128-CBC-SHA256"], ["-tls1_2", "-cipher", "PSK-AES256-GCM-SHA384"])
        #expect(alert == 40)
        #expect(handshake.words == "failed TLS 1.2 none at client_hello: handshake_failure by server")
    }

    @Test func noVersionInCommon() throws {
        let (handshake, alert) = try fail(
            ["-tls1_2", "-cipher", "PSK:@SECLEVEL=0"], ["-tls1_1", "-cipher", "PSK:@SECLEVEL=0"])
        #expect(alert == 70)
        #expect(handshake.words == "failed TLS 1.1 none at client_hello: protocol_version by server")
    }

    @Test func aServerThatIsNotThere() throws {
        let server = try OpenSSLServer(["-tls1_2"])
        let port = server.port
        server.kill()
        let tapped = try TappedServer(target: port)
        let end = try OpenSSLClient.run(port: tapped.port, ["-tls1_2"])
        #expect(end.ending == .exited(1))
        #expect(try tapped.ends().map(\.endedBy) == [.server])
        #expect(tapped.tap.standing.refusal?.contains("Connection refused") == true)
        let told = tapped.sink.events.compactMap { if case .sourceState(let state) = $0 { state } else { nil } }
        #expect(told.map(\.isWorking) == [true, false])
    }
}

/// One side is gone at each step of a handshake.
@Suite struct CutHandshakeTests {
    private static let options = ["-tls1_2", "-cipher", "PSK-AES128-CBC-SHA256"]

    /// Who goes after so many records, and the steps that may be the last one seen: what the other side has sent in
    /// the meantime may pass or not.
    struct Cut: CustomTestStringConvertible {
        var side: TLSPeer
        var records: Int
        var steps: [TLSStep]

        var testDescription: String { "\(side) after \(records)" }
    }

    private static let answered: [TLSStep] = [
        .serverHelloDone, .clientKeyExchange, .clientChangeCipherSpec, .clientFinished,
    ]
    private static let finished: [TLSStep] = [
        .clientFinished, .newSessionTicket, .serverChangeCipherSpec, .serverFinished,
    ]

    static let cuts = [
        Cut(side: .server, records: 0, steps: [.clientHello]),
        Cut(side: .server, records: 1, steps: [.serverHello]),
        Cut(side: .server, records: 2, steps: answered),
        Cut(side: .server, records: 3, steps: [.newSessionTicket]),
        Cut(side: .server, records: 4, steps: [.serverChangeCipherSpec]),
        Cut(side: .client, records: 1, steps: [.clientHello, .serverHello, .serverHelloDone]),
        Cut(side: .client, records: 2, steps: [.clientKeyExchange]),
        Cut(side: .client, records: 3, steps: [.clientChangeCipherSpec]),
    ]

    @Test(arguments: cuts, ["fin", "rst"]) func isTold(_ cut: Cut, how: String) throws {
        let server = try OpenSSLServer(Self.options)
        let tapped: TappedServer
        let cutter: RunningCommand
        let port: Int
        if cut.side == .server {
            cutter = try Self.cutter(before: server.port, cut, how)
            tapped = try TappedServer(target: try Self.port(cutter))
            port = tapped.port
        } else {
            tapped = try TappedServer(target: server.port)
            cutter = try Self.cutter(before: tapped.port, cut, how)
            port = try Self.port(cutter)
        }
        defer { cutter.kill() }
        let end = try OpenSSLClient.run(port: port, Self.options)
        #expect(end.ending == .exited(1))
        let handshake = try #require(tapped.handshakes().first)
        #expect(handshake.result == .aborted && handshake.error == .connectionLost, "\(handshake.words)")
        #expect(handshake.endedBy == cut.side && cut.steps.contains(handshake.step), "\(handshake.words)")
        #expect(try tapped.ends().map(\.endedBy) == [cut.side])
    }

    /// A connection that is cut behind its handshake went well until then.
    @Test func behindItsEnd() throws {
        let server = try OpenSSLServer(Self.options)
        let cutter = try Self.cutter(before: server.port, Cut(side: .server, records: 5, steps: []), "fin")
        defer { cutter.kill() }
        let tapped = try TappedServer(target: try Self.port(cutter))
        _ = try OpenSSLClient.run(port: tapped.port, Self.options)
        #expect(try tapped.handshakes().map(\.result) == [.success])
        #expect(try tapped.ends().map(\.endedBy) == [.server])
    }

    private static func cutter(before port: Int, _ cut: Cut, _ how: String) throws -> RunningCommand {
        try RunningCommand(
            [Files.python, Files.client("cut_tls.py"), "\(port)", cut.side.name, "\(cut.records)", how])
    }

    private static func port(_ cutter: RunningCommand) throws -> Int { Int(try cutter.readLine()) ?? 0 }
}

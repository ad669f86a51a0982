import Foundation
import ProbeEvents
import SmartCard
import TestSupport
import Testing

@testable import Taps

/// Sessions of an administration server with a card, over OpenSSL, read through a relay that has the key.
@Suite struct AdministrationTests {
    /// How the connection is made.
    struct Case: CustomTestStringConvertible {
        var suite: String
        var version = "-tls1_2"
        /// Without the extended master secret, and codes before enciphering.
        var isPlain = false
        var hasKey = true
        var sessions: [String] = [""]

        var testDescription: String {
            "\(suite) \(version)" + (isPlain ? " plain" : "") + (hasKey ? "" : " without key")
                + (sessions.count > 1 ? " resumed \(sessions[1])" : "")
        }
    }

    static let cases = [
        Case(suite: "PSK-AES128-CBC-SHA256"), Case(suite: "PSK-AES128-CBC-SHA256", isPlain: true),
        Case(suite: "PSK-AES128-CBC-SHA"), Case(suite: "PSK-AES256-CBC-SHA", isPlain: true),
        Case(suite: "PSK-AES128-GCM-SHA256"), Case(suite: "PSK-AES256-GCM-SHA384"),
        Case(suite: "PSK-AES256-CBC-SHA384"), Case(suite: "PSK-AES256-CBC-SHA384", isPlain: true),
        Case(suite: "PSK-NULL-SHA256"), Case(suite: "PSK-NULL-SHA"), Case(suite: "PSK-NULL-SHA384"),
        Case(suite: "PSK-NULL-SHA256", hasKey: false), Case(suite: "PSK-NULL-SHA", hasKey: false),
        Case(suite: "PSK-AES128-CBC-SHA", version: "-tls1_1"), Case(suite: "PSK-AES128-CBC-SHA", version: "-tls1"),
        Case(suite: "PSK-AES128-CBC-SHA", version: "-tls1", isPlain: true),
        Case(suite: "PSK-NULL-SHA", version: "-tls1", hasKey: false),
        Case(suite: "PSK-AES128-CBC-SHA256", sessions: ["", "ticket"]),
        Case(suite: "PSK-AES128-GCM-SHA256", sessions: ["", "number"]),
        Case(suite: "PSK-AES128-CBC-SHA", isPlain: true, sessions: ["", "ticket"]),
    ]

    /// What was said in a session, as its two sides have it.
    private struct Said: Decodable {
        var right: Bool
        var commands: [String]
        var responses: [String]
    }

    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private static func keys(_ key: String) throws -> TLSKeyRing {
        TLSKeyRing(try PSKTable(parsing: "# a card\n\(OpenSSLServer.identity):\(key)\n", path: "keys"))
    }

    /// Begins the sides; OpenSSL's own configuration turns off what has no option.
    private func begin(_ talk: Case) throws -> RunningCommand {
        let isNumber = talk.sessions.last == "number"
        let common = [talk.version, "-cipher", "\(talk.suite):@SECLEVEL=0"] + (isNumber ? ["-no_ticket"] : [])
        let file = folder.file("session")
        let resumption = talk.sessions.count > 1 ? ["--session", file] : []
        let configuration = try folder.write(
            """
            openssl_conf = all
            [all]
            ssl_conf = ssl
            [ssl]
            system_default = plain
            [plain]
            Options = -ExtendedMasterSecret,-EncryptThenMac
            """, to: "openssl.cnf")
        return try RunningCommand(
            [Files.python, Files.client("ota_session.py"), OpenSSLServer.identity, OpenSSLServer.key]
                + common.map { "--option=\($0)" } + resumption,
            environment: talk.isPlain ? ["OPENSSL_CONF": configuration] : [:], input: .kept)
    }

    private func said(_ sides: RunningCommand, at port: Int) throws -> Said {
        try sides.say("\(port)")
        return try JSONDecoder().decode(Said.self, from: Data(try sides.readLine().utf8))
    }

    @Test(arguments: cases) func isRead(_ talk: Case) throws {
        let sides = try begin(talk)
        defer { sides.kill() }
        let port = Int(try sides.readLine()) ?? 0
        let tapped = try TappedServer(target: port, keys: talk.hasKey ? try Self.keys(OpenSSLServer.key) : TLSKeyRing())
        for number in 1...talk.sessions.count {
            let said = try said(sides, at: tapped.port)
            #expect(said.right)
            let handshakes = try tapped.handshakes(number)
            #expect(handshakes.count == number && handshakes.last?.result == .success)
            #expect(handshakes.last?.hasExtendedMasterSecret == !talk.isPlain)
            #expect(handshakes.last?.isResumed == (number == 2))
            #expect(tapped.exchanges.count == number * said.commands.count)
            let exchanges = Array(tapped.exchanges.suffix(said.commands.count))
            expect(exchanges, said)
            #expect(tapped.sessionWords.suffix(5) == Self.words, "\(tapped.sessionWords)")
        }
    }

    private static let words = [
        "began scp81 adminAgent:72", "turn 200 2 -", "turn 200 2 ok", "turn 204 - ok", "ended completed",
    ]

    private func expect(_ exchanges: [APDUExchange], _ said: Said) {
        let names = exchanges.map(\.name.name)
        #expect(names == ["SELECT", "GET STATUS", "VERIFY", "GET DATA"])
        #expect(exchanges.map { $0.statusWord?.description } == said.responses.map { String($0.suffix(4)) })
        #expect(exchanges.allSatisfy { $0.interface == .pskTls && $0.reader == "ota" && !$0.isWaitExact })
        #expect(exchanges[0].command.description == said.commands[0])
        // What is nobody's business is cut as everywhere.
        #expect(exchanges[2].command.description == "00200001080000000000000000" && exchanges[2].isCut)
    }

    /// With another key, or none, there is a connection and no session.
    @Test(arguments: ["ffffffffffffffffffffffffffffffff", nil]) func withoutTheKeyNothingIsGuessed(key: String?) throws
    {
        let sides = try begin(Case(suite: "PSK-AES128-CBC-SHA256"))
        defer { sides.kill() }
        let port = Int(try sides.readLine()) ?? 0
        let tapped = try TappedServer(target: port, keys: try key.map(Self.keys) ?? TLSKeyRing())
        #expect(try said(sides, at: tapped.port).right)
        #expect(try tapped.handshakes().map(\.result) == [.success])
        #expect(tapped.exchanges.isEmpty && tapped.sessionWords.isEmpty)
        #expect(
            tapped.faults == (key == nil ? [] : [Self.fault("its key in taps.psk_file is another one; correct it")]))
    }

    private static func fault(_ reason: String) -> String {
        "ota: sessions of the PSK identity with hash pskIdentity:37 are not decrypted: \(reason), and restart"
    }

    /// What is said of sessions that are not decrypted though there are keys: once for each identity.
    @Test(arguments: [
        (Case(suite: "PSK-AES128-CBC-SHA256"), "taps.psk_file has no key for it; add a line IDENTITY:KEY, and restart"),
        (
            Case(suite: "PSK-AES128-CCM8"),
            "TLS_PSK_WITH_AES_128_CCM_8 is not one of the suites that are; use AES in CBC or GCM"
        ),
    ]) func whatIsNotDecryptedIsSaid(_ talk: Case, reason: String) throws {
        let sides = try begin(talk)
        defer { sides.kill() }
        let port = Int(try sides.readLine()) ?? 0
        let tapped = try TappedServer(
            target: port, keys: TLSKeyRing(try PSKTable(parsing: "another:00\n", path: "keys")))
        for number in 1...2 {
            #expect(try said(sides, at: tapped.port).right)
            #expect(try tapped.handshakes(number).last?.result == .success)
        }
        let fault = "sessions of the PSK identity with hash pskIdentity:37 are not decrypted: \(reason)"
        #expect(tapped.faults == ["ota: \(fault)"] && tapped.tap.standing.unread == fault)
    }

    /// Scripts with each command behind its length, as CardLink's server has them.
    @Test(arguments: [
        ("00051122334455" + "000400A40000", ["1122334455", "00A40000"]), ("0003112233", nil), ("0005112233", nil),
        ("00051122334455" + "00", nil), ("", nil), ("0000", nil),
        ("AA0A220800A4000402 3F00FF", ["00A40004023F00FF"]),
    ]) func theFormatsOfScripts(body: String, commands: [String]?) throws {
        let bytes = try #require(HexBytes(hex: body.filter { $0 != " " })).bytes
        #expect(AdministrationScript.commands(bytes)?.map { HexBytes($0).description } == commands)
    }

    @Test func aCardThatGoes() throws {
        var session = AdministrationSession()
        let clock = EventClock(monotonicNanoseconds: 1, wallNanoseconds: 1)
        let asked =
            "POST / HTTP/1.1\r\nX-Admin-Protocol: globalplatform-remote-admin/1.0\r\nX-Admin-Resume: true\r\n\r\n"
        let news =
            session.received(
                TLSApplicationData(peer: .client, bytes: Array(asked.utf8), began: clock, ended: clock))
            + session.ended(at: clock)
        #expect(
            news == [
                .began(clock, agent: nil, isResumed: true),
                .ended(AdministrationEnd(began: clock, lastAnswer: nil, isComplete: false, error: .other)),
            ])
    }
}

extension TappedServer {
    /// What the tap said is wrong.
    var faults: [String] {
        sink.events.compactMap { if case .sourceState(let state) = $0, !state.isWorking { state.message } else { nil } }
    }

    var exchanges: [APDUExchange] {
        sink.events.compactMap { if case .apdu(let exchange) = $0 { exchange } else { nil } }
    }

    /// Sessions over the air in words.
    var sessionWords: [String] {
        sink.events.flatMap { event -> [String] in
            guard case .ota(let event) = event else { return [] }
            switch event {
            case .began(let began): return ["began \(began.sessionProtocol.name) \(began.identity ?? "-")"]
            case .turn(let turn):
                let count = turn.commandCount.map { "\($0)" } ?? "-"
                return ["turn \(turn.httpStatus) \(count) \(turn.scriptStatus?.name ?? "-")"]
            case .packet(let packet): return ["packet \(packet.security.application)"]
            case .leg(let leg): return ["leg \(leg.leg.name)"]
            case .ended(let ended): return ["ended \(ended.status.name)"]
            }
        }
    }
}

import Foundation
import ProbeEvents
import TestSupport
import Testing

@testable import Taps

/// OpenSSL's client and server with a relay between them: the same bytes as without, and what they themselves say.
@Suite struct OpenSSLTests {
    /// A suite as OpenSSL and IANA have it.
    struct Suite: CustomTestStringConvertible {
        var openssl: String
        var name: String
        var version = "-tls1_2"

        var testDescription: String { "\(name) \(version)" }

        var options: [String] {
            version == "-tls1_3"
                ? [version, "-ciphersuites", openssl] : [version, "-cipher", "\(openssl):@SECLEVEL=0"]
        }
    }

    static let suites = [
        Suite(openssl: "PSK-AES128-CBC-SHA256", name: "TLS_PSK_WITH_AES_128_CBC_SHA256"),
        Suite(openssl: "PSK-NULL-SHA256", name: "TLS_PSK_WITH_NULL_SHA256"),
        Suite(openssl: "PSK-AES128-CBC-SHA", name: "TLS_PSK_WITH_AES_128_CBC_SHA"),
        Suite(openssl: "PSK-NULL-SHA", name: "TLS_PSK_WITH_NULL_SHA"),
        Suite(openssl: "PSK-AES256-CBC-SHA", name: "TLS_PSK_WITH_AES_256_CBC_SHA"),
        Suite(openssl: "PSK-AES128-GCM-SHA256", name: "TLS_PSK_WITH_AES_128_GCM_SHA256"),
        Suite(openssl: "PSK-AES256-GCM-SHA384", name: "TLS_PSK_WITH_AES_256_GCM_SHA384"),
        Suite(openssl: "PSK-AES256-CBC-SHA384", name: "TLS_PSK_WITH_AES_256_CBC_SHA384"),
        Suite(openssl: "PSK-NULL-SHA384", name: "TLS_PSK_WITH_NULL_SHA384"),
        Suite(openssl: "PSK-AES128-CCM", name: "TLS_PSK_WITH_AES_128_CCM"),
        Suite(openssl: "PSK-AES128-CCM8", name: "TLS_PSK_WITH_AES_128_CCM_8"),
        Suite(openssl: "PSK-AES128-CBC-SHA", name: "TLS_PSK_WITH_AES_128_CBC_SHA", version: "-tls1_1"),
        Suite(openssl: "PSK-AES128-CBC-SHA", name: "TLS_PSK_WITH_AES_128_CBC_SHA", version: "-tls1"),
        Suite(openssl: "PSK-NULL-SHA", name: "TLS_PSK_WITH_NULL_SHA", version: "-tls1"),
        Suite(openssl: "TLS_AES_128_GCM_SHA256", name: "TLS_AES_128_GCM_SHA256", version: "-tls1_3"),
        Suite(openssl: "TLS_AES_128_CCM_SHA256", name: "TLS_AES_128_CCM_SHA256", version: "-tls1_3"),
        Suite(openssl: "TLS_AES_128_CCM_8_SHA256", name: "TLS_AES_128_CCM_8_SHA256", version: "-tls1_3"),
        Suite(openssl: "TLS_CHACHA20_POLY1305_SHA256", name: "TLS_CHACHA20_POLY1305_SHA256", version: "-tls1_3"),
    ]

    private static let versions = [
        "-tls1": "TLS 1.0", "-tls1_1": "TLS 1.1", "-tls1_2": "TLS 1.2", "-tls1_3": "TLS 1.3",
    ]

    @Test(arguments: suites) func eachSuiteIsRead(_ suite: Suite) throws {
        let server = try OpenSSLServer(suite.options)
        let direct = try OpenSSLClient.run(port: server.port, suite.options)
        let tapped = try TappedServer(target: server.port)
        let through = try OpenSSLClient.run(port: tapped.port, suite.options)
        #expect(direct.output == "drac ,olleH\n")
        #expect(through.output == direct.output && through.ending == direct.ending, "\(through.errors)")
        let handshake = try #require(tapped.handshakes().first)
        let step = suite.version == "-tls1_3" ? "client_finished" : "server_finished"
        #expect(handshake.words == "success \(Self.versions[suite.version] ?? "") \(suite.name) at \(step)")
        #expect(handshake.identity == "pskIdentity:\(OpenSSLServer.identity.utf8.count)")
        #expect(!handshake.isResumed && handshake.hasExtendedMasterSecret == (suite.version != "-tls1_3"))
        #expect(handshake.stamp.durationNanoseconds > 0)
        let closed = try #require(tapped.ends().first)
        #expect(closed.error == nil && closed.endedBy != nil)
        #expect(closed.receivedBytes > 100 && closed.sentBytes > 100)
    }

    /// Many cards, some at once: each hears its own line, and all are told.
    @Test(.timeLimit(.minutes(10))) func manyAtOnce() throws {
        let (count, together) = isLongRun ? (1_000, 100) : (60, 20)
        let options = ["-tls1_2", "-cipher", "PSK-AES128-CBC-SHA256"]
        let server = try OpenSSLServer(options)
        let tapped = try TappedServer(target: server.port)
        let folder = try TemporaryFolder()
        let client = """
            printf 'card {}\\nCLOSE\\n' | openssl s_client -connect 127.0.0.1:\(tapped.port) -psk \(OpenSSLServer.key) \
            -psk_identity '\(OpenSSLServer.identity)' -quiet \(options.joined(separator: " ")) >\(folder.path)/{} 2>/dev/null
            """
        let end = try Command.run(
            ["sh", "-c", "seq \(count) | xargs -P \(together) -I{} sh -c \"$1\"", "sh", client], within: 400)
        #expect(end.ending == .exited(0), "\(end.errors)")
        for number in 1...count {
            #expect(folder.read("\(number)") == "\(String("card \(number)".reversed()))\n")
        }
        let handshakes = try tapped.handshakes(count)
        #expect(handshakes.count == count && handshakes.allSatisfy { $0.result == .success })
        #expect(Set(handshakes.map(\.link)).count == count)
        #expect(try tapped.ends(count).allSatisfy { $0.error == nil })
    }

    /// What a connection holds, as tshark reads what a third program recorded of it.
    @Test(arguments: [suites[0], suites[5], suites[11]]) func tsharkAgrees(_ suite: Suite) throws {
        let server = try OpenSSLServer(suite.options)
        let folder = try TemporaryFolder()
        let recorder = try RunningCommand(
            [Files.python, Files.client("cut_tls.py"), "\(server.port)", "neither", "0", folder.file("pieces")])
        defer { recorder.kill() }
        let tapped = try TappedServer(target: Int(try recorder.readLine()) ?? 0)
        _ = try OpenSSLClient.run(port: tapped.port, suite.options)
        let handshake = try #require(tapped.handshakes().first)
        let closed = try #require(tapped.ends().first)
        let rows = try Self.tshark(folder)
        let hello = rows.first { $0[1].split(separator: ",").contains("2") }
        let code = try #require(hello.flatMap { UInt16($0[2].dropFirst(2), radix: 16) })
        #expect(CipherSuite(code: code) == handshake.cipherSuite)
        #expect(hello?[3] == (suite.version == "-tls1_1" ? "0x0302" : "0x0303"))
        func records(from port: String) -> UInt64 {
            UInt64(rows.filter { $0[0] == port }.flatMap { $0[4].split(separator: ",") }.count)
        }
        #expect(records(from: "443") == closed.sentRecords && records(from: "50000") == closed.receivedRecords)
    }

    /// Source port, handshake types, suite and version of the hello, content types of records; a row a packet.
    private static func tshark(_ folder: TemporaryFolder) throws -> [[String]] {
        let dump = folder.read("pieces").split(separator: "\n").map { line in
            let digits = Array(line.dropFirst(2))
            let bytes = stride(from: 0, to: digits.count, by: 2).map { String(digits[$0...($0 + 1)]) }
            return "\(line.prefix(1))\n000000 \(bytes.joined(separator: " "))\n"
        }.joined()
        try folder.write(dump, to: "dump")
        let packets = try Command.run(
            ["text2pcap", "-D", "-T", "443,50000", folder.file("dump"), folder.file("packets.pcap")])
        #expect(packets.ending == .exited(0), "\(packets.errors)")
        let fields = [
            "tcp.srcport", "tls.handshake.type", "tls.handshake.ciphersuite", "tls.handshake.version",
            "tls.record.content_type",
        ]
        let read = try Command.run(
            ["tshark", "-r", folder.file("packets.pcap"), "-T", "fields"] + fields.flatMap { ["-e", $0] })
        return read.output.split(separator: "\n").map {
            $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
        }
    }
}

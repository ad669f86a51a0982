import Foundation
import Glibc
import ProbeEvents
import TestSupport
import Testing

@testable import Taps

/// What passes through a relay when it is no TLS at all: the same bytes, ends and waits as without one.
@Suite struct ForwardingTests {
    private static let program = """
        import hashlib, socket, struct, sys, threading
        mode, count = sys.argv[1], int(sys.argv[2])
        listener = socket.create_server(("127.0.0.1", 0)); print(listener.getsockname()[1], flush=True)
        def served():
            peer, _ = listener.accept()
            if mode == "echo":
                got = b""
                while part := peer.recv(65536): got += part
                peer.sendall(got[::-1]); peer.close()
            elif mode == "slow":
                import time; time.sleep(1)
                left, digest = count, hashlib.sha256()
                while left:
                    part = peer.recv(65536); left -= len(part); digest.update(part)
                peer.sendall(digest.digest()); peer.close()
            elif mode == "header":
                print(peer.recv(65536).hex(), flush=True); peer.close()
        threading.Thread(target=served).start()
        port = int(sys.stdin.readline())
        client = socket.create_connection((sys.argv[3], port))
        client.settimeout(30)
        if mode == "header":
            client.recv(1); print(*client.getsockname()[:2], flush=True); sys.exit()
        data = (b"0123456789abcdef" * (count // 16 + 1))[:count]
        client.sendall(data)
        if mode == "echo": client.shutdown(socket.SHUT_WR)
        got = b""
        while part := client.recv(65536): got += part
        print(got == (data[::-1] if mode == "echo" else hashlib.sha256(data).digest()), flush=True)
        """

    private func run(
        _ mode: String, _ count: Int, host: String = "127.0.0.1",
        change: (inout RelayEnds) -> Void = { _ in }
    ) throws -> (RunningCommand, TappedServer) {
        let sides = try RunningCommand([Files.python, "-c", Self.program, mode, "\(count)", host], input: .kept)
        let tapped = try TappedServer(target: Int(try sides.readLine()) ?? 0, change: change)
        try sides.say("\(tapped.port)")
        return (sides, tapped)
    }

    /// The client says that it is done, and is answered after that.
    @Test(arguments: [1, 100_000, 8_000_000]) func oneSideEndsFirst(count: Int) throws {
        let (sides, tapped) = try run("echo", count)
        #expect(try sides.readLine() == "True")
        let closed = try #require(tapped.ends().first)
        #expect(closed.sentBytes == UInt64(count) && closed.receivedBytes == UInt64(count))
        #expect(closed.endedBy == .client)
    }

    /// A server that does not take anything for a while is not read into memory.
    @Test func aSlowServerHoldsUpItsClient() throws {
        let before = Self.residentBytes
        let (sides, tapped) = try run("slow", 64_000_000)
        #expect(eventually { tapped.tap.standing.connections == 1 })
        usleep(500_000)
        let held = Self.residentBytes - before
        #expect(try sides.readLine() == "True")
        #expect(try tapped.ends().map(\.receivedBytes) == [64_000_000])
        #expect(held < 16_000_000, "\(held) bytes were kept")
    }

    /// A side that loses its power says nothing: without that its connection would be kept for ever.
    @Test func theKernelAsksWhetherBothSidesLive() throws {
        let (sides, tapped) = try run("slow", 16)
        #expect(eventually { tapped.tap.standing.connections == 1 })
        let own = try Command.run(["ss", "-Htnpo", "state", "established"]).output.split(separator: "\n").filter {
            $0.contains("pid=\(getpid()),")
        }
        #expect(own.contains { $0.contains(":\(tapped.port) ") })
        #expect(own.count >= 2 && own.allSatisfy { $0.contains("timer:(keepalive") }, "\(own)")
        #expect(try sides.readLine() == "True")
    }

    private static var residentBytes: Int {
        let pages = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?.split(separator: " ")
        return (pages.flatMap { Int($0[1]) } ?? 0) * 4_096
    }

    @Test(arguments: ["127.0.0.1", "::1"]) func theServerIsToldWhoConnects(host: String) throws {
        for header in ProxyHeader.allCases {
            let (sides, tapped) = try run("header", 0, host: host) { settings in
                settings.proxyHeader = header
                settings.listen.host = host
            }
            // What the server printed and what the client did, in either order.
            let lines = [try sides.readLine(), try sides.readLine()]
            let told = hex(try #require(lines.first { !$0.contains(" ") }))
            let port = try #require(lines.first { $0.contains(" ") }?.split(separator: " ").last.flatMap { Int($0) })
            #expect(told == Self.header(header, host, port, tapped.port))
        }
    }

    /// By the words of HAProxy's proxy-protocol.txt, 2.1 and 2.2.
    private static func header(_ version: ProxyHeader, _ host: String, _ client: Int, _ listener: Int) -> [UInt8] {
        let isIPv6 = host.contains(":")
        guard version == .v2 else {
            return Array("PROXY \(isIPv6 ? "TCP6" : "TCP4") \(host) \(host) \(client) \(listener)\r\n".utf8)
        }
        let address = isIPv6 ? [UInt8](repeating: 0, count: 15) + [1] : [127, 0, 0, 1]
        let ports = [client, listener].flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }
        return hex("0D0A0D0A000D0A515549540A") + [0x21, isIPv6 ? 0x21 : 0x11, 0, isIPv6 ? 36 : 12] + address + address
            + ports
    }

    @Test func oneTooManyIsCounted() throws {
        let server = try OpenSSLServer(["-tls1_2"])
        let tapped = try TappedServer(target: server.port) { $0.connectionLimit = 1 }
        let first = try RunningCommand(
            ["openssl", "s_client", "-connect", "127.0.0.1:\(tapped.port)", "-psk", OpenSSLServer.key, "-tls1_2"],
            input: .kept)
        #expect(eventually { tapped.tap.standing.connections == 1 })
        let second = try OpenSSLClient.run(port: tapped.port, ["-tls1_2"])
        #expect(second.ending == .exited(1))
        #expect(tapped.tap.standing.refused == 1)
        let dropped = tapped.sink.events.compactMap { if case .eventsDropped(let loss) = $0 { loss } else { nil } }
        #expect(dropped.map(\.reason) == [.refused] && dropped.map(\.count) == [1])
        first.kill()
        try tapped.ends()
    }

    /// A relay that stops ends its connections, and nobody of the two ended them.
    @Test func stoppedInTheMiddle() throws {
        let server = try OpenSSLServer(["-tls1_2"])
        let tapped = try TappedServer(target: server.port)
        let client = try RunningCommand(
            [
                "openssl", "s_client", "-connect", "127.0.0.1:\(tapped.port)", "-psk", OpenSSLServer.key,
                "-psk_identity", OpenSSLServer.identity, "-tls1_2",
            ], input: .kept)
        #expect(eventually { tapped.sink.events.contains { if case .tls(.handshake) = $0 { true } else { false } } })
        tapped.tap.stop()
        #expect(try tapped.ends().map(\.endedBy) == [nil])
        #expect(eventually { !client.isRunning })
    }

    @Test func aPortThatIsTakenIsOneLine() throws {
        let first = try TappedServer(target: 1)
        let error = #expect(throws: RelayError.self) {
            try TappedServer(target: 1) { $0.listen.port = first.port }
        }
        #expect(
            error?.explanation
                == "cannot listen on 127.0.0.1:\(first.port) for the relay ota: address already in use; choose another in "
                + "taps.psk_tls, or stop the program that holds it (ss -ltnp sport = :\(first.port))"
        )
    }
}

/// Files of keys.
@Suite struct PSKTableTests {
    @Test func linesAreKeys() throws {
        let table = try PSKTable(parsing: "# keys\n\na:01ff\r\n8949/A0:00:AbCd\n", path: "keys")
        #expect(table[Array("a".utf8)] == [0x01, 0xFF] && table[Array("8949/A0:00".utf8)] == [0xAB, 0xCD])
        #expect(table[Array("b".utf8)] == nil)
    }

    @Test(arguments: ["secret", "a:", "a:1", "a:xy", "a:" + String(repeating: "00", count: 65)])
    func aWrongLineIsNamedAndNotShown(_ line: String) {
        let error = #expect(throws: PSKTableError.self) { try PSKTable(parsing: "b:00\n\(line)", path: "/k") }
        #expect(
            error?.explanation == "/k:2: is no key; write IDENTITY:KEY, with a key of 1 to 64 bytes in hex digits")
    }
}

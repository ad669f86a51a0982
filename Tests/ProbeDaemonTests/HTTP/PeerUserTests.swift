import Glibc
import NIOCore
import NIOPosix
import Testing

@testable import ProbeDaemon

@Suite struct PeerUserTests {
    private typealias Endpoint = PeerUser.Endpoint

    private static let table = """
          sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
           0: 0100007F:1E88 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0
           1: 0100007F:D431 0100007F:1E88 01 00000000:00000000 00:00000000 00000000  1000        0 2 1 0 20 4 30 10 -1
           2: 0100007F:1E88 0100007F:D431 01 00000000:00000000 00:00000000 00000000     0        0 3 1 0 20 4 30 10 -1
           3: 0100007F:D432 0100007F:1E88 06 00000000:00000000 03:000017A1 00000000     0        0 0 3 0
           4: 0100007F:D433 0100007F:1E88 05 00000000:00000000 00:00000000 00000000     0        0 0 1 0
           5: 0000000000000000FFFF00000100007F:D434 0000000000000000FFFF00000100007F:1E88 01 0:0 00:0 0  33  0 4
           6: 00000000000000000000000001000000:D435 00000000000000000000000001000000:1E88 01 0:0 00:0 0  34  0 5
           7: 0100007F:D436 0100007F:1E88 01
           8: 0100007F:D437 0100007F:1E88 01 0:0 00:0 0 -5 0 6
        """

    @Test(
        arguments: [
            (0xD431, [127, 0, 0, 1], 1_000), (0xD432, [127, 0, 0, 1], nil), (0xD433, [127, 0, 0, 1], nil),
            (0xD434, [127, 0, 0, 1], 33), (0xD435, [UInt8](repeating: 0, count: 15) + [1], 34),
            (0xD436, [127, 0, 0, 1], nil), (0xD437, [127, 0, 0, 1], nil), (0xD438, [127, 0, 0, 1], nil),
        ] as [(UInt16, [UInt8], uid_t?)])
    func aTableTellsTheUserOfAConnection(port: UInt16, address: [UInt8], user: uid_t?) {
        let found = PeerUser.user(
            in: Self.table, from: Endpoint(address: address, port: port), to: Endpoint(address: address, port: 7816))
        #expect(found == user)
    }

    @Test(arguments: [
        "", ":", "0100007F", "0100007F:", "0100007G:1E88", "0100007F:1E88:1", "01007F:1E88", "0100007F:12345",
    ])
    func whatIsNoAddressIsNone(text: String) {
        #expect(Endpoint(Array(text.utf8)) == nil)
    }

    @Test func ownConnectionsAreOfThisUser() async throws {
        for host in ["127.0.0.1", "::1"] {
            let group = MultiThreadedEventLoopGroup.singleton
            let server = try await ServerBootstrap(group: group).bind(host: host, port: 0).get()
            let client = try await ClientBootstrap(group: group).connect(to: try #require(server.localAddress)).get()
            #expect(PeerUser.number(peer: client.localAddress, local: client.remoteAddress) == geteuid())
            #expect(PeerUser.number(peer: server.localAddress, local: client.localAddress) != nil)
            #expect(PeerUser.number(peer: nil, local: client.remoteAddress) == nil)
            try await client.close()
            try await server.close()
        }
        let elsewhere = try SocketAddress(ipAddress: "192.0.2.1", port: 1)
        #expect(PeerUser.number(peer: elsewhere, local: elsewhere) == nil)
    }
}

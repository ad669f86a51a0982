import Foundation
import TestSupport
import Testing

@testable import ProbeDaemon

@Suite struct ServiceManagerTests {
    @Test(arguments: ["/tmp/cardlink-notify-\(getpid())", "@cardlink-notify-\(getpid())"])
    func wordsArriveOnSocketsOfBothKinds(name: String) async throws {
        let socket = try ManagerSocket(name)
        defer { unlink(name) }
        let manager = try #require(ServiceManager { $0 == "NOTIFY_SOCKET" ? name : nil })
        let words: [(ServiceManager.Word, String)] = [
            (.ready, "READY=1"), (.status("two\nlines"), "STATUS=two lines"), (.alive, "WATCHDOG=1"),
            (.stopping, "STOPPING=1"),
        ]
        for (word, line) in words {
            await manager.tell(word)
            #expect(socket.next() == line)
        }
        #expect(socket.next(within: 0) == nil)
    }

    @Test(arguments: [
        nil, "", "/", "@", "relative", "vsock:2:1234", "/" + String(repeating: "x", count: 107),
    ])
    func whatIsNoSocketOfOursIsNoManager(name: String?) {
        #expect(ServiceManager { $0 == "NOTIFY_SOCKET" ? name : nil } == nil)
    }

    @Test(
        arguments: [
            ([:], nil), (["WATCHDOG_USEC": "30000000"], Duration.seconds(30)), (["WATCHDOG_USEC": "0"], nil),
            (["WATCHDOG_USEC": "-5"], nil), (["WATCHDOG_USEC": "soon"], nil),
            (["WATCHDOG_USEC": "2000", "WATCHDOG_PID": "\(getpid())"], .milliseconds(2)),
            (["WATCHDOG_USEC": "2000", "WATCHDOG_PID": "1"], nil),
        ] as [([String: String], Duration?)])
    func theWatchdogIsTheOneForThisProcess(variables: [String: String], expected: Duration?) {
        let environment = variables.merging(["NOTIFY_SOCKET": "/run/none"]) { $1 }
        #expect(ServiceManager { environment[$0] }?.watchdog == expected)
    }

    /// Nobody listens, or whoever does is stuck: the daemon goes on.
    @Test func aManagerThatDoesNotListenHoldsNobodyUp() async throws {
        let gone = try #require(ServiceManager { $0 == "NOTIFY_SOCKET" ? "/tmp/cardlink-nobody" : nil })
        await gone.tell(.ready)
        let name = "@cardlink-stuck-\(getpid())"
        let socket = try ManagerSocket(name)
        let stuck = try #require(ServiceManager { $0 == "NOTIFY_SOCKET" ? name : nil })
        let clock = ContinuousClock()
        let took = await clock.measure {
            // The kernel keeps as many messages as net.unix.max_dgram_qlen says, 10 or some hundred.
            for _ in 0..<1_000 {
                let one = await clock.measure { await stuck.tell(.alive) }
                if one > .milliseconds(500) { break }
            }
        }
        #expect(took > .milliseconds(500) && took < .seconds(20))
        #expect(socket.next() == "WATCHDOG=1")
    }
}

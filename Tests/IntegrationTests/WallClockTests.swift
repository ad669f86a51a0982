import Foundation
import TestSupport
import Testing

/// What the daemon has to do with the clock that people set.
@Suite struct WallClockTests {
    /// Nobody in it waits for a moment on that clock: set back by an hour, it would make the wait an hour longer.
    @Test func nobodyWaitsForAMomentOnTheWallClock() throws {
        let folder = try TemporaryFolder()
        let trace = folder.file("trace")
        // What cannot be written is tried again each second, the history as well as the log.
        let file = try folder.write("", to: "file")
        let port = try freePort()
        let running = try RunningCommand(
            ["strace", "-D", "-f", "-ttt", "-o", trace, "-e", "trace=futex,clock_nanosleep,timerfd_create"]
                + [Files.probe, "serve", "--runtime-dir", folder.file("sockets")]
                + ["--web.listen-address", "127.0.0.1:\(port)"]
                + ["--store.path", file + "/history.db", "--logging.file", "/dev/full"],
            environment: ["XDG_STATE_HOME": folder.file("state"), "PCSCLITE_CSOCK_NAME": folder.file("no-pcscd")])
        func health() throws -> String { try Command.run(["curl", "-s", "http://127.0.0.1:\(port)/health"]).output }
        #expect(try eventually(within: 30) { try health().contains("history.db") })
        sleep(2)
        running.signal(SIGTERM)
        let end = try running.end(within: 20)
        #expect(end.ending == .exited(0) && end.errors.contains("the log cannot be written"))
        let calls = folder.read("trace").split(separator: "\n")
        #expect(calls.contains { $0.contains("FUTEX_WAIT") && $0.contains("tv_sec") })
        let wrong = try calls.filter { call in
            if call.contains("clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME") { return true }
            let wait = #/[0-9]+ +([0-9]+).* futex\(.*FUTEX_CLOCK_REALTIME.*tv_sec=([0-9]+),.*/#
            guard let match = call.wholeMatch(of: wait) else { return call.contains("timerfd_create(CLOCK_REALTIME") }
            // Threads of libdispatch that have nothing to do end after five seconds: whether they do is no matter.
            return try #require(Int(match.2)) - #require(Int(match.1)) < 3
        }
        #expect(wrong == [])
    }
}

import Foundation
import TestSupport
import Testing

/// `serve` under a service manager.
@Suite struct ServiceTests {
    /// A daemon that tells a manager what it does, and whose watchdog waits for 300 ms.
    private struct Served {
        let folder: TemporaryFolder
        let manager: ManagerSocket
        let daemon: RunningCommand

        init() throws {
            folder = try TemporaryFolder()
            manager = try ManagerSocket(folder.file("notify"))
            daemon = try RunningCommand(
                [
                    Files.probe, "serve", "--web.listen-address", "127.0.0.1:0", "--runtime-dir",
                    folder.file("sockets"),
                ],
                environment: [
                    "NOTIFY_SOCKET": folder.file("notify"), "WATCHDOG_USEC": "300000",
                    "PCSCLITE_CSOCK_NAME": folder.file("no-pcscd"),
                ])
        }

        /// What comes within a time.
        func heard(within seconds: Double) -> [String] {
            let end = Date(timeIntervalSinceNow: seconds)
            var heard: [String] = []
            while Date() < end, let line = manager.next(within: max(0, end.timeIntervalSinceNow)) { heard.append(line) }
            return heard
        }
    }

    @Test func itIsReadyWhenAllStandsAndStopsInSight() throws {
        let served = try Served()
        #expect(served.manager.next() == "READY=1")
        #expect(eventually(within: 5) { served.daemon.errorsSoFar.contains("metrics on http://127.0.0.1:") })
        for name in ["receiver.sock", "events.sock"] {
            #expect(FileManager.default.fileExists(atPath: served.folder.file("sockets/\(name)")))
        }
        let lines = served.heard(within: 1)
        #expect(lines.count { $0 == "WATCHDOG=1" } >= 5)
        #expect(lines.contains { $0.hasPrefix("STATUS=") && $0.contains("pcscd") })
        served.daemon.signal(SIGTERM)
        #expect(try served.daemon.end(within: 10).ending == .exited(0))
        #expect(served.heard(within: 0.5).contains("STOPPING=1"))
    }

    @Test func whatCannotListenIsNeverReady() throws {
        let folder = try TemporaryFolder()
        let manager = try ManagerSocket(folder.file("notify"))
        // A file that is no socket stands where one is to be.
        try FileManager.default.createDirectory(atPath: folder.file("sockets"), withIntermediateDirectories: false)
        try folder.write("", to: "sockets/events.sock")
        let end = try Command.run(
            [Files.probe, "serve", "--web.listen-address", "127.0.0.1:0", "--runtime-dir", folder.file("sockets")],
            environment: ["NOTIFY_SOCKET": folder.file("notify")])
        #expect(end.ending == .exited(69))
        #expect(manager.next(within: 0.2) == nil)
    }

    /// The process lives and answers scrapes, and no event would arrive: the watchdog is not told that all is well.
    @Test func aDeadEventSocketStarvesTheWatchdog() throws {
        let served = try Served()
        #expect(served.manager.next() == "READY=1")
        #expect(served.heard(within: 0.5).contains("WATCHDOG=1"))
        let path = served.folder.file("sockets/events.sock")
        unlink(path)
        // A socket file on which nobody listens any more.
        let mute = try Command.run([
            Files.python, "-c",
            "import socket,sys; s=socket.socket(socket.AF_UNIX); s.bind(sys.argv[1])", path,
        ])
        #expect(mute.ending == .exited(0))
        // A beat that was under way may still come.
        _ = served.heard(within: 0.5)
        #expect(!served.heard(within: 1.5).contains("WATCHDOG=1"))
        #expect(served.daemon.isRunning)
    }

    @Test func aStoppedDaemonStarvesTheWatchdog() throws {
        let served = try Served()
        #expect(served.manager.next() == "READY=1")
        served.daemon.signal(SIGSTOP)
        _ = served.heard(within: 0.3)
        #expect(served.heard(within: 1) == [])
        served.daemon.signal(SIGCONT)
        #expect(served.heard(within: 1).contains("WATCHDOG=1"))
    }
}

/// Members of a named group tell a daemon what their programs do; others do not.
@Suite struct GroupTests {
    @Test func theDirectoryAndTheSocketAreTheGroups() throws {
        let folder = try TemporaryFolder()
        let sockets = folder.file("sockets")
        let name = try Command.run(["id", "-gn"]).output.trimmingCharacters(in: .newlines)
        let daemon = try RunningCommand(
            [
                Files.probe, "serve", "--web.listen-address", "127.0.0.1:0", "--runtime-dir", sockets, "--group", name,
            ], environment: ["PCSCLITE_CSOCK_NAME": folder.file("no-pcscd")])
        #expect(eventually { daemon.errorsSoFar.contains("sockets in") })
        let modes = try Command.run(["stat", "-c", "%a %G", sockets, sockets + "/events.sock"])
        #expect(modes.output == "750 \(name)\n660 \(name)\n")
        daemon.signal(SIGTERM)
        #expect(try daemon.end(within: 10).ending == .exited(0))
    }

    @Test func anUnknownGroupIsOneLine() throws {
        let folder = try TemporaryFolder()
        let end = try Command.run(
            [Files.probe, "serve", "--runtime-dir", folder.file("sockets"), "--group", "no-such-group"])
        #expect(end.ending == .exited(69))
        #expect(
            end.errors == "cardlink-probe: no group 'no-such-group' on this system; "
                + "name one that `getent group` lists, or make it: groupadd no-such-group\n")
        #expect(!FileManager.default.fileExists(atPath: folder.file("sockets")))
    }
}

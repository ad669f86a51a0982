import Foundation
import Glibc
import Testing

/// How a bench begins and ends, and what can be done to it in between.
@Suite(.serialized) struct BenchLifeTests {
    @Test func theStarterBecomesTheCommand() throws {
        try withFolder { folder in
            let bench = try BenchProcess.bench(
                [], ["sh", "-c", "echo $$ $PCSCLITE_CSOCK_NAME; exit 7"], folder: folder)
            #expect(bench.end() == 7)
            let words = bench.output.split(whereSeparator: \.isWhitespace)
            #expect(words.first.map(String.init) == "\(bench.process.processIdentifier)")
            #expect(words.last?.hasPrefix("\(folder.path)/cardlink-bench-") == true)
            #expect(eventually { bench.isGone && bench.left.isEmpty }, "left: \(bench.left)")
        }
    }

    @Test func aCommandGetsTheSignalsAndDescriptorsOfItsStarter() throws {
        try withFolder { folder in
            // without signals 32 and up: glibc takes two of them for its own threads
            let look =
                "sed -n 's/^\\(Sig[BIC][a-z]*:\t\\)[0-9a-f]\\{8\\}/\\1/p' /proc/self/status; ls -l /proc/self/fd | sed 's/.*[0-9][0-9]:[0-9][0-9] //'"
            let script = """
                trap '' USR1 PIPE; exec 7</etc/passwd
                sh -c "$2"; echo; exec "$1" simulate bench -- sh -c "$2"
                """
            let process = try BenchProcess(
                program: URL(filePath: "/bin/sh"), ["-c", script, "sh", BenchProcess.program.path, look], folder: folder
            )
            #expect(process.end() == 0)
            let looks = process.output.replacing(/(pipe:|\/proc\/)[\[\d]+/, with: "").components(separatedBy: "\n\n")
                .map { $0.trimmingCharacters(in: .newlines) }
            try #require(looks.count == 2)
            #expect(looks[0] == looks[1])
            #expect(looks[0].contains("7 -> /etc/passwd"))
        }
    }

    @Test(arguments: [SIGKILL, SIGTERM, SIGINT]) func nothingIsLeftWhenTheCommandIsKilled(_ signal: Int32) throws {
        try withFolder { folder in
            let bench = try BenchProcess.bench([], ["sh", "-c", "echo ready; exec sleep 60"], folder: folder)
            #expect(eventually { bench.output == "ready\n" })
            #expect(!bench.isGone)
            kill(bench.process.processIdentifier, signal)
            #expect(bench.end() == 128 + signal)
            #expect(eventually { bench.isGone && bench.left.isEmpty }, "left: \(bench.left)")
        }
    }

    @Test func nothingRunsWhenTheKeeperIsKilled() throws {
        try withFolder { folder in
            let bench = try BenchProcess.bench([], ["sh", "-c", "echo ready; exec sleep 60"], folder: folder)
            defer {
                kill(bench.process.processIdentifier, SIGKILL)
                _ = bench.end()
            }
            #expect(eventually { bench.output == "ready\n" })
            let keepers = try processes { $0.contains("bench-keeper") && $0.contains(folder.path) }
            #expect(!keepers.isEmpty)
            for keeper in keepers { kill(keeper, SIGKILL) }
            #expect(eventually { bench.left.isEmpty }, "left: \(bench.left)")
        }
    }

    @Test(arguments: [
        (["no-such-program"], 127, "no-such-program: No such file or directory"),
        (["/etc/passwd"], 126, "/etc/passwd: Permission denied"),
    ])
    func aCommandThatCannotRun(_ command: [String], _ code: Int32, _ told: String) throws {
        try withFolder { folder in
            let bench = try BenchProcess.bench([], command, folder: folder)
            #expect(bench.end() == code)
            #expect(bench.errors == "cardlink-probe: \(told); see that it is installed and in PATH\n")
            #expect(bench.isGone && bench.left.isEmpty, "left: \(bench.left)")
        }
    }

    @Test(arguments: [
        (["--script", "/nowhere/card.yaml"], 78, "/nowhere/card.yaml: the script cannot be read"),
        (["--log", "/nowhere/log"], 1, "opening the card's log /nowhere/log: No such file or directory"),
        (["--control", "/nowhere/control"], 1, "opening the control socket's folder /nowhere: No such file"),
        (["--readers", "17"], 64, "--readers must be 1 to 16"),
        (["--redaers", "1"], 64, "--redaers"),
    ])
    func aBenchThatCannotBe(_ options: [String], _ code: Int32, _ told: String) throws {
        try withFolder { folder in
            let bench = try BenchProcess(
                ["simulate", "bench"] + options + ["--", "true"], folder: folder, environment: ["TMPDIR": folder.path])
            #expect(bench.end() == code)
            #expect(bench.errors.contains(told))
            #expect(eventually { bench.isGone && bench.left.isEmpty }, "left: \(bench.left)")
        }
    }

    @Test func withoutACommandItSaysHowToReachIt() throws {
        try withFolder { folder in
            let bench = try BenchProcess(
                ["simulate", "bench", "--control", folder.appending(path: "control").path], folder: folder,
                environment: ["TMPDIR": folder.path])
            #expect(eventually { bench.output.hasSuffix("/run/pcscd.comm\n") })
            #expect(bench.output.hasPrefix("export PCSCLITE_CSOCK_NAME=\(folder.path)/cardlink-bench-"))
            #expect(try listing(bench).contains("Yes"))
            kill(bench.process.processIdentifier, SIGTERM)
            #expect(bench.end() == 0)
            // here the starter waits for the end of it all
            #expect(bench.isGone && bench.left.isEmpty, "left: \(bench.left)")
            #expect(!FileManager.default.fileExists(atPath: folder.appending(path: "control").path))
        }
    }

    @Test func cardsAndPCSCDComeAndGo() throws {
        try withFolder { folder in
            let bench = try BenchProcess.bench(
                ["--control", folder.appending(path: "control").path],
                ["sh", "-c", "echo $PCSCLITE_CSOCK_NAME; exec sleep 60"],
                folder: folder)
            defer {
                kill(bench.process.processIdentifier, SIGKILL)
                _ = bench.end()
            }
            #expect(eventually { bench.output.hasSuffix("\n") })
            #expect(bench.ask("status").hasPrefix("ok pcscd=running socket="))
            #expect(try listing(bench).contains("0    Yes"))
            #expect(bench.ask("remove") == "ok")
            #expect(eventually { (try? listing(bench).contains("0    No")) ?? false })
            #expect(bench.ask("insert 0") == "ok")
            #expect(try listing(bench).contains("0    Yes"))
            for end in ["kill-pcscd", "stop-pcscd"] {
                #expect(bench.ask(end) == "ok")
                #expect(bench.ask("status").hasPrefix("ok pcscd=stopped"))
                #expect(try !listing(bench).contains("Virtual PCD"))
                #expect(bench.ask("start-pcscd") == "ok")
                #expect(try listing(bench).contains("0    Yes"))
            }
            #expect(bench.ask("insert 1") == "error no slot \"1\"; the slots are 0 to 0")
        }
    }

    @Test func aCardPulledInMidCommandIsInTheLog() throws {
        try withFolder { folder in
            let example = exampleFolder.appending(path: "pulled-card.yaml").path
            let script =
                "opensc-tool -s 00A4000C022FE2 -s 00B0000001 -s 00B0000001; sleep 2; opensc-tool -s 00A4000C022FE2"
            let bench = try BenchProcess.bench(["--script", example], ["sh", "-c", script], folder: folder)
            #expect(bench.end() == 0)
            #expect(bench.oracle.filter { $0.hasSuffix("-> removed") } == ["00B0000001 -> removed"])
            #expect(bench.oracle.last == "00A4000C022FE2 -> 9000")
        }
    }

    @Test func pcscdKilledInMidCommandComesBack() throws {
        try withFolder { folder in
            let slow = folder.appending(path: "slow.yaml")
            try Data("rules: [{ match: 00 B0, delay: 2000, times: 1 }]".utf8).write(to: slow)
            let client =
                "opensc-tool -s 00A4000C022FE2 -s 00B0000001; echo ended; read line; opensc-tool -s 00A4000C022FE2"
            let gate = folder.appending(path: "gate").path
            #expect(mkfifo(gate, 0o600) == 0)
            let bench = try BenchProcess.bench(
                ["--script", slow.path, "--control", folder.appending(path: "control").path],
                ["sh", "-c", "exec <>\(gate); \(client)"], folder: folder)
            #expect(eventually { bench.ask("status").contains("busy=true") })
            #expect(bench.ask("kill-pcscd") == "ok")
            #expect(eventually { bench.output.contains("ended") })
            #expect(bench.oracle.filter { $0.hasSuffix("-> lost") }.count == 1)
            #expect(bench.ask("start-pcscd") == "ok")
            try FileHandle(forWritingTo: URL(filePath: gate)).write(contentsOf: Data("go\n".utf8))
            #expect(bench.end() == 0)
            #expect(bench.oracle.last == "00A4000C022FE2 -> 9000")
        }
    }

    @Test func aCardWithoutVPCDSaysSoOnceAndWaits() throws {
        try withFolder { folder in
            // nobody listens on port 1
            let card = try BenchProcess(
                ["simulate", "card", "--port", "1", "--control", folder.appending(path: "control").path], folder: folder
            )
            let told =
                "cardlink-probe: no vpcd answers at 127.0.0.1:1; install vsmartcard-vpcd and start pcscd: the card goes in by itself\n"
            #expect(eventually { card.errors == told })
            #expect(
                card.ask("status") == "ok inserted=true connected=false powered=false busy=false commands=0 powerups=0")
            #expect(card.ask("kill-pcscd").hasPrefix("error no command \"kill-pcscd\"; known are status, insert"))
            kill(card.process.processIdentifier, SIGTERM)
            #expect(card.end() == 0)
            #expect(card.errors == told)
        }
    }

    private func listing(_ bench: BenchProcess) throws -> String {
        let socket = bench.output.replacing("export PCSCLITE_CSOCK_NAME=", with: "").trimmingCharacters(in: .newlines)
        return try plainOutput(["env", "PCSCLITE_CSOCK_NAME=\(socket)", "opensc-tool", "-l"])
    }

    private func plainOutput(_ command: [String]) throws -> String {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = command
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: output, as: UTF8.self)
    }

    private func processes(_ isOne: (String) -> Bool) throws -> [pid_t] {
        try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { pid_t($0) }.filter { process in
            isOne((try? String(contentsOfFile: "/proc/\(process)/cmdline", encoding: .utf8)) ?? "")
        }
    }
}

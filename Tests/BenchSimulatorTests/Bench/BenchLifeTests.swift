import Foundation
import Glibc
import TestSupport
import Testing

/// How a bench begins and ends, and what can be done to it in between.
@Suite(.serialized) struct BenchLifeTests {
    @Test func theStarterBecomesTheCommand() throws {
        let folder = try TemporaryFolder()
        let bench = try BenchProcess.bench(
            [], ["sh", "-c", "echo $$ $PCSCLITE_CSOCK_NAME; exit 7"], folder: folder)
        #expect(try bench.end() == 7)
        let words = bench.output.split(whereSeparator: \.isWhitespace)
        #expect(words.first.map(String.init) == "\(bench.pid)")
        #expect(words.last?.hasPrefix("\(folder.path)/cardlink-bench-") == true)
        #expect(eventually { bench.isGone && bench.left.isEmpty }, "left: \(bench.left)")
    }

    @Test func aCommandGetsTheSignalsAndDescriptorsOfItsStarter() throws {
        let folder = try TemporaryFolder()
        // without signals 32 and up: glibc takes two of them for its own threads
        let look =
            "sed -n 's/^\\(Sig[BIC][a-z]*:\t\\)[0-9a-f]\\{8\\}/\\1/p' /proc/self/status; ls -l /proc/self/fd | sed 's/.*[0-9][0-9]:[0-9][0-9] //'"
        let script = """
            trap '' USR1 PIPE; exec 7</etc/passwd
            sh -c "$2"; echo; exec "$1" simulate bench -- sh -c "$2"
            """
        let process = try BenchProcess(program: ["sh"], ["-c", script, "sh", Files.probe, look], folder: folder)
        #expect(try process.end() == 0)
        let looks = process.output.replacing(/(pipe:|\/proc\/)[\[\d]+/, with: "").components(separatedBy: "\n\n")
            .map { $0.trimmingCharacters(in: .newlines) }
        try #require(looks.count == 2)
        #expect(looks[0] == looks[1])
        #expect(looks[0].contains("7 -> /etc/passwd"))
    }

    @Test(arguments: [SIGKILL, SIGTERM, SIGINT]) func nothingIsLeftWhenTheCommandIsKilled(_ signal: Int32) throws {
        let folder = try TemporaryFolder()
        let bench = try BenchProcess.bench([], ["sh", "-c", "echo ready; exec sleep 60"], folder: folder)
        #expect(eventually { bench.output == "ready\n" })
        #expect(!bench.isGone)
        bench.signal(signal)
        #expect(try bench.end() == 128 + signal)
        #expect(eventually { bench.isGone && bench.left.isEmpty }, "left: \(bench.left)")
    }

    @Test func nothingRunsWhenTheKeeperIsKilled() throws {
        let folder = try TemporaryFolder()
        let bench = try BenchProcess.bench([], ["sh", "-c", "echo ready; exec sleep 60"], folder: folder)
        defer {
            bench.signal(SIGKILL)
            _ = try? bench.end()
        }
        #expect(eventually { bench.output == "ready\n" })
        let keepers = processes { $0.contains("bench-keeper") && $0.contains(folder.path) }
        #expect(!keepers.isEmpty)
        for keeper in keepers { kill(keeper.pid, SIGKILL) }
        #expect(eventually { bench.left.isEmpty }, "left: \(bench.left)")
    }

    @Test(arguments: [
        (["no-such-program"], 127, "no-such-program: No such file or directory"),
        (["/etc/passwd"], 126, "/etc/passwd: Permission denied"),
    ])
    func aCommandThatCannotRun(_ command: [String], _ code: Int32, _ told: String) throws {
        let folder = try TemporaryFolder()
        let bench = try BenchProcess.bench([], command, folder: folder)
        #expect(try bench.end() == code)
        #expect(bench.errors == "cardlink-probe: \(told); see that it is installed and in PATH\n")
        #expect(bench.isGone && bench.left.isEmpty, "left: \(bench.left)")
    }

    @Test(arguments: [
        (["--script", "/nowhere/card.yaml"], 78, "/nowhere/card.yaml: the script cannot be read"),
        (["--log", "/nowhere/log"], 1, "opening the card's log /nowhere/log: No such file or directory"),
        (["--control", "/nowhere/control"], 1, "opening the control socket's folder /nowhere: No such file"),
        (["--readers", "17"], 64, "--readers must be 1 to 16"),
        (["--redaers", "1"], 64, "--redaers"),
    ])
    func aBenchThatCannotBe(_ options: [String], _ code: Int32, _ told: String) throws {
        let folder = try TemporaryFolder()
        let bench = try BenchProcess(
            ["simulate", "bench"] + options + ["--", "true"], folder: folder)
        #expect(try bench.end() == code)
        #expect(bench.errors.contains(told))
        #expect(eventually { bench.isGone && bench.left.isEmpty }, "left: \(bench.left)")
    }

    @Test func withoutACommandItSaysHowToReachIt() throws {
        let folder = try TemporaryFolder()
        let bench = try BenchProcess(
            ["simulate", "bench", "--control", folder.file("control")], folder: folder)
        #expect(eventually { bench.output.hasSuffix("/run/pcscd.comm\n") })
        #expect(bench.output.hasPrefix("export PCSCLITE_CSOCK_NAME=\(folder.path)/cardlink-bench-"))
        #expect(try listing(bench).contains("Yes"))
        bench.signal(SIGTERM)
        #expect(try bench.end() == 0)
        // here the starter waits for the end of it all
        #expect(bench.isGone && bench.left.isEmpty, "left: \(bench.left)")
        #expect(!FileManager.default.fileExists(atPath: folder.file("control")))
    }

    @Test func cardsAndPCSCDComeAndGo() throws {
        let folder = try TemporaryFolder()
        let bench = try BenchProcess.bench(
            ["--control", folder.file("control")],
            ["sh", "-c", "echo $PCSCLITE_CSOCK_NAME; exec sleep 60"],
            folder: folder)
        defer {
            bench.signal(SIGKILL)
            _ = try? bench.end()
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

    @Test func aCardPulledInMidCommandIsInTheLog() throws {
        let folder = try TemporaryFolder()
        let example = exampleFolder.appending(path: "pulled-card.yaml").path
        let script =
            "opensc-tool -s 00A4000C022FE2 -s 00B0000001 -s 00B0000001; sleep 2; opensc-tool -s 00A4000C022FE2"
        let bench = try BenchProcess.bench(["--script", example], ["sh", "-c", script], folder: folder)
        #expect(try bench.end() == 0)
        #expect(bench.cardLog.exchanges.filter { $0.hasSuffix("-> removed") } == ["00B0000001 -> removed"])
        #expect(bench.cardLog.exchanges.last == "00A4000C022FE2 -> 9000")
    }

    @Test func pcscdKilledInMidCommandComesBack() throws {
        let folder = try TemporaryFolder()
        let slow = try folder.write("rules: [{ match: 00 B0, delay: 2000, times: 1 }]", to: "slow.yaml")
        let client =
            "opensc-tool -s 00A4000C022FE2 -s 00B0000001; echo ended; read line; opensc-tool -s 00A4000C022FE2"
        let gate = folder.file("gate")
        #expect(mkfifo(gate, 0o600) == 0)
        let bench = try BenchProcess.bench(
            ["--script", slow, "--control", folder.file("control")],
            ["sh", "-c", "exec <>\(gate); \(client)"], folder: folder)
        #expect(eventually { bench.ask("status").contains("busy=true") })
        #expect(bench.ask("kill-pcscd") == "ok")
        #expect(eventually { bench.output.contains("ended") })
        #expect(bench.cardLog.exchanges.filter { $0.hasSuffix("-> lost") }.count == 1)
        #expect(bench.ask("start-pcscd") == "ok")
        try FileHandle(forWritingTo: URL(filePath: gate)).write(contentsOf: Data("go\n".utf8))
        #expect(try bench.end() == 0)
        #expect(bench.cardLog.exchanges.last == "00A4000C022FE2 -> 9000")
    }

    @Test func aCardWithoutVPCDSaysSoOnceAndWaits() throws {
        let folder = try TemporaryFolder()
        // nobody listens on port 1
        let card = try BenchProcess(
            ["simulate", "card", "--port", "1", "--control", folder.file("control")], folder: folder
        )
        let told =
            "cardlink-probe: no vpcd answers at 127.0.0.1:1; install vsmartcard-vpcd and start pcscd: the card goes in by itself\n"
        #expect(eventually { card.errors == told })
        #expect(
            card.ask("status") == "ok inserted=true connected=false powered=false busy=false commands=0 powerups=0")
        #expect(card.ask("kill-pcscd").hasPrefix("error no command \"kill-pcscd\"; known are status, insert"))
        card.signal(SIGTERM)
        #expect(try card.end() == 0)
        #expect(card.errors == told)
    }

    private func listing(_ bench: BenchProcess) throws -> String {
        let socket = bench.output.replacing("export PCSCLITE_CSOCK_NAME=", with: "").trimmingCharacters(in: .newlines)
        return try Command.run(["opensc-tool", "-l"], environment: ["PCSCLITE_CSOCK_NAME": socket]).output
    }
}

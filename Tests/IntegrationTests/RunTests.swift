import Foundation
import TestSupport
import Testing

/// `run` as `env` would be: exit status, signals, terminal, descriptors, environment.
@Suite(.serialized) struct RunTests {
    static func run(_ program: [String], options: [String] = [], input: String? = nil) throws -> Command {
        let folder = try TemporaryFolder()
        return try Command.run(
            [Files.probe, "run", "--runtime-dir", folder.path] + options + ["--"] + program, input: input)
    }

    @Test(arguments: [
        (["true"], Command.Ending.exited(0)), (["sh", "-c", "exit 3"], .exited(3)),
        (["sh", "-c", "exit 255"], .exited(255)),
        (["sh", "-c", "kill -TERM $$"], .signalled(SIGTERM)), (["sh", "-c", "kill -KILL $$"], .signalled(SIGKILL)),
        (["sh", "-c", "kill -SEGV $$"], .signalled(SIGSEGV)), (["no-such-program"], .exited(127)),
        (["/etc/passwd"], .exited(126)), (["/etc"], .exited(126)), (["/etc/passwd/x"], .exited(126)),
    ])
    func endsAsItsProgramEnds(program: [String], ending: Command.Ending) throws {
        let wrapped = try Self.run(program)
        #expect(wrapped.ending == ending)
        // env of coreutils is the oracle.
        #expect(try Command.run(["env"] + program).ending == ending)
        let hasFailed = ending == .exited(127) || ending == .exited(126)
        #expect(wrapped.errors.split(separator: "\n").count == (hasFailed ? 1 : 0))
    }

    @Test func standardInputPasses() throws {
        #expect(try Self.run(["cat"], input: "line 1\nline 2").output == "line 1\nline 2")
    }

    @Test func environmentGainsOnlyTheTap() throws {
        let plain = Set(try Command.run(["env"]).output.split(separator: "\n"))
        let wrapped = Set(try Self.run(["env"]).output.split(separator: "\n"))
        let gained = wrapped.subtracting(plain).map { String($0.prefix { $0 != "=" }) }.sorted()
        // The commit of the repository that the tests run in, where they do.
        let commit = FileManager.default.fileExists(atPath: Files.package + "/.git") ? ["CARDLINK_TESTER_COMMIT"] : []
        #expect(
            gained == ["CARDLINK_EVENTS", "CARDLINK_RECEIVER"] + commit
                + ["LD_AUDIT", "LD_LIBRARY_PATH", "LIBPCSCLITE_DELEGATE"])
        #expect(plain.subtracting(wrapped).isEmpty)
    }

    /// Open descriptors, umask, signal mask and ignored signals, as the program sees them.
    @Test func processStatePasses() throws {
        // Of the ignored signals the first 32: those above are the C library's own, and no program can set them.
        let look =
            "ls /proc/self/fd | tr '\\n' ' '; umask; grep '^SigBlk' /proc/self/status; "
            + "sed -nE 's/^SigIgn:.*(.{8})$/\\1/p' /proc/self/status"
        let script = "trap '' USR1 PIPE; umask 027; exec 7</dev/null; exec \"$@\""
        let folder = try TemporaryFolder()
        let plain = try Command.run(["sh", "-c", script, "sh", "sh", "-c", look])
        let wrapped = try Command.run(
            ["sh", "-c", script, "sh", Files.probe, "run", "--runtime-dir", folder.path, "--", "sh", "-c", look])
        #expect(wrapped.output == plain.output)
        #expect(!plain.output.isEmpty)
    }

    @Test(arguments: [SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2])
    func signalsAreHandedOn(number: Int32) throws {
        let folder = try TemporaryFolder()
        let script = "trap 'echo got; exit 9' \(number); echo ready; while :; do sleep 0.05; done"
        let run = try RunningCommand([Files.probe, "run", "--runtime-dir", folder.path, "--", "sh", "-c", script])
        #expect(eventually(within: 10) { run.outputSoFar.contains("ready") })
        run.signal(number)
        let end = try run.end(within: 10)
        #expect(end.output == "ready\ngot\n")
        #expect(end.ending == .exited(9))
    }

    @Test func itStopsAndContinuesWithItsProgram() throws {
        let folder = try TemporaryFolder()
        let run = try RunningCommand([
            Files.probe, "run", "--runtime-dir", folder.path, "--", "sh", "-c",
            "echo $$; kill -STOP $$; echo on; exit 4",
        ])
        #expect(eventually(within: 10) { Self.state(of: run.pid) == "T" })
        run.signal(SIGCONT)
        let end = try run.end(within: 10)
        #expect(end.output.hasSuffix("on\n"))
        #expect(end.ending == .exited(4))
    }

    /// Ctrl-C of a terminal reaches the program once, and `run` ends with it.
    @Test func controlCOfATerminal() throws {
        let folder = try TemporaryFolder()
        let program =
            "import signal,sys,time\ncount=0\ndef got(*_):\n global count\n count+=1\n"
            + "signal.signal(signal.SIGINT, got)\nprint('ready',flush=True)\nwhile not count: time.sleep(0.02)\n"
            + "time.sleep(0.3)\nprint('interrupts:',count,flush=True)\nsys.exit(5)\n"
        let file = try folder.write(program, to: "program.py")
        let driver = """
            import os,pty,sys,time
            pid,fd=pty.fork()
            if pid==0: os.execv(sys.argv[1],sys.argv[1:])
            text=b''
            while b'ready' not in text: text+=os.read(fd,1000)
            os.write(fd,b'\\x03')
            while True:
                try: piece=os.read(fd,1000)
                except OSError: break
                if not piece: break
                text+=piece
            print(text.decode()); print('status',os.waitstatus_to_exitcode(os.waitpid(pid,0)[1]))
            """
        let end = try Command.run(
            [
                Files.python, "-c", driver, Files.probe, "run", "--runtime-dir", folder.path, "--no-summary", "--",
                Files.python, file,
            ])
        #expect(end.output.contains("interrupts: 1\r\n"))
        #expect(end.output.hasSuffix("status 5\n"))
    }

    @Test func onATerminalTheSummaryComesUnasked() throws {
        let folder = try TemporaryFolder()
        let wrapped = "\(Files.probe) run --runtime-dir \(folder.path) -- true"
        let end = try Command.run(
            ["script", "-qec", wrapped, "/dev/null"], environment: ["TERM": "xterm", "NO_COLOR": "1"])
        #expect(end.output.hasPrefix("cardlink-probe: true  ·  exit 0  ·  "))
        #expect(!end.output.contains("\u{1B}["))
    }

    @Test func aProgramWithoutPCSCIsToldAsOne() throws {
        let end = try Self.run(["true"], options: ["--summary"])
        #expect(end.errors.contains("no PC/SC call seen\n"))
        #expect(end.errors.contains("No PC/SC library was seen in it"))
    }

    @Test func aLibraryThatIsNotThePatchedOneIsNamed() throws {
        // A copy of the real library under a name that no tap stands before.
        let folder = try TemporaryFolder()
        let copy = folder.file("libvendorpcsc.so.1")
        let real = try Command.run(["sh", "-c", "ldconfig -p | sed -n 's/.*libpcsclite.so.1 .*=> //p' | head -n 1"])
        try FileManager.default.copyItem(
            atPath: URL(filePath: real.output.trimmingCharacters(in: .newlines)).resolvingSymlinksInPath().path,
            toPath: copy)
        let code = "import ctypes,time; ctypes.CDLL('\(copy)'); time.sleep(0.5)"
        let end = try Self.run([Files.python, "-c", code], options: ["--summary"])
        #expect(end.errors.replacing("\n", with: " ").contains("It had \(copy)"))
    }

    /// Whatever is wrong on the probe's side: one line, and the program runs.
    @Test(arguments: [
        (
            ["--json", "/no/such/folder/report.json"],
            "cannot write /no/such/folder/report.json: No such file or directory"
        ),
        (["--runtime-dir", "/proc/cardlink"], "cannot put sockets into /proc/cardlink: "),
        (["--runtime-dir", "/tmp/" + String(repeating: "a", count: 120)], "longer than 107 bytes"),
        (["--metrics", "192.0.2.1:7816"], "cannot listen on 192.0.2.1:7816: "),
    ])
    func theProgramRunsAllTheSame(options: [String], words: String) throws {
        let end = try Command.run([Files.probe, "run"] + options + ["--", "sh", "-c", "echo hello; exit 6"])
        #expect(end.ending == .exited(6))
        #expect(end.output == "hello\n")
        #expect(end.errors.split(separator: "\n").count == 1)
        #expect(end.errors.hasPrefix("cardlink-probe: "))
        #expect(end.errors.contains(words))
        try? FileManager.default.removeItem(atPath: options[1].hasPrefix("/tmp/a") ? options[1] : "/nonexistent")
    }

    @Test(arguments: [
        (["run"], 64, "no program to run"), (["run", "--sumary", "true"], 64, "unknown option '--sumary'"),
        (["run", "--metrics", "7816", "true"], 64, "'7816' has no host; write :7816"),
        (
            ["run", "--expect", "VERIFI=63CX", "true"], 64,
            "--expect VERIFI=63CX: no command 'VERIFI'; did you mean 'VERIFY'?"
        ),
        (["run", "--expect", "VERIFY=9000", "true"], 64, "9000 is no failure"),
        (["run", "--expect", "VERIFY", "true"], 64, "not COMMAND=OUTCOME, such as VERIFY=63CX"),
        (["run", "--expect", "VERIFY=refused", "true"], 64, "'refused' is no status word"),
        (["run", "--color", "blue", "true"], 64, "always"), (["rum"], 64, "rum"),
        (["serve", "--bogus"], 64, "--bogus"),
        (["serve", "--web.listen-address", "1.2.3.4"], 64, "has no port"),
        (["serve", "--web.telemetry-path", "health"], 64, "--web.telemetry-path 'health'"),
        (["simulate", "bench", "--script", "/no/such.yaml"], 78, "/no/such.yaml"),
    ])
    func wrongUsageIsOneLine(arguments: [String], code: Int32, words: String) throws {
        let end = try Command.run([Files.probe] + arguments)
        #expect(end.ending == .exited(code))
        #expect(end.output == "")
        #expect(end.errors.split(separator: "\n").count == 1)
        #expect(end.errors.contains(words))
    }

    @Test(arguments: [
        "run", "serve", "readers", "modems", "doctor", "simulate", "simulate card", "simulate bench", "simulate modem",
    ])
    func everyCommandHasHelp(command: String) throws {
        let words = command.split(separator: " ").map(String.init)
        let help = try Command.run([Files.probe] + words + ["--help"])
        #expect(help.ending == .exited(0))
        #expect(help.errors == "")
        #expect(help.output.hasPrefix("OVERVIEW: "))
        #expect(help.output.contains("\nUSAGE: cardlink-probe \(command) "))
        #expect(help.output.contains("\nExample: cardlink-probe \(command)"))
        #expect(try Command.run([Files.probe] + words + ["--version"]).output == "cardlink-probe 0.1.0\n")
    }

    /// What stands behind the program's name is the program's.
    @Test func theProgramsOwnOptionsPass() throws {
        #expect(try Self.run(["echo", "--help", "-h", "--json", "--", "x"]).output == "--help -h --json -- x\n")
    }

    /// Words and variables pass byte by byte, in whatever encoding; od of coreutils tells what came.
    @Test(arguments: [["run", "--"], ["simulate", "bench", "--"]])
    func bytesThatAreNoTextPass(words: [String]) throws {
        let script =
            #"X=$(printf 'q\376') exec "$@" sh -c 'printf "%s|%s" "$1" "$X" | od -An -tx1' sh "$(printf 'a\377b\303')""#
        let end = try Command.run(["sh", "-c", script, "sh", Files.probe] + words)
        #expect(
            end.output.split(separator: " ").map { $0.trimmingCharacters(in: .newlines) } == [
                "61", "ff", "62", "c3", "7c", "71", "fe",
            ])
    }

    @Test(.disabled(if: isSanitized, "AddressSanitizer says that it misses /proc, too"))
    func withoutProcItRunsTheProgram() throws {
        let script = "mount -t tmpfs none /proc && exec \"$@\""
        let unshare = getuid() == 0 ? ["unshare", "-m"] : ["unshare", "-Urm"]
        let end = try Command.run(
            unshare + ["sh", "-c", script, "sh", Files.probe, "run", "--", "sh", "-c", "echo ran; exit 8"])
        #expect(end.output == "ran\n")
        #expect(end.ending == .exited(8))
        #expect(
            end.errors
                == "cardlink-probe: /proc is not mounted, and nothing can be seen without it; the program runs by itself\n"
        )
    }

    @Test func aPipeThatNobodyReadsHoldsNothingUp() throws {
        let folder = try TemporaryFolder()
        _ = try Command.run(["mkfifo", folder.file("pipe")])
        let end = try Self.run(["sh", "-c", "exit 5"], options: ["--json", folder.file("pipe")])
        #expect(end.ending == .exited(5))
        #expect(end.errors.split(separator: "\n").count == 1)
        #expect(end.errors.contains("cannot write \(folder.file("pipe"))"))
    }

    @Test func aLinkStaysALink() throws {
        let folder = try TemporaryFolder()
        _ = try folder.write("", to: "target")
        try FileManager.default.createSymbolicLink(
            atPath: folder.file("link"), withDestinationPath: folder.file("target"))
        _ = try Self.run(["true"], options: ["--json", folder.file("link")])
        #expect(folder.read("target").contains("\"program\" : \"true\""))
    }

    /// The state letter of a process, proc(5).
    private static func state(of pid: Int32) -> String {
        let status = (try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)) ?? ""
        return status.split(separator: ")").last.flatMap { $0.split(separator: " ").first }.map(String.init) ?? ""
    }
}

import Capture
import Foundation
import TestSupport
import Testing

/// Where a capture goes and what goes wrong there; the program runs as without it.
@Suite(.serialized) struct RunCaptureFileTests {
    private static let loop = [Files.python, Files.client("select_loop.py")]

    private static func lines(_ run: Command) -> [Substring] {
        run.errors.split(separator: "\n").filter { $0.hasPrefix("cardlink-probe: ") }
    }

    @Test(arguments: [
        ["--capture-files"], ["--capture", "-"], ["--capture", "/tmp/x", "--show-identity"], ["--show-identity"],
    ])
    func wrongUsage(options: [String]) throws {
        let run = try RunTests.run(["true"], options: options)
        #expect(run.ending == .exited(64))
        #expect(run.errors.split(separator: "\n").count == 1)
    }

    @Test(arguments: ["/no/such/folder/c.pcapng", "/etc", "/proc/x"])
    func aPlaceThatIsNone(path: String) throws {
        let run = try RunTests.run(["sh", "-c", "echo on; exit 3"], options: ["--capture", path])
        #expect(run.ending == .exited(3) && run.output == "on\n")
        #expect(Self.lines(run).count == 1 && run.errors.contains("cannot capture into \(path)"))
    }

    @Test func aFIFOThatNobodyReads() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("fifo")
        #expect(mkfifo(path, 0o600) == 0)
        let run = try Command.run(
            [Files.probe, "run", "--runtime-dir", folder.path, "--capture", path, "--", "sh", "-c", "exit 3"],
            within: 10)
        #expect(run.ending == .exited(3))
        #expect(Self.lines(run).count == 1 && run.errors.contains("nobody reads it"))
    }

    /// As `--capture >(wireshark -k -i -)` has it.
    @Test func aPipeThatIsRead() throws {
        let folder = try TemporaryFolder()
        let script = "exec \"$0\" run --runtime-dir \(folder.path) --capture >(cat >\(folder.file("copy"))) -- \"$@\""
        let run = try BenchOf.program(["bash", "-c", script, Files.probe] + Self.loop + ["300"])
        #expect(run.ending == .exited(0))
        let copy = folder.file("copy")
        #expect(eventually(within: 10) { (try? TShark(copy).packets.count) == 1_200 })
        #expect(Self.lines(run).isEmpty)
    }

    @Test func aPipeThatIsReadNoMore() throws {
        let folder = try TemporaryFolder()
        let fifo = folder.file("fifo")
        #expect(mkfifo(fifo, 0o600) == 0)
        // Reads the begin and goes.
        let reader = try RunningCommand(["head", "-c", "200", fifo])
        let run = try BenchOf.program(
            [Files.probe, "run", "--runtime-dir", folder.path, "--capture", fifo, "--"] + Self.loop + ["50"])
        _ = try reader.end(within: 10)
        #expect(run.ending == .exited(0))
        #expect(Self.lines(run).count == 1 && run.errors.contains("Broken pipe"), "\(run.errors)")
    }

    /// Somebody holds the pipe and reads nothing: the program takes its time and not more.
    @Test func aPipeThatIsHeldAndNotRead() throws {
        let folder = try TemporaryFolder()
        let fifo = folder.file("fifo")
        #expect(mkfifo(fifo, 0o600) == 0)
        let holder = try RunningCommand([
            Files.python, "-c", "import sys,time; f=open(sys.argv[1]); time.sleep(60)", fifo,
        ])
        let run = try BenchOf.program(
            [Files.probe, "run", "--runtime-dir", folder.path, "--capture", fifo, "--"] + Self.loop + ["500"],
            within: 20)
        #expect(holder.isRunning)
        #expect(run.ending == .exited(0))
        #expect(Self.lines(run).count == 1 && run.errors.contains("events are not in \(fifo)"), "\(run.errors)")
    }

    /// What fits is whole and readable; what does not is counted, and all of it is one or the other.
    @Test func aDiskThatIsFull() throws {
        let folder = try TemporaryFolder()
        let script =
            "mount -t tmpfs -o size=32k none \(folder.path) && \"$0\" run --runtime-dir \(folder.path)/s --summary "
            + "--capture \(folder.path)/c -- \"$@\"; echo $?; tshark -r \(folder.path)/c | wc -l"
        let run = try BenchOf.program(["unshare", "-rm", "sh", "-c", script, Files.probe] + Self.loop + ["100"])
        let output = run.output.split(separator: "\n").suffix(2)
        #expect(output.first == "0")
        let told = run.errors.firstMatch(of: /(\d+) events are not in .*: \d+ not written: No space left on device/)
        let (kept, lost) = (Int(output.last ?? ""), told.flatMap { Int($0.1) })
        #expect((kept ?? 0) > 50 && (kept ?? 0) + (lost ?? 0) == 400, "\(run.errors)")
    }

    /// A probe that is killed leaves what was captured until then.
    @Test func aProbeThatIsKilled() throws {
        let bench = try Bench()
        let folder = try TemporaryFolder()
        let path = folder.file("c.pcapng")
        let run = try RunningCommand(
            [Files.probe, "run", "--runtime-dir", folder.path, "--capture", path, "--"] + Self.loop + ["100000"],
            environment: bench.environment)
        func size() -> Int { (try? Data(contentsOf: URL(filePath: path)).count) ?? 0 }
        #expect(eventually(within: 20) { size() > 20_000 })
        let asked = Date()
        let before = size()
        #expect(eventually(within: 2) { size() > before } && Date().timeIntervalSince(asked) < 1)
        run.signal(SIGKILL)
        _ = try? run.end(within: 10)
        let shark = try TShark(path)
        #expect(shark.packets.count > 50 && shark.faults == "")
        let commands = bench.cardLog.lines.map { String($0.command.prefix(8)) }
        var reader = try CaptureReader([UInt8](try Data(contentsOf: URL(filePath: path))))
        let exchanges = try CapturedExchange.all(in: &reader).map { hex($0.command.prefix(4)) }
        #expect(commands.starts(with: exchanges))
    }
}

/// A program on a bench of its own.
enum BenchOf {
    static func program(_ program: [String], within seconds: Double = 60) throws -> Command {
        try Command.run([Files.probe, "simulate", "bench", "--"] + program, within: seconds)
    }
}

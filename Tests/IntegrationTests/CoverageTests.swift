import Foundation
import TestSupport
import Testing

/// Each row of the README's table of programs that no other test has: who is seen, and who is told why not.
@Suite(.serialized) struct CoverageTests {
    private static let selecting = ["opensc-tool", "-s", "00A4000C023F00"]

    /// Programs that cannot be seen run as ever, and the summary says why.
    private func expectRemark(
        _ program: [String], ending: Command.Ending, _ words: String, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let folder = try TemporaryFolder()
        let run = try Command.run(
            [Files.probe, "run", "--runtime-dir", folder.path, "--summary", "--"] + program)
        #expect(run.ending == ending, sourceLocation: sourceLocation)
        let text = run.errors.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        #expect(text.contains("no PC/SC call seen"), sourceLocation: sourceLocation)
        #expect(text.contains(words), sourceLocation: sourceLocation)
        let doctor = try Command.run([Files.probe, "doctor", "--runtime-dir", folder.path, program[0]])
        #expect(doctor.ending == .exited(1), sourceLocation: sourceLocation)
        #expect(doctor.output.contains(words.split(separator: ";")[0]), sourceLocation: sourceLocation)
    }

    private func compiled(_ folder: TemporaryFolder, _ compiler: [String]) throws -> String {
        let source = try folder.write("int main(void) { return 7; }\n", to: "program.c")
        try #require(try Command.run(compiler + ["-o", folder.file("program"), source]).ending == .exited(0))
        return folder.file("program")
    }

    @Test func linkedStatically() throws {
        let folder = try TemporaryFolder()
        try expectRemark(
            [compiled(folder, ["cc", "-static"])], ending: .exited(7),
            "it is linked statically, so no shim can be put before its library; use a build that is linked with")
    }

    @Test func linkedWithMusl() throws {
        let folder = try TemporaryFolder()
        try expectRemark(
            [compiled(folder, ["musl-gcc"])], ending: .exited(7),
            "it is linked with musl, and the shim needs glibc; use a build for glibc")
    }

    #if arch(x86_64)
        @Test func program32() throws {
            let folder = try TemporaryFolder()
            let source = try folder.write(
                ".globl _start\n_start: movl $1, %eax\n movl $7, %ebx\n int $0x80\n", to: "program.s")
            let object = folder.file("program.o")
            try #require(try Command.run(["as", "--32", "-o", object, source]).ending == .exited(0))
            let program = folder.file("program")
            try #require(try Command.run(["ld", "-m", "elf_i386", "-o", program, object]).ending == .exited(0))
            try expectRemark(
                [program], ending: .exited(7),
                "it is a 32-bit program, and the shim has 64 bits; use its 64-bit build")
        }
    #endif

    /// One that becomes another user: the system starts it without the shim.
    @Test func setuid() throws {
        let folder = try TemporaryFolder()
        let program = folder.file("becomes-nobody")
        try FileManager.default.copyItem(atPath: "/usr/bin/env", toPath: program)
        try #require(chown(program, 65_534, 65_534) == 0)
        try #require(chmod(program, 0o4755) == 0 && chmod(folder.path, 0o755) == 0)
        try expectRemark(
            [program, "true"], ending: .exited(0),
            "it is setuid or setgid, so the system leaves out the shim; run the probe as the user that it becomes")
    }

    @Test func sudoInFrontIsTold() throws {
        try expectRemark(
            ["sudo", "-n", "true"], ending: .exited(0),
            "it starts its program with a clean environment, without the shim; put the probe behind it: "
                + "sudo cardlink-probe run -- PROGRAM")
    }

    @Test(.disabled(if: isSanitized, "sudo leaves out the sanitizer's options"))
    func sudoBehindIsSeen() throws {
        let bench = try Bench()
        let end = try Command.run(
            ["sudo", "-n", "PCSCLITE_CSOCK_NAME=\(bench.socket)", Files.probe, "run", "--runtime-dir"]
                + [bench.folder.file("sockets"), "--json", bench.folder.file("report.json"), "--"] + Self.selecting)
        #expect(end.ending == .exited(0))
        let json = Data(bench.folder.read("report.json").utf8)
        let report = try JSONSerialization.jsonObject(with: json) as? [String: Any]
        #expect(Oracle(report: report ?? [:]) == Oracle(bench.cardLog))
    }

    /// A container has files, processes and a network of its own; shim, socket and pcscd are mounted into it.
    @Test func container() throws {
        let bench = try LiveBench()
        try bench.startDaemon()
        let socket = URL(filePath: bench.environment["PCSCLITE_CSOCK_NAME"] ?? "")
        let container =
            ["bwrap", "--unshare-all", "--clearenv", "--setenv", "PATH", "/usr/bin:/bin"]
            + ["--setenv", "HOME", "/tmp", "--ro-bind", "/etc/passwd", "/etc/passwd"]
            + ["--ro-bind", "/usr", "/usr", "--symlink", "usr/lib", "/lib", "--symlink", "usr/lib64", "/lib64"]
            + ["--symlink", "usr/bin", "/bin", "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"]
            + ["--bind", socket.deletingLastPathComponent().path, "/run/pcscd"]
        let tap =
            ["--ro-bind", Files.products + "/libpcsclite-probe.so", "/opt/probe/libpcsclite.so.1"]
            + ["--bind", bench.sockets, "/run/probe", "--setenv", "LD_LIBRARY_PATH", "/opt/probe"]
            + ["--setenv", "LIBPCSCLITE_DELEGATE", "/opt/probe/libpcsclite.so.1"]
            + ["--setenv", "CARDLINK_RECEIVER", "/run/probe/receiver.sock"]
        let bare = try Command.run(container + Self.selecting)
        let before = bench.oracle.commands
        let seen = try Command.run(container + tap + Self.selecting)
        #expect(bare.ending == .exited(0) && bare.output.contains("Received (SW1=0x90, SW2=0x00)"))
        #expect(seen.ending == bare.ending && seen.output == bare.output && seen.errors == bare.errors)
        let sent = Double(bench.oracle.commands - before)
        #expect(sent > 1)
        #expect(try eventually { try bench.sum("cardlink_apdu_commands_total") == sent })
    }
}

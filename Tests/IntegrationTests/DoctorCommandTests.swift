import Foundation
import TestSupport
import Testing

/// `doctor` on benches that are broken in ways that can be made here.
@Suite(.serialized) struct DoctorCommandTests {
    private struct Visit {
        var command: Command
        var findings: [[String: Any]]

        init(_ options: [String] = [], environment: [String: String] = [:], prefix: [String] = []) throws {
            command = try Command.run(prefix + [Files.probe, "doctor", "--json"] + options, environment: environment)
            let object = try JSONSerialization.jsonObject(with: Data(command.output.utf8)) as? [String: Any]
            findings = object?["findings"] as? [[String: Any]] ?? []
        }

        /// State, place, what was found and the first remedy of a check's worst finding.
        func worst(_ check: String) -> (state: String, found: String, remedy: String) {
            let own = findings.filter { $0["check"] as? String == check }
            let order = ["fault", "remark", "ok"]
            let worst = own.min { left, right in
                (order.firstIndex(of: left["state"] as? String ?? "") ?? 9)
                    < (order.firstIndex(of: right["state"] as? String ?? "") ?? 9)
            }
            return (
                worst?["state"] as? String ?? "", worst?["found"] as? String ?? "",
                (worst?["remedies"] as? [String])?.first ?? ""
            )
        }
    }

    private func options(_ folder: TemporaryFolder) -> [String] { ["--runtime-dir", folder.file("sockets")] }

    @Test func aWholeBench() throws {
        let bench = try Bench()
        let visit = try Visit(options(bench.folder) + ["opensc-tool"], environment: bench.environment)
        #expect(
            visit.findings.filter { $0["state"] as? String == "fault" && $0["check"] as? String != "ports" }.isEmpty)
        let checks = visit.findings.compactMap { $0["check"] as? String }
        for check in ["library", "shim", "pcscd", "readers", "sockets", "ports", "program"] {
            #expect(checks.contains(check))
        }
    }

    /// What a configuration's relay for TLS needs: a free port, a server that listens, keys that can be read.
    @Test func aRelayForTLS() throws {
        let folder = try TemporaryFolder()
        let program =
            "import socket; s = socket.create_server(('127.0.0.1', 0)); print(s.getsockname()[1], flush=True); input()"
        let listener = try RunningCommand([Files.python, "-c", program], input: .kept)
        defer { listener.kill() }
        let port = try listener.readLine()
        let keys = try folder.write("a:00\n", to: "keys")
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: keys)
        func visit(_ relay: String) throws -> Visit {
            let file = try folder.write("taps: {psk_tls: [\"\(relay)\"], psk_file: \(keys)}\n", to: "probe.yaml")
            return try Visit(options(folder) + ["--config", file])
        }
        let good = try visit("ota=127.0.0.1:0/127.0.0.1:\(port)")
        let found = good.findings.filter { $0["check"] as? String == "psk_tls" }.compactMap { $0["found"] as? String }
        #expect(found == ["free", "listens", "one key"])
        #expect(
            try visit("ota=127.0.0.1:0/127.0.0.1:1").worst("psk_tls")
                == ("fault", "nothing listens there", "start the server, or correct taps.psk_tls"))
        let taken = try visit("ota=127.0.0.1:\(port)/admin.example:443").worst("psk_tls")
        #expect(taken.state == "fault" && taken.found.hasPrefix("taken by python3"))
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: keys)
        #expect(
            try visit("ota=127.0.0.1:0/admin.example:443").worst("psk_tls").found
                == "the file of keys \(keys) can be read by others; run: chmod 600 \(keys), as its owner")
        let wrong = try folder.write("taps: {psk_tsl: []}\n", to: "wrong.yaml")
        #expect(try Visit(options(folder) + ["--config", wrong]).worst("configuration").found.contains("psk_tls"))
    }

    @Test func noPCSCD() throws {
        let folder = try TemporaryFolder()
        // A mount namespace of its own, in which no pcscd has its socket.
        let visit = try Visit(
            options(folder),
            prefix: ["unshare", "-Urm", "sh", "-c", "mount -t tmpfs tmpfs /run && exec \"$@\"", "sh"])
        #expect(visit.command.ending == .exited(1))
        #expect(visit.worst("pcscd").state == "fault")
        #expect(visit.worst("pcscd").found.hasPrefix("pcscd is not running (0x8010001D"))
        #expect(visit.worst("pcscd").remedy == "sudo pcscd")
    }

    @Test func wrongSocketPath() throws {
        let folder = try TemporaryFolder()
        let visit = try Visit(options(folder), environment: ["PCSCLITE_CSOCK_NAME": "/nonexistent/pcscd.comm"])
        #expect(visit.worst("pcscd") == ("fault", "PCSCLITE_CSOCK_NAME names no socket", "unset PCSCLITE_CSOCK_NAME"))
    }

    @Test func pcscdHangs() throws {
        let bench = try Bench()
        let pcscd = try bench.pcscd()
        kill(pcscd, SIGSTOP)
        defer { kill(pcscd, SIGCONT) }
        let visit = try Visit(options(bench.folder), environment: bench.environment)
        #expect(visit.worst("pcscd") == ("fault", "pcscd does not answer, it may hang", "sudo systemctl restart pcscd"))
    }

    @Test func twoLibraries() throws {
        let folder = try TemporaryFolder()
        let own = try Command.run(["sh", "-c", "ldconfig -p | sed -n 's/.*libpcsclite.so.1 .*=> //p' | head -n 1"])
        let library = own.output.trimmingCharacters(in: .newlines)
        try FileManager.default.copyItem(
            at: URL(filePath: library).resolvingSymlinksInPath(), to: URL(filePath: folder.file("libpcsclite.so.1")))
        let visit = try Visit(options(folder), environment: ["LD_LIBRARY_PATH": folder.path])
        #expect(visit.worst("library").state == "remark")
        #expect(visit.worst("library").found.hasPrefix("two libraries; programs take the first"))
    }

    @Test func noPermissionForTheSockets() throws {
        let folder = try TemporaryFolder()
        let visit = try Visit(["--runtime-dir", "/proc/sockets"])
        #expect(visit.worst("sockets").state == "fault")
        #expect(visit.worst("sockets").found.hasPrefix("cannot put sockets into /proc/sockets: "))
        #expect(visit.worst("sockets").remedy == "sudo install -d -m 700 -o $(id -un) /proc/sockets")
        chmod(folder.path, 0o777)
        let open = try Visit(["--runtime-dir", folder.path])
        #expect(open.worst("sockets").found.hasPrefix("will not put sockets into \(folder.path)"))
    }

    @Test func portTaken() throws {
        let folder = try TemporaryFolder()
        let holder = try RunningCommand(
            [
                Files.python, "-c",
                "import socket,sys\ns=socket.create_server(('127.0.0.1',7816))\nprint('here',flush=True)\nsys.stdin.read()",
            ], input: .kept)
        try #require(try holder.readLine() == "here")
        let visit = try Visit(options(folder))
        #expect(visit.worst("ports").state == "fault")
        #expect(visit.worst("ports").found == "taken by python3 (\(holder.pid))")
        holder.closeInput()
        _ = try holder.end()
    }

    @Test func anAgentIsThereAlready() throws {
        let bench = try Bench()
        let agent = try RunningCommand(
            [Files.python, Files.client("transaction.py"), "line"], environment: bench.environment, input: .kept)
        try #require(try agent.readLine() == "here")
        let visit = try Visit(options(bench.folder), environment: bench.environment)
        #expect(visit.worst("strangers").state == "remark")
        #expect(
            visit.worst("strangers").found
                == "python3 (\(agent.pid)) uses PC/SC and is not seen; times beside it are upper bounds")
        try agent.say("")
        _ = try agent.end()
    }

    @Test func aProgramThatIsNotThere() throws {
        let folder = try TemporaryFolder()
        let visit = try Visit(options(folder) + ["no-such-program"])
        #expect(
            visit.worst("program")
                == ("fault", "it is not there, or cannot be run", "command -v no-such-program"))
    }

    /// The file for a bug report has what it needs, and no variable that holds a secret.
    @Test func bundle() throws {
        let bench = try Bench()
        let file = bench.folder.file("bundle.json")
        let canary = "canary-4f1e"
        _ = try Command.run(
            [Files.probe, "doctor", "--bundle", file] + options(bench.folder),
            environment: bench.environment.merging(["CARD_PIN": canary, "AWS_SECRET_ACCESS_KEY": canary]) { $1 })
        let text = bench.folder.read("bundle.json")
        let bundle = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        #expect(Set(bundle.keys).isSuperset(of: ["findings", "packages", "kernel", "system", "environment", "usb"]))
        #expect((bundle["packages"] as? [String: String])?["pcscd"] != nil)
        #expect((bundle["environment"] as? [String: String])?["PCSCLITE_CSOCK_NAME"] == bench.socket)
        #expect(!text.contains(canary))
    }
}

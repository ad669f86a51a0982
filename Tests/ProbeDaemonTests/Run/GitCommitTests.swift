import Foundation
import TestSupport
import Testing

@testable import ProbeDaemon

/// The commit of a folder, against what git itself says, and what the module for Python finds.
@Suite struct GitCommitTests {
    private static let script = """
        set -e
        export GIT_CONFIG_GLOBAL=/dev/null GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@a GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@a
        commit() { git -C "$1" commit -q --allow-empty -m "$2"; }
        git init -q plain; commit plain 1; mkdir -p plain/deep/er
        git clone -q plain packed; commit packed 2; git -C packed checkout -q -b feature/one; commit packed 3
        git -C packed pack-refs --all
        git clone -q plain detached; commit detached 4; git -C detached checkout -q --detach
        git -C plain worktree add -q ../tree; commit tree 5
        git init -q empty; mkdir none
        """

    @Test func isGits() throws {
        let folder = try TemporaryFolder()
        let made = try Command.run(["sh", "-c", "cd '\(folder.path)'; \(Self.script)"])
        #expect(made.ending == .exited(0), "\(made.errors)")
        let names = ["plain", "plain/deep/er", "packed", "detached", "tree", "empty"]
        var seen: Set<String> = []
        for name in names {
            let path = folder.file(name)
            let git = try Command.run(["git", "-C", path, "rev-parse", "-q", "--verify", "HEAD"])
            let wanted = git.ending == .exited(0) ? String(git.output.dropLast()) : nil
            #expect((wanted == nil) == (name == "empty"), "\(name): \(git.errors)")
            #expect(GitCommit.checkedOut(in: path) == wanted, "\(name)")
            #expect(try Self.python(path) == wanted ?? "None", "\(name)")
            wanted.map { _ = seen.insert($0) }
        }
        #expect(seen.count == 4)
        #expect(GitCommit.checkedOut(in: folder.file("none")) == nil)
    }

    /// Whatever stands there: no commit, and no wait.
    @Test(arguments: [
        "ref: refs/heads/../../../secret", "ref: refs/heads/none", "ref: refs/heads/loop", "ref: /etc/passwd",
        "nonsense", "", String(repeating: "g", count: 40),
    ])
    func nonsenseIsNone(_ head: String) throws {
        let folder = try TemporaryFolder()
        for name in [".git/refs/heads"] {
            try FileManager.default.createDirectory(atPath: folder.file(name), withIntermediateDirectories: true)
        }
        try folder.write(head, to: ".git/HEAD")
        try folder.write("ref: refs/heads/loop", to: ".git/refs/heads/loop")
        try folder.write(String(repeating: "a", count: 40), to: "secret")
        #expect(mkfifo(folder.file(".git/packed-refs"), 0o600) == 0)
        #expect(GitCommit.checkedOut(in: folder.path) == nil)
    }

    @Test func theCallersWordStands() {
        var variables = EnvironmentVariables([Array("CARDLINK_TESTER_COMMIT=1234567".utf8)])
        variables.tellTester(version: "4.2", in: Files.package)
        #expect(variables.text("CARDLINK_TESTER_COMMIT") == "1234567")
        #expect(variables.text("CARDLINK_TESTER_VERSION") == "4.2")
    }

    private static func python(_ folder: String) throws -> String {
        let code =
            "import sys; sys.dont_write_bytecode = True; import cardlink_probe; print(cardlink_probe.tester_commit(sys.argv[1]))"
        let end = try Command.run(
            [Files.python, "-c", code, folder], environment: ["PYTHONPATH": Files.package + "/examples/python"])
        return String(end.output.dropLast())
    }
}

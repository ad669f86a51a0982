import Foundation
import TestSupport
import Testing

/// `status --watch` in a terminal of tmux.
@Suite struct StatusWatchTests {
    /// A tmux of our own with one window.
    private final class Terminal {
        let folder: TemporaryFolder
        private let socket: String

        init(columns: Int, lines: Int) throws {
            folder = try TemporaryFolder()
            socket = folder.file("tmux")
            try tmux(["new-session", "-d", "-x", "\(columns)", "-y", "\(lines)", "env PS1='$ ' LC_ALL=C.UTF-8 sh"])
        }

        deinit { _ = try? tmux(["kill-server"]) }

        @discardableResult func tmux(_ words: [String]) throws -> String {
            let end = try Command.run(
                ["tmux", "-u", "-S", socket, "-f", "/dev/null"] + words,
                environment: ["TERM": "xterm-256color", "LC_ALL": "C.UTF-8"])
            guard end.status == 0 else { throw TestFailure("tmux \(words): \(end.errors)") }
            return end.output
        }

        func type(_ line: String) throws { try tmux(["send-keys", "-l", line]); try tmux(["send-keys", "Enter"]) }
        func press(_ key: String) throws { try tmux(["send-keys", key]) }
        func resize(columns: Int, lines: Int) throws {
            try tmux(["resize-window", "-x", "\(columns)", "-y", "\(lines)"])
        }

        var screen: [String] {
            get throws {
                try tmux(["capture-pane", "-p"]).split(separator: "\n", omittingEmptySubsequences: false).map(
                    String.init)
            }
        }

        func shows(_ text: String, within seconds: Double = 20) throws -> Bool {
            try eventually(within: seconds) {
                usleep(50_000)
                return try screen.contains { $0.contains(text) }
            }
        }

        /// Begins a watch, and returns when it is drawn.
        func watch(_ url: String) throws {
            try type("stty -a > \(folder.file("before")); echo MARK")
            try type(
                "\(Files.metrics) status --watch 200ms --timeout 1s --url \(url); echo code $?; stty -a > \(folder.file("after")); echo over"
            )
            #expect(try shows("q quit"))
        }

        /// Whether the terminal is as it was, and the shell had that code.
        func isBack(_ code: Int) throws -> Bool {
            guard try shows("over"), try shows("code \(code)"), try shows("MARK") else { return false }
            return folder.read("before") == folder.read("after") && !folder.read("after").isEmpty
        }
    }

    private let folder: TemporaryFolder
    private let probe: ServingProbe

    init() throws {
        folder = try TemporaryFolder()
        probe = try ServingProbe(sockets: folder.file("sockets"), options: ["--bench.name", "bench-7"])
    }

    private var url: String { "http://127.0.0.1:\(probe.port)" }

    @Test func fillsItsWindowAndFollowsIt() throws {
        let terminal = try Terminal(columns: 80, lines: 24)
        try terminal.watch(url)
        #expect(try terminal.screen[0].hasPrefix(" bench-7"))
        #expect(try terminal.screen[23].hasPrefix(" q quit   every 200ms   \(url)"))
        try terminal.resize(columns: 200, lines: 50)
        #expect(try eventually { try terminal.screen.count > 49 && terminal.screen[49].hasPrefix(" q quit") })
        #expect(try terminal.screen.count(where: { $0.contains("q quit") }) == 1)
        #expect(try eventually { try terminal.screen[0].contains("Z") && terminal.screen[0].count > 190 })
        try terminal.resize(columns: 30, lines: 5)
        #expect(try terminal.shows("no room: 40×8 at least"))
        try terminal.resize(columns: 80, lines: 24)
        #expect(try terminal.shows("q quit"))
        try terminal.press("q")
        #expect(try terminal.isBack(0))
    }

    @Test func CtrlCLeavesTheTerminalAsItWas() throws {
        let terminal = try Terminal(columns: 80, lines: 24)
        try terminal.watch(url)
        try terminal.press("C-c")
        #expect(try terminal.isBack(0))
    }

    @Test func aTerminationLeavesTheTerminalAsItWas() throws {
        let terminal = try Terminal(columns: 80, lines: 24)
        try terminal.watch(url)
        let shell = try terminal.tmux(["display-message", "-p", "#{pane_pid}"]).trimmingCharacters(in: .newlines)
        let child = try Command.run(["pgrep", "-P", shell]).output.trimmingCharacters(in: .newlines)
        kill(try #require(Int32(child)), SIGTERM)
        #expect(try terminal.isBack(143))
    }

    @Test func aLostProbeIsToldAndFoundAgain() throws {
        let terminal = try Terminal(columns: 120, lines: 24)
        try terminal.watch(url)
        try probe.halt()
        #expect(try terminal.shows("trying again"))
        #expect(try terminal.screen[0].hasPrefix(" bench-7"))
        probe.resume()
        #expect(try terminal.shows("q quit"))
        try terminal.press("q")
        #expect(try terminal.isBack(0))
    }

    /// The password is asked for unseen, and Ctrl-C ends that at once with the terminal as it was.
    @Test func aPasswordIsTypedUnseen() throws {
        let hash = try Command.run(["htpasswd", "-nbB", "-C", "4", "ops", "geheim"]).output.split(separator: ":")[1]
        let web = try folder.write("basic_auth_users: {ops: '\(hash.prefix { !$0.isNewline })'}\n", to: "web.yaml")
        let secured = try ServingProbe(sockets: folder.file("secured"), options: ["--web.config.file", web])
        let ask =
            "\(Files.metrics) export --family cardlink_bench_info --user ops --url http://127.0.0.1:\(secured.port)"
        let terminal = try Terminal(columns: 200, lines: 24)
        try terminal.type("echo MARK; stty -a > \(terminal.folder.file("before"))")
        try terminal.type("\(ask); echo first $?")
        #expect(try terminal.shows("password of ops:"))
        try terminal.type("gex\u{7F}heim")
        #expect(try terminal.shows("cardlink_bench_info{"))
        #expect(try terminal.shows("first 0"))
        #expect(try !terminal.screen.contains { $0.contains("heim") })
        try terminal.type("clear; \(ask)")
        // The question of before stands there until the shell has cleared it away.
        #expect(try eventually(within: 20) { try !terminal.screen.contains { $0.contains("first 0") } })
        #expect(try terminal.shows("password of ops:"))
        // A shell leaves the rest of a line away when a program ends by SIGINT.
        try terminal.press("C-c")
        try terminal.type("echo code $?; stty -a > \(terminal.folder.file("after")); echo MARK; echo over")
        #expect(try terminal.isBack(130))
    }

    @Test func whatNeverAnsweredLeavesTheTerminalAlone() throws {
        let terminal = try Terminal(columns: 80, lines: 24)
        try terminal.type("\(Files.metrics) status --watch --url http://127.0.0.1:1; echo code $?")
        #expect(try terminal.shows("code 69"))
        #expect(try terminal.screen.contains { $0.contains("connection refused") })
    }
}

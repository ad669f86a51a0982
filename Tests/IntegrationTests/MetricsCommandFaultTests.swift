import Foundation
import TestSupport
import Testing

/// What can be wrong when `cardlink-metrics` is called: each an exit status and one line that says what to do next.
@Suite struct MetricsCommandFaultTests {
    /// A wrong call; PLACE and the like stand for what the test has set up.
    struct Call {
        var words: [String]
        var code: Int32
        var line: String
        var environment: [String: String] = [:]

        init(_ words: String, _ code: Int32, _ line: String, _ environment: [String: String] = [:]) {
            self.words = words.split(separator: " ").map(String.init)
            self.code = code
            self.line = line
            self.environment = environment
        }
    }

    private static let usage = [
        Call("stats", 64, "Unexpected argument 'stats'; see: cardlink-metrics --help"),
        Call("status now", 64, "Unexpected argument 'now'; see: cardlink-metrics status --help"),
        Call(
            "status --wach", 64, "Unknown option '--wach'. Did you mean '--watch'?; see: cardlink-metrics status --help"
        ),
        Call(
            "status --watch 1ms", 64,
            "'1ms' is no time from 100ms to 3600s; write one as in 2s or 500ms; see: cardlink-metrics status --help"
        ),
        Call(
            "status --timeout never", 64,
            "The value 'never' is invalid for '--timeout <time>': 'never' is no time from 100ms to 600s; write one as in 2s or 500ms; see: cardlink-metrics status --help"
        ),
        Call(
            "status --color red", 64,
            "The value 'red' is invalid for '--color <color>'. Please provide one of 'always', 'auto' or 'never'; see: cardlink-metrics status --help"
        ),
        Call(
            "status --file x --watch", 64,
            "--file shows what was saved once; leave --watch and --url away; see: cardlink-metrics status --help"),
        Call(
            "export --format xml", 64,
            "The value 'xml' is invalid for '--format <format>'. Please provide one of 'prometheus', 'openmetrics' or 'json'; see: cardlink-metrics export --help"
        ),
        Call(
            "export --file x --url http://a", 64,
            "--file and --url are two sources; leave one away; see: cardlink-metrics export --help"),
        Call("export --family", 64, "Missing value for '--family <name>'; see: cardlink-metrics export --help"),
        Call("health --user", 64, "Missing value for '--user <name>'; see: cardlink-metrics health --help"),
        Call(
            "health --user a:b", 64,
            "--user 'a:b' is no name: HTTP has none that is empty or has a colon; correct it; see: cardlink-metrics health --help"
        ),
        Call(
            "health --password-file x", 64,
            "--password-file needs --user; give the name as well; see: cardlink-metrics health --help"),
        Call("health --cert x", 64, "--cert and --key go together; give both; see: cardlink-metrics health --help"),
        Call("test --pscs", 64, "Unknown option '--pscs'. Did you mean '--pcsc'?; see: cardlink-metrics test --help"),
        Call(
            "health --url 127.0.0.1:7816", 64,
            "--url '127.0.0.1:7816' has no scheme; write http://HOST:PORT, as in http://127.0.0.1:7816"),
        Call(
            "health --url http://u:p@a", 64,
            "--url has a user in it, which ps shows to everybody; give --user NAME and --password-file FILE"),
        Call("health --url http://a?b", 64, "--url 'http://a?b' has a query; write http://HOST:PORT alone"),
        Call(
            "health --url http://a:x", 64,
            "--url 'http://a:x' has no valid host and port; write http://HOST:PORT, as in http://[::1]:7816"),
        Call(
            "health --insecure --url http://a", 64,
            "--insecure is for TLS, and http://a has none; write --url with https://, or leave it away"),
        Call(
            "health", 64,
            "the configuration leaves the port to the system (port 0); give --url with what serve says at its start",
            ["CARDLINK_METRICS_PORT": "0"]),
        Call("health --config FOLDER/wrong.yaml", 78, "FOLDER/wrong.yaml:1: heath is no key; did you mean health?"),
        Call(
            "health --config FOLDER/none", 78,
            "FOLDER/none: cannot be read: No such file or directory; write it, or name another"),
    ]

    private static let places = [
        Call(
            "health --url http://127.0.0.1:1", 69,
            "http://127.0.0.1:1: connection refused; start a probe with: cardlink-probe serve, or name another with --url"
        ),
        Call(
            "health --url http://no-such-host.invalid", 69,
            "http://no-such-host.invalid: no address is known for this host; correct --url, or write an address"),
        Call(
            "status --timeout 300ms --url STRANGE/hang", 69,
            "STRANGE/hang: no answer in 300ms; see whether the probe hangs, or wait longer with --timeout"),
        Call(
            "status --url STRANGE/nothing", 69,
            "STRANGE/nothing: there is no /api/v1/status; a probe without it is older than this program, or has it off or elsewhere (web.live_page, metrics.path); else correct --url"
        ),
        Call(
            "status --url STRANGE/redirect", 69,
            "STRANGE/redirect: leads elsewhere, which is not followed; if it is right, give --url http://elsewhere.example/"
        ),
        Call(
            "status --url STRANGE/page", 69,
            "STRANGE/page: what answers is no probe (its answer is no JSON); correct --url"),
        Call(
            "status --url STRANGE/other", 69,
            "STRANGE/other: what answers is no probe (its answer has no schema); correct --url"),
        Call(
            "status --url STRANGE/newer", 69,
            "STRANGE/newer: the probe speaks version 9 of its status, newer than this program; install the same version of both"
        ),
        Call(
            "status --url STRANGE/large", 69,
            "STRANGE/large: the answer has more than 8388608 bytes, which none of a probe has; correct --url"),
        Call(
            "status --url STRANGE/cut", 69,
            "STRANGE/cut: the connection ended before the answer did; ask again; if it speaks TLS, write --url with https://"
        ),
        Call(
            "status --url STRANGE/nonsense", 69,
            "STRANGE/nonsense: what answers speaks no HTTP; if it speaks TLS, write --url with https://"),
        Call("export --url STRANGE/busy", 69, "STRANGE/busy: too many scrapes at once; try again"),
        Call(
            "export --url STRANGE/broken", 69,
            "STRANGE/broken: answers 500 (the web config file has a fault); see the probe's log"),
        Call(
            "export --url STRANGE/garbage --format json", 69,
            "STRANGE/garbage:2: the line has no number as value; see whether this is a whole page of metrics"),
        Call(
            "status --url SECURE", 69,
            "SECURE: its certificate is signed by nobody who is trusted; give its authority with --cacert FILE"),
        Call(
            "status --url SECURE --cacert FOLDER/ca.pem", 69,
            "SECURE: a user and a password are needed; give --user NAME and --password-file FILE"),
        Call(
            "status --url SECURE --cacert FOLDER/ca.pem --user ops", 69,
            "SECURE: user and password are not accepted; check --user and its password", ["CARDLINK_PASSWORD": "no"]),
        Call(
            "status --url SECURE --cacert FOLDER/ca.pem --user ops", 69,
            "the password of ops is not known, and there is no terminal to ask on; give --password-file FILE or the variable CARDLINK_PASSWORD"
        ),
        Call(
            "status --url SECURE --cacert FOLDER/wrong.yaml", 69,
            "SECURE: FOLDER/wrong.yaml has no certificate in PEM; give another file"),
        Call(
            "status --url SECURE --cacert FOLDER/none", 69,
            "SECURE: FOLDER/none cannot be read: No such file or directory; give another file"),
        Call("status --url TLSTOPLAIN", 69, "TLSTOPLAIN: speaks no TLS; write --url with http://"),
        Call(
            "status --url PLAINTOTLS", 69,
            "PLAINTOTLS: the connection ended before the answer did; ask again; if it speaks TLS, write --url with https://"
        ),
        Call(
            "health --user ops --password-file FOLDER/none --url PLAIN", 69,
            "--password-file FOLDER/none cannot be read: No such file or directory; give another"),
        Call(
            "health --user ops --password-file FOLDER/empty --url PLAIN", 69,
            "--password-file FOLDER/empty has no password on its first line; write it there"),
        Call(
            "export --family cardlink_apdu_command --url PLAIN", 69,
            "PLAIN has no family cardlink_apdu_command; did you mean cardlink_apdu_commands_total?"),
        Call(
            "export --output /nonexistent/a --url PLAIN", 69,
            "cannot write /nonexistent/a: No such file or directory; the file is as it was"),
        Call(
            "export --file FOLDER/none", 69,
            "FOLDER/none cannot be read: No such file or directory; give another with --file"),
        Call(
            "status --file FOLDER/wrong.yaml", 69,
            "FOLDER/wrong.yaml: what answers is no probe (its answer is no JSON); correct --url"),
        Call("export --url SWITCHEDOFF", 69, "SWITCHEDOFF: metrics are switched off: metrics.enabled is false"),
        Call(
            "health --url BYNAME", 69,
            "BYNAME: this probe is not known by that host name; use its address, or start it with --web.host NAME"),
    ]

    @Test func eachIsALine() throws {
        let folder = try TemporaryFolder()
        try folder.write("heath: {port: 1}\n", to: "wrong.yaml")
        try folder.write("\n", to: "empty")
        let place = try MetricsCommandPlaces(in: folder)
        #expect(Self.usage.count + Self.places.count >= 40)
        for call in Self.usage + Self.places {
            let words = call.words.map(place.filled)
            // A session of its own has no terminal to ask on.
            let end = try Command.run(["setsid", "--wait", Files.metrics] + words, environment: call.environment)
            #expect(end.status == call.code, "\(words)")
            #expect(end.output == "", "\(words)")
            #expect(end.errors == "cardlink-metrics: \(place.filled(call.line))\n", "\(words)")
        }
    }
}

/// Probes and others that wrong calls meet.
private struct MetricsCommandPlaces {
    private let names: [(String, String)]
    private let probes: [ServingProbe]
    private let strange: RunningCommand

    init(in folder: TemporaryFolder) throws {
        let certificates = try Certificates(in: folder)
        try certificates.make("server")
        // htpasswd -nbB ops right
        let hash = try Command.run(["htpasswd", "-nbB", "-C", "4", "ops", "right"]).output.split(separator: ":")[1]
        try folder.write(
            "basic_auth_users: {ops: '\(hash.prefix { !$0.isNewline })'}\ntls_server_config: {cert_file: server.pem, key_file: server.key}\n",
            to: "web.yaml")
        strange = try RunningCommand([Files.python, Files.client("strange_server.py")])
        let strangePort = try strange.readLine()
        let plain = try ServingProbe(sockets: folder.file("plain"))
        let secure = try ServingProbe(
            sockets: folder.file("secure"), options: ["--web.config.file", folder.file("web.yaml")])
        let off = try ServingProbe(sockets: folder.file("off"), options: ["--metrics.enabled", "false"])
        probes = [plain, secure, off]
        // The longer first: PLAIN is a part of PLAINTOTLS.
        names = [
            ("TLSTOPLAIN", "https://127.0.0.1:\(plain.port)"), ("PLAINTOTLS", "http://127.0.0.1:\(secure.port)"),
            ("PLAIN", "http://127.0.0.1:\(plain.port)"), ("SECURE", "https://127.0.0.1:\(secure.port)"),
            ("SWITCHEDOFF", "http://127.0.0.1:\(off.port)"), ("STRANGE", "http://127.0.0.1:\(strangePort)"),
            ("BYNAME", "http://2130706433:\(plain.port)"), ("FOLDER", folder.path),
        ]
    }

    func filled(_ text: String) -> String { names.reduce(text) { $0.replacing($1.0, with: $1.1) } }
}

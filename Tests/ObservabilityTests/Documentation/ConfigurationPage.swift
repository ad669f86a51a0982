@testable import Observability

/// The article that lists every key of the configuration, made from the table.
struct ConfigurationPage {
    /// Where it is in the package.
    static let path = "Sources/ProbeDaemon/ProbeDaemon.docc/Configuration.md"

    private let rows = ConfigKeys.table.rows

    /// The whole page.
    var text: String {
        let entries = rows.map { entry($0) }.joined(separator: "\n\n")
        return [Self.introduction, "## The keys", table, "## Each key", entries, Self.log, Self.webConfig]
            .joined(separator: "\n\n") + "\n"
    }

    private static let introduction = """
        # Configuration

        Every key of `cardlink-probe serve`: file, environment variable, option, default.

        ## Overview

        A value is taken from the command line; else from the environment, where a variable of CardLink's (`GP_`) counts
        after the probe's own; else from the YAML file that `--config` names; else it is the default. This page is made
        from the table that declares the keys, and a test compares the two.

        ```yaml
        metrics:
          listen_address: [127.0.0.1:7816]
        health:
          port: 7817
        ```

        A variable holds a list with commas, an option is given again, and an empty variable is one that is not set. Every
        fault is told at once, a line each with its place, and the probe ends with 78 (with 64 when all of them are on the
        command line). Paths in the file are relative to its own folder. An unknown key is a fault; an unknown variable that begins with `CARDLINK_` is a warning.

        Of traces OpenTelemetry's own variables (`OTEL_EXPORTER_OTLP_ENDPOINT` and the like) tell more than the keys can:
        headers, time limits, compression, certificates, queue, resource. Where one of them and a key say the same thing,
        the key counts when it is on the command line or in a variable, and OpenTelemetry's variable when the key is in
        the file. `run` reads both kinds of variables, and no file. With `tracing.enabled` false nothing is exported,
        whatever else is said.

        SIGHUP makes the daemon read the file again. It takes the keys marked *live*, says of the others that they count
        from the next start, and keeps everything as it was when there is a fault. No key holds a secret: passwords and
        private keys are in files of their own.

        `cardlink-metrics config` shows every key with its value and its place, explains one, checks a file before the
        daemon meets it, and sets a key in a file with its comments and order kept.
        """

    private static let log = """
        ## The log

        Lines for people begin with `cardlink-probe:` on standard error, with time, level and component in a file. A line of
        JSON has `timestamp` (RFC 3339 in UTC), `level`, `logger`, `component`, `message`, `fields`, and inside a span `trace_id`
        and `span_id`; it is one line whatever the message holds. Colours are for terminals only, and `NO_COLOR` forbids them.
        What the HTTP server and other libraries tell of every step is at `debug`.

        The file is followed by its name: logrotate needs no signal to the daemon. With `copytruncate` it loses itself what is
        written between copy and cut; `create` loses nothing. While the file cannot be written (a full disk, a folder that is
        gone) the daemon goes on, keeps the newest 4,096 lines (4 MiB at most) and says so on standard error; when it can
        again, the log tells in its place how many lines are missing. They are counted in
        `cardlink_export_dropped_total{exporter="log"}`. What is said more than five times in ten seconds is told five times,
        and then once more with the count in `repeated`.

        | Component | |
        |---|---|
        \(LogComponent.allCases.map { "| `\($0.rawValue)` | \($0.about) |" }.joined(separator: "\n"))
        """

    private static let webConfig = """
        ## The web config file

        The file that `web.config_file` names has the format that Prometheus exporters share. Paths in it are relative to
        its own folder. It is read again when it or a file that it names has changed; while it has a fault, every request
        is answered with 500. TLS is switched on and off only at start. It holds for health as well. A key that is not
        known is a fault, not ignored. `cardlink-metrics config validate` tells all faults before `serve` is started.

        ```yaml
        basic_auth_users:
          prometheus: $2y$10$…
        tls_server_config:
          cert_file: server.pem
          key_file: server.key
          client_auth_type: RequireAndVerifyClientCert
          client_ca_file: clients.pem
          client_allowed_sans: [prometheus.example]
          min_version: TLS12
          max_version: TLS13
          cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384]
          curve_preferences: [X25519, CurveP256]
        http_server_config:
          headers:
            Strict-Transport-Security: max-age=31536000
            X-Frame-Options: deny
            X-Content-Type-Options: nosniff
            X-XSS-Protection: "0"
            Content-Security-Policy: default-src 'self'
        rate_limit:
          interval: 100ms
          burst: 20
        ```

        - `basic_auth_users`: `htpasswd -nB prometheus` makes a line; its cost may be 4 to 14.
        - `client_auth_type` is `NoClientCert`, `VerifyClientCertIfGiven` or `RequireAndVerifyClientCert`. Those that ask
          for a certificate and verify none are refused. With `client_allowed_sans`, which needs the last, a client's
          certificate must have one of these names (DNS, address, e-mail or URI).
        - `cert`, `key` and `client_ca` hold in the file itself what `cert_file`, `key_file` and `client_ca_file` name.
        - `cipher_suites` are for TLS 1.2 and below; those of TLS 1.3 are always all there. A list with no other makes
          TLS 1.3 the least version. `prefer_server_cipher_suites` is taken and without effect, as in other exporters.
        - `http2: true` is taken with a remark: HTTP/1.1 is spoken here, and every scraper does.
        - `rate_limit` lets through one request each `interval`, and `burst` of them after a pause; others are answered
          with 429. Health counts, too, and the probe's own look at its metrics when somebody asks for `/health`.
        """

    private var table: String {
        let lines = rows.map { row in
            "| `\(row.path)` | `\(row.variable)` | `--\(row.option)` | \(row.isLive ? "live" : "") |"
        }
        return (["| Key | Variable | Option | |", "|---|---|---|---|"] + lines).joined(separator: "\n")
    }

    private func entry(_ row: SettingFacts) -> String {
        var points = ["- allowed: \(row.allowed)\(row.isList ? "; a list" : "")", "- default: \(row.fallbackText)"]
        if let older = row.olderVariable { points.append("- in CardLink: `\(older)`") }
        return "### \(row.path)\n\n\(row.help)\n\n\(points.joined(separator: "\n"))"
    }
}

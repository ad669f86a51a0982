@testable import Observability

/// The article that lists every key of the configuration, made from the table.
struct ConfigurationPage {
    /// Where it is in the package.
    static let path = "Sources/ProbeDaemon/ProbeDaemon.docc/Configuration.md"

    private let rows = ConfigKeys.table.rows

    /// The whole page.
    var text: String {
        let entries = rows.map { entry($0) }.joined(separator: "\n\n")
        return [Self.introduction, "## The keys", table, "## Each key", entries, Self.webConfig]
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
        """

    private static let webConfig = """
        ## The web config file

        The file that `web.config_file` names has the format that Prometheus exporters share. Paths in it are relative to
        its own folder. It is read again when it or a file that it names has changed; while it has a fault, every request
        is answered with 500. TLS is switched on and off only at start. It holds for health as well.

        ```yaml
        basic_auth_users:
          prometheus: $2y$10$…
        tls_server_config:
          cert_file: server.pem
          key_file: server.key
          client_auth_type: RequireAndVerifyClientCert
          client_ca_file: clients.pem
          min_version: TLS12
          max_version: TLS13
        ```

        `htpasswd -nB prometheus` makes a line of `basic_auth_users`; its cost may be 4 to 14. `client_auth_type` is
        `NoClientCert`, `VerifyClientCertIfGiven` or `RequireAndVerifyClientCert`. Other keys of the format are faults,
        not ignored.
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

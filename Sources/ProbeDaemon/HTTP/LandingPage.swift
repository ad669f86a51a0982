internal import Hummingbird

/// The page on `/`: what this is, its version, where the rest is. It asks for nothing from elsewhere.
struct LandingPage: WebEndpoint {
    let version: String
    let telemetryPath: String
    let hasHealth: Bool

    func answer(_ request: Request, from peer: WebPeer) async -> Response {
        .whole(
            .ok, Array(html.utf8), type: "text/html; charset=utf-8",
            [
                .contentSecurityPolicy: "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; "
                    + "form-action 'none'; frame-ancestors 'none'"
            ])
    }

    private var html: String {
        """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>CardLink Probe</title>
        <style>
        body { font: 1rem/1.5 system-ui, sans-serif; max-width: 40rem; margin: 3rem auto; padding: 0 1rem; }
        h1 { margin: 0; font-size: 1.6rem; }
        .version { margin: 0 0 2rem; opacity: 0.7; }
        dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.6rem 1.5rem; margin: 0; }
        dt, dd { margin: 0; }
        a { font-family: ui-monospace, monospace; }
        </style>
        </head>
        <body>
        <h1>CardLink Probe</h1>
        <p class="version">version \(Self.escaped(version))</p>
        <dl>
        <dt><a href="\(Self.escaped(telemetryPath))">\(Self.escaped(telemetryPath))</a></dt>
        <dd>metrics for Prometheus</dd>
        \(hasHealth ? Self.health : "")</dl>
        </body>
        </html>

        """
    }

    private static let health = """
        <dt><a href="/health">/health</a></dt>
        <dd>what works and what does not, as JSON</dd>
        <dt><a href="/health/live">/health/live</a></dt>
        <dd>200 while the process answers</dd>
        <dt><a href="/health/ready">/health/ready</a></dt>
        <dd>200 while programs can be observed</dd>

        """

    static func escaped(_ text: String) -> String {
        var escaped = ""
        for character in text {
            switch character {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            default: escaped.append(character)
            }
        }
        return escaped
    }
}

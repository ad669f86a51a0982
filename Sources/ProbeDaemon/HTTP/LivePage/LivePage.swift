internal import Observability
internal import PrometheusClient

/// The page on `/` that shows what happens on the bench now, and its parts below `/live/`.
///
/// All of it is in the program's own file: the page asks nothing of anybody but this server.
struct LivePage {
    let version: String
    let telemetryPath: String
    let hasHealth: Bool

    /// Who answers for which path.
    var endpoints: [String: any WebEndpoint] { ["/": page, "/live/": Self.parts] }

    private static let html = "text/html; charset=utf-8"
    private static let script = "text/javascript; charset=utf-8"

    private static let parts = AssetFolder(assets: [
        "style.css": AssetEndpoint(type: "text/css; charset=utf-8", bytes: PackageResources.style_css),
        "icon.svg": AssetEndpoint(type: "image/svg+xml", bytes: PackageResources.icon_svg),
        "theme.js": AssetEndpoint(type: script, bytes: PackageResources.theme_js),
        "page.js": AssetEndpoint(type: script, bytes: PackageResources.page_js),
        "bench.js": AssetEndpoint(type: script, bytes: PackageResources.bench_js),
        "detail.js": AssetEndpoint(type: script, bytes: PackageResources.detail_js),
        "dom.js": AssetEndpoint(type: script, bytes: PackageResources.dom_js),
        "exchanges.js": AssetEndpoint(type: script, bytes: PackageResources.exchanges_js),
        "format.js": AssetEndpoint(type: script, bytes: PackageResources.format_js),
        "latency.js": AssetEndpoint(type: script, bytes: PackageResources.latency_js),
        "link.js": AssetEndpoint(type: script, bytes: PackageResources.link_js),
        "table.js": AssetEndpoint(type: script, bytes: PackageResources.table_js),
        "timeline.js": AssetEndpoint(type: script, bytes: PackageResources.timeline_js),
    ])

    private var page: AssetEndpoint {
        let values = ["version": version, "metrics": Self.relative(telemetryPath)]
        var text = String(decoding: PackageResources.index_html, as: UTF8.self)
        for (name, value) in values { text.replace("{{\(name)}}", with: LandingPage.escaped(value)) }
        text.replace("{{health}}", with: hasHealth ? "<a href=\"health\">health</a>" : "")
        return AssetEndpoint(type: Self.html, bytes: Array(text.utf8))
    }

    /// A path as the page asks for it, so that it also works behind a proxy that puts it below a path of its own.
    private static func relative(_ path: String) -> String { String(path.drop { $0 == "/" }) }
}

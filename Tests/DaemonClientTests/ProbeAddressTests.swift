import Observability
import TestSupport
import Testing

@testable import DaemonClient

@Suite struct ProbeAddressTests {
    @Test func theUsualPlaceIsThePortOfTheMetrics() throws {
        #expect(ProbeAddress.local.base == "http://127.0.0.1:7816")
        #expect(try ProbeAddress(Settings.fallback) == .local)
    }

    @Test(arguments: [
        ("http://127.0.0.1:7816", "http://127.0.0.1:7816"), ("http://bench:7816/", "http://bench:7816"),
        ("https://[::1]:7816", "https://[::1]:7816"), ("http://bench", "http://bench"),
        ("HTTP://bench:1", "http://bench:1"), ("https://proxy/bench-7/", "https://proxy/bench-7"),
        ("http://bench:7816/metrics", "http://bench:7816"), ("https://proxy/b/metrics", "https://proxy/b"),
    ])
    func isRead(text: String, base: String) throws {
        #expect(try ProbeAddress(parsing: text).base == base)
    }

    @Test(arguments: [
        ("bench:7816", ProbeAddressError.noScheme("bench:7816")), ("", .noScheme("")),
        ("ftp://a", .noScheme("ftp://a")), ("http://u:p@bench", .hasPassword), ("http://u@bench", .hasPassword),
        ("http://bench?x=1", .hasQuery("http://bench?x=1")), ("http://bench#x", .hasQuery("http://bench#x")),
        ("http://", .badHost("http://")), ("http://:7816", .badHost("http://:7816")),
        ("http://bench:x", .badHost("http://bench:x")), ("http://bench:70000", .badHost("http://bench:70000")),
        ("http://bench:0", .badHost("http://bench:0")), ("http://::1:7", .badHost("http://::1:7")),
        ("http://bench/a b", .badCharacter("http://bench/a b")), ("http://bänch", .badCharacter("http://bänch")),
    ])
    func isRefused(text: String, error: ProbeAddressError) {
        #expect(throws: error) { try ProbeAddress(parsing: text) }
    }

    @Test(arguments: [
        (["CARDLINK_METRICS_PORT": "1234"], "http://127.0.0.1:1234", "/metrics"),
        (["CARDLINK_METRICS_LISTEN_ADDRESS": ":99", "CARDLINK_METRICS_PATH": "/m"], "http://127.0.0.1:99", "/m"),
        (["CARDLINK_METRICS_LISTEN_ADDRESS": "[::]:99"], "http://[::1]:99", "/metrics"),
        (["CARDLINK_METRICS_LISTEN_ADDRESS": "10.0.0.1:80"], "http://10.0.0.1:80", "/metrics"),
    ])
    func isTheDaemons(environment: [String: String], base: String, path: String) async throws {
        let address = try ProbeAddress(try await ConfigSources(environment: environment).load())
        #expect(address == ProbeAddress(base: base, metricsPath: path))
    }

    @Test func aWebConfigWithTLSMeansHTTPS() async throws {
        let folder = try TemporaryFolder()
        try folder.write("tls_server_config: {cert_file: a, key_file: b}\n", to: "web.yaml")
        let file = try folder.write("web: {config_file: web.yaml}\n", to: "probe.yaml")
        let address = try ProbeAddress(try await ConfigSources(file: file).load())
        #expect(address.base == "https://127.0.0.1:7816")
    }

    @Test func aPortOfTheSystemsChoiceIsNotKnown() async throws {
        let settings = try await ConfigSources(environment: ["CARDLINK_METRICS_PORT": "0"]).load()
        #expect(throws: ProbeAddressError.chosenBySystem) { try ProbeAddress(settings) }
    }
}

import Observability
import Testing

/// What is offered for a name that is not known, and for which nothing is.
@Suite struct NearestNameTests {
    private static let keys = [
        "health.listen_address", "health.port", "metrics.listen_address", "metrics.port", "tls_server_config",
        "CardLinkDeviceGone", "cardlink-apdu", "pcsc",
    ]

    @Test(arguments: [
        ("metrics.prot", "metrics.port"), ("Metrics.Port", "metrics.port"), ("metrics.ports", "metrics.port"),
        ("pscs", "pcsc"), ("psc", "pcsc"), ("cardlink-adpu", "cardlink-apdu"), ("apdu-card", nil),
        // Parts, also with a mistake.
        ("port", "health.port"), ("prot", "health.port"), ("listen_adress", "health.listen_address"),
        ("tls", "tls_server_config"), ("metric", "metrics.listen_address"), ("DeviceGon", "CardLinkDeviceGone"),
        // Nothing is meant by these.
        ("zzz", nil), ("colour", nil), ("x", nil), ("", nil), ("metrics.password", nil), ("tlss", nil),
        (String(repeating: "health.port", count: 100), nil), ("é", nil),
    ])
    func meansOrMeansNothing(name: String, meant: String?) {
        #expect(NearestName.of(name, among: Self.keys) == meant)
    }

    @Test func nothingIsNearWhereNothingIsKnown() {
        #expect(NearestName.of("port", among: []) == nil)
    }

    /// As many letters may be wrong as a third of the name has.
    @Test(arguments: [("abcdefghi", true), ("abcdefXXX", true), ("abcdeXXXX", false)])
    func theBoundIsAThird(name: String, isNear: Bool) {
        #expect(NearestName.of(name, among: ["abcdefghi"]) == (isNear ? "abcdefghi" : nil))
    }
}

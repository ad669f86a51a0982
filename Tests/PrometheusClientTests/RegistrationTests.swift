import Testing

@testable import PrometheusClient

private struct Repeating: ClosedLabel {
    static var labelValues: [String] { ["a", "a"] }
    var labelIndex: Int { 0 }
}

@Suite struct RegistrationTests {
    @Test(arguments: [
        ("app_all_total", RegistrationFault?.none),
        ("app:all_total", nil),
        ("_total", .badName("_total")),
        ("app_all", .wrongEnding(family: "app_all", expected: "_total")),
        ("1app_total", .badName("1app_total")),
        ("", .badName("")),
        ("app-all_total", .badName("app-all_total")),
        ("äpp_total", .badName("äpp_total")),
        ("app_sum_total", .reservedEnding(family: "app_sum_total", ending: "_sum")),
        ("app_total_total", .reservedEnding(family: "app_total_total", ending: "_total")),
    ])
    func counterNames(name: String, fault: RegistrationFault?) {
        #expect(Registry().take(Counter(name, "Help.")) == fault)
    }

    @Test(arguments: [
        ("app_level", RegistrationFault?.none),
        ("app_level_total", .reservedEnding(family: "app_level_total", ending: "_total")),
        ("app_bucket", .reservedEnding(family: "app_bucket", ending: "_bucket")),
        ("app_created", .reservedEnding(family: "app_created", ending: "_created")),
        ("app_info", .reservedEnding(family: "app_info", ending: "_info")),
    ])
    func gaugeNames(name: String, fault: RegistrationFault?) {
        #expect(Registry().take(Gauge(name, "Help.")) == fault)
    }

    @Test(arguments: [
        ("name", false), ("_name", false), ("__name", true), ("le", true), ("quantile", true), ("a:b", true),
        ("1a", true), ("", true),
    ])
    func labelNames(label: String, isFault: Bool) {
        let fault = Registry().take(Gauge("app_level", "Help.", labels: OneLabel(label, OpenLabel.self)))
        #expect(fault == (isFault ? .badLabel(family: "app_level", label: label) : nil))
    }

    @Test func otherFaults() {
        let registry = Registry()
        #expect(registry.take(Gauge("app_level", "")) == .missingHelp(family: "app_level"))
        #expect(
            registry.take(Gauge("app_level", "Help.", labels: TwoLabels("a", OpenLabel.self, "a", OpenLabel.self)))
                == .repeatedLabel(family: "app_level", label: "a"))
        #expect(
            registry.take(Gauge("app_level", "Help.", labels: OneLabel("a", Repeating.self)))
                == .badDomain(family: "app_level", label: "a"))
        #expect(
            registry.take(Info("app_build", "Help.", labels: "a"))
                == .wrongEnding(family: "app_build", expected: "_info"))
        #expect(registry.descriptors.isEmpty)
    }

    /// Two families whose samples could be mistaken for each other, in some format.
    @Test func clashes() {
        let registry = Registry()
        #expect(registry.take(Counter("app_all_total", "Help.")) == nil)
        #expect(registry.take(DurationHistogram("app_time_seconds", "Help.", buckets: [1])) == nil)
        #expect(registry.take(Info("app_build_info", "Help.", labels: "a")) == nil)
        for (gauge, name) in [
            ("app_all", "app_all"), ("app_time_seconds", "app_time_seconds"), ("app_build", "app_build"),
        ] {
            let other = ["app_all": "app_all_total", "app_build": "app_build_info"][gauge] ?? gauge
            #expect(registry.take(Gauge(gauge, "Help.")) == .clash(name: name, family: gauge, other: other))
        }
        #expect(
            registry.take(Counter("app_all_total", "Help."))
                == .clash(name: "app_all", family: "app_all_total", other: "app_all_total"))
        #expect(registry.descriptors.map(\.name) == ["app_all_total", "app_time_seconds", "app_build_info"])
    }

    @Test func everyPropertyOfACatalogue() {
        struct Catalogue: Sendable {
            let first = Gauge("app_first", "First.")
            let second = Counter("app_second_total", "Second.", labels: OneLabel("ok", Bool.self))
        }
        let registry = Registry()
        registry.registerAll(of: Catalogue())
        #expect(registry.descriptors.map(\.name) == ["app_first", "app_second_total"])
    }
}

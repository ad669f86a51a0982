import Observability
import ProbeEvents
import PrometheusClient
import TestSupport
import Testing

@testable import TelemetryExport

/// Against Debian's Pushgateway.
@Suite(.serialized) struct PushgatewayTests {
    private static func registry() -> Registry {
        let registry = Registry()
        let requests = Counter("app_requests_total", "Requests.", labels: OneLabel("path", OpenLabel.self))
        let time = DurationHistogram("app_time_seconds", "A time.", buckets: [0.1, 1])
        let level = Gauge("app_level", "A level.")
        registry.register(requests)
        registry.register(time)
        registry.register(level)
        requests["/a\\b\"c\nd é"].increment(by: 3)
        for nanoseconds in [1, 500_000_000, 7_000_000_000] as [UInt64] { time.record(nanoseconds) }
        level.set(.infinity)
        return registry
    }

    @Test(arguments: ["left", "bench 7/ä", "", ".."])
    func whatWasPushedIsThere(instance: String) async throws {
        let server = try PushgatewayServer()
        let registry = Self.registry()
        try await Pushgateway(server.address).push(
            registry, to: GroupingKey(instance: instance), within: .seconds(10))
        let folder = try TemporaryFolder()
        let there = try server.metrics()
        let file = try folder.write(there, to: "there")
        #expect(
            try SameMetrics.compare(text: TextExposition.text(registry), with: .pushed, file: file) == "7 samples\n")
        #expect(there.contains("app_level{instance=\"\(instance)\",job=\"cardlink-probe\"} +Inf\n"))
    }

    /// A group is replaced as a whole, and others stay.
    @Test func anotherPushReplaces() async throws {
        let server = try PushgatewayServer()
        let gateway = try Pushgateway(server.address + "/metrics/")
        let (left, right) = (GroupingKey(instance: "left"), GroupingKey(instance: "right"))
        try await gateway.push(Self.registry(), to: left, within: .seconds(10))
        try await gateway.push(Self.registry(), to: right, within: .seconds(10))
        let registry = Registry()
        let other = Counter("app_other_total", "Other.")
        registry.register(other)
        try await gateway.push(registry, to: left, within: .seconds(10))
        let there = try server.metrics()
        #expect(there.contains("app_other_total{instance=\"left\""))
        #expect(!there.contains("app_level{instance=\"left\"") && there.contains("app_level{instance=\"right\""))
    }

    /// An address may name the group; what runs before it is a proxy's.
    @Test func aGroupOfYourOwn() async throws {
        let server = try PushgatewayServer()
        let gateway = try Pushgateway(server.address + "/metrics/job/nightly/shift/2")
        try await gateway.push(Self.registry(), to: GroupingKey(instance: "left"), within: .seconds(10))
        #expect(try server.metrics().contains("app_level{instance=\"\",job=\"nightly\",shift=\"2\"} +Inf\n"))
    }

    @Test func aPassword() async throws {
        let folder = try TemporaryFolder()
        let hash = try Command.run(["htpasswd", "-nbBC", "4", "me", "s@:x"]).output.split(separator: ":")[1]
        let config = try folder.write(
            "basic_auth_users:\n  me: \(hash.filter { !$0.isWhitespace })\n", to: "web.yml")
        let server = try PushgatewayServer(webConfig: config)
        let host = server.address.dropFirst("http://".count)
        let group = GroupingKey(instance: "left")
        try await Pushgateway("http://me:s%40:x@\(host)").push(Self.registry(), to: group, within: .seconds(10))
        #expect(try server.metrics(["-u", "me:s@:x"]).contains("app_level{instance=\"left\""))
        let wrong = try Pushgateway("http://me:secret@\(host)")
        #expect(wrong.shownAddress == server.address)
        let error = await #expect(throws: PushgatewayError.self) {
            try await wrong.push(Self.registry(), to: group, within: .seconds(10))
        }
        #expect(error?.explanation == "metrics were not taken by \(server.address): status 401, Unauthorized")
    }

    @Test func whatIsRefused() async throws {
        let server = try PushgatewayServer()
        let group = GroupingKey(instance: "left")
        // Its own names are taken with another type.
        let registry = Registry()
        registry.register(Gauge("go_goroutines_x", "X."))
        registry.register(Counter("pushgateway_http_requests_total", "X.", labels: OneLabel("code", OpenLabel.self)))
        try await Pushgateway(server.address).push(registry, to: group, within: .seconds(10))
        let clash = Registry()
        clash.register(DurationHistogram("go_goroutines", "X.", buckets: [1]))
        let health = HealthCatalog()
        let error = await #expect(throws: PushgatewayError.self) {
            try await Pushgateway(server.address).push(clash, to: group, within: .seconds(10), counting: health)
        }
        #expect(health.givenUp(.pushgateway) == [.rejected: 1])
        guard case .refused(server.address, 400, let reason) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(reason.contains("go_goroutines") && !reason.contains("\n") && reason.count <= 200)
    }

    /// A server that is gone or hangs takes no longer than it may.
    @Test func aServerThatIsGoneOrHangs() async throws {
        let server = try PushgatewayServer()
        let gone = try Pushgateway(server.address)
        server.end()
        let group = GroupingKey(instance: "left")
        let health = HealthCatalog()
        await #expect(throws: PushgatewayError.self) {
            try await gone.push(Self.registry(), to: group, within: .seconds(10), counting: health)
        }
        #expect(health.givenUp(.pushgateway) == [.unreachable: 1])
        let sink = try TraceSink(answers: ["hang"])
        let begin = ContinuousClock.now
        await #expect(throws: PushgatewayError.self) {
            try await Pushgateway(sink.endpoint).push(
                Self.registry(), to: group, within: .milliseconds(300), counting: health)
        }
        #expect(health.givenUp(.pushgateway) == [.unreachable: 1, .timeout: 1])
        #expect(health.exportFailures[.pushgateway, .timeout].value == 1)
        #expect(ContinuousClock.now - begin < .seconds(3))
    }

    @Test(arguments: [
        "h:9091", "ftp://h", "http://", "http://:9091", "http://h/?job=x", "http://u@:1", "http://h é", "http://h/#x",
    ])
    func noAddress(url: String) {
        #expect(throws: PushgatewayError.noAddress) { try Pushgateway(url) }
    }

    @Test(arguments: [
        ("http://h:9091", "http://h:9091"), ("https://u:p@h/base/", "https://h/base"), ("http://h/metrics", "http://h"),
        ("http://[::1]:9091", "http://[::1]:9091"), ("http://a:b@c:d@h", "http://h"),
    ])
    func addresses(url: String, shown: String) throws {
        #expect(try Pushgateway(url).shownAddress == shown)
    }

    @Test(arguments: [
        ("left", "job/cardlink-probe/instance/left"), ("a.b-c_~", "job/cardlink-probe/instance/a.b-c_~"),
        ("", "job/cardlink-probe/instance@base64/="), ("a/b", "job/cardlink-probe/instance@base64/YS9i"),
        ("..", "job/cardlink-probe/instance@base64/Li4="), ("ü?>", "job/cardlink-probe/instance@base64/w7w_Pg=="),
    ])
    func groups(instance: String, path: String) {
        #expect(GroupingKey(instance: instance).path == path)
    }
}

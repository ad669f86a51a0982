import CoreMetrics
import Foundation
import Logging
import Observability
import ProbeDaemon
import ProbeEvents
import ServiceLifecycle
import Synchronization
import TestSupport
import Testing
import Tracing

/// A program's observability from its begin to its end, seen by curl and by a sink of others.
@Suite struct ObservabilityManagerTests {
    /// Ports of the system's choice, and a log in a file.
    private static func configuration(
        in folder: TemporaryFolder, _ more: [String: [String]] = [:]
    ) -> ObservabilityConfiguration {
        let values = [
            "metrics.port": ["0"], "health.port": ["0"], "logging.file": [folder.file("log")],
            "logging.format": ["json"],
        ]
        return ObservabilityConfiguration(values: values.merging(more) { $1 })
    }

    private static func page(_ url: String) throws -> String { try Command.run(["curl", "-sS", url]).output }

    @Test func theExampleOfTheArticle() async throws {
        let article = try String(
            contentsOfFile: Files.package + "/Sources/ProbeDaemon/ProbeDaemon.docc/ObserveAProgram.md", encoding: .utf8)
        let example = try String(
            contentsOfFile: Files.package + "/Tests/ProbeDaemonTests/Manager/ObserveAProgram.swift", encoding: .utf8)
        #expect(article.contains("```swift\n\(example)```\n"))
        let sink = try TraceSink()
        let folder = try TemporaryFolder()
        let manager = ObservabilityManager()
        let seen = Mutex("")
        let addresses = try await observeOneTest(
            manager, Self.configuration(in: folder, ["tracing.endpoint": [sink.endpoint]])
        ) {
            let page = try Self.page(try #require(await manager.metricsURLs.first))
            let health = try Self.page(try #require(await manager.healthURLs.first))
            seen.withLock { $0 = page + health }
        }
        #expect(addresses.count == 1)
        let text = seen.withLock { $0 }
        #expect(text.contains("cardlink_tests_running{suite_name=\"provisioning\"} 1\n"))
        #expect(text.contains("\"card\""))
        #expect(!manager.isInitialized)
        #expect(try Command.run(["curl", "-sS", addresses[0]]).ending == .exited(7))
        #expect(try sink.spans.map(\.name) == ["test"])
    }

    @Test func whatHasBegunIsNotBegunTwice() async throws {
        let folder = try TemporaryFolder()
        let manager = ObservabilityManager()
        let configuration = Self.configuration(in: folder)
        try await withThrowingTaskGroup(of: [String].self) { group in
            for _ in 0..<20 {
                group.addTask {
                    try await manager.initialize(configuration)
                    return await manager.metricsURLs
                }
            }
            var urls = Set<[String]>()
            for try await url in group { urls.insert(url) }
            #expect(urls.count == 1)
        }
        manager.collector?.recordTriggerSent(.sms)
        let (first, line) = (await manager.metricsURLs[0], "cardlink_triggers_sent_total{trigger_type=\"sms\"} ")
        #expect(try Self.page(first).contains(line + "1\n"))
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<20 { group.addTask { await manager.shutdown() } }
            for await ended in group { #expect(ended) }
        }
        #expect(manager.collector == nil && manager.health == nil && !manager.isInitialized)
        try await manager.initialize(configuration)
        #expect(try !Self.page(await manager.metricsURLs[0]).contains(line + "1\n"))
        await manager.reset()
        #expect(!manager.isInitialized)
        // Nothing has begun: nobody need ask first.
        manager.logger("nobody").error("nothing")
        manager.tracer.startSpan("nothing").end()
        await manager.reload()
    }

    @Test(arguments: [
        (["metrics.prot": ["1"]], "metrics.prot is no key; did you mean metrics.port?"),
        (
            ["metrics.port": ["x"], "health.timeout": ["never"]],
            "--metrics.port 'x' is not a whole number from 0 to 65535"
        ),
        (["web.config_file": ["/nowhere"]], "/nowhere"),
    ])
    func faultsLeaveNothingBehind(values: [String: [String]], line: String) async throws {
        let folder = try TemporaryFolder()
        let manager = ObservabilityManager()
        let error = await #expect(throws: (any Error).self) {
            try await manager.initialize(Self.configuration(in: folder, values))
        }
        #expect("\(try #require(error))".contains(line), "\(String(describing: error))")
        if values.count == 2 { #expect("\(try #require(error))".contains("health.timeout")) }
        #expect(!manager.isInitialized)
    }

    @Test func aPortThatIsTakenLeavesNothingBehind() async throws {
        let folder = try TemporaryFolder()
        let (one, two) = (ObservabilityManager(), ObservabilityManager())
        try await one.initialize(Self.configuration(in: folder))
        let port = try #require(URL(string: await one.metricsURLs[0])?.port)
        let error = await #expect(throws: (any Error).self) {
            try await two.initialize(Self.configuration(in: folder, ["metrics.port": ["\(port)"]]))
        }
        #expect("\(try #require(error))".contains("\(port)"))
        #expect(!two.isInitialized && one.isInitialized)
        await one.shutdown()
        try await two.initialize(Self.configuration(in: folder, ["metrics.port": ["\(port)"]]))
        #expect(await two.shutdown())
    }

    /// Sinks that hang hold up nothing else: the log has its last line, and the end comes in time.
    @Test func aSinkThatHangsHoldsUpNothing() async throws {
        let sink = try TraceSink(answers: Array(repeating: "hang", count: 50))
        let folder = try TemporaryFolder()
        let manager = ObservabilityManager()
        try await manager.initialize(Self.configuration(in: folder, ["tracing.endpoint": [sink.endpoint]]))
        manager.tracer.startSpan("lost").end()
        manager.logger("tester").notice("the last line", metadata: ["number": "7"])
        let start = ContinuousClock.now
        #expect(await manager.shutdown(within: .seconds(4)))
        #expect(ContinuousClock.now - start < .seconds(5))
        let lines = try folder.read("log").split(separator: "\n").map { line in
            try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        }
        #expect(lines.contains { $0["message"] as? String == "the last line" && $0["logger"] as? String == "tester" })
        #expect(lines.contains { ($0["message"] as? String)?.contains("spans were lost") == true })
    }

    @Test func aServiceGroupEndsIt() async throws {
        let folder = try TemporaryFolder()
        let manager = ObservabilityManager()
        try await manager.initialize(Self.configuration(in: folder))
        let silent = Logger(label: "group") { _ in SwiftLogNoOpLogHandler() }
        let group = ServiceGroup(services: [manager], logger: silent)
        let work = Task { try await group.run() }
        #expect(try Self.page(await manager.metricsURLs[0]).contains("cardlink_bench_info"))
        await group.triggerGracefulShutdown()
        try await work.value
        #expect(!manager.isInitialized)
    }

    /// What libraries say, count and trace is seen; in a process of its own, since that is done once in one.
    @Test func librariesAreSeen() async {
        await #expect(processExitsWith: .success) {
            let folder = try TemporaryFolder()
            let manager = ObservabilityManager.shared
            let configuration = ObservabilityConfiguration(values: [
                "metrics.port": ["0"], "health.enabled": ["false"], "logging.file": [folder.file("log")],
            ])
            precondition(!manager.bootstrap())
            try await manager.initialize(configuration)
            precondition(manager.bootstrap() && !manager.bootstrap())
            Logger(label: "library").error("seen")
            withSpan("seen") { _ in }
            Counter(label: "library.calls").increment(by: 3)
            let page = try Command.run(["curl", "-sS", await manager.metricsURLs[0]]).output
            precondition(page.contains("\nlibrary_calls_total 3\n"))
            await manager.shutdown()
            precondition(folder.read("log").contains("seen"))
        }
    }
}

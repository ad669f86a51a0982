import Logging
import Testing
import Tracing

@testable import Observability

/// swift-log's own calls in front.
@Suite struct LogBackEndTests {
    private let kept = KeptRecords()
    private let outlet: LogOutlet

    init() {
        outlet = LogOutlet(levels: LogLevels(.info, components: [.http: .error]), [kept])
    }

    @Test func aCallBecomesARecord() throws {
        struct Refused: Error, CustomStringConvertible { let description = "refused\nfor good" }
        var logger = Logger(label: "tester.cards") {
            outlet.handler(label: $0, provider: Logger.MetadataProvider { ["a": "provider", "b": "provider"] })
        }
        logger[metadataKey: "a"] = "logger"
        logger[metadataKey: "z"] = "logger"
        logger.warning("told", error: Refused(), metadata: ["b": "call", "n": "\(7)"])
        let record = try #require(kept.all.first)
        #expect(record.level == .warning && record.logger == "tester.cards" && record.component == .program)
        #expect(record.message == "told" && record.span == nil)
        let fields = record.fields.map { "\($0.key)=\($0.value)" }
        #expect(
            fields == [
                #"a=text("provider")"#, #"b=text("call")"#, #"error.message=text("refused\nfor good")"#,
                #"error.type=text("\#(String(reflecting: Refused.self))")"#, #"n=text("7")"#, #"z=text("logger")"#,
            ])
    }

    @Test func metadataKeepsItsKinds() throws {
        let logger = Logger(label: "x") { outlet.handler(label: $0) }
        logger.info(
            "m",
            metadata: [
                "int": .stringConvertible(-5), "big": .stringConvertible(UInt64.max), "flag": .stringConvertible(true),
                "half": .stringConvertible(0.5), "other": .stringConvertible("a"..."c"),
                "map": ["b": ["c": "d"], "a": [1, "two"].asMetadata],
            ])
        #expect(
            kept.all.first?.fields == [
                LogField("big", .text("18446744073709551615")), LogField("flag", .flag(true)),
                LogField("half", .number(0.5)), LogField("int", .integer(-5)),
                LogField(
                    "map",
                    .map([
                        LogField("a", .list([.integer(1), .text("two")])),
                        LogField("b", .map([LogField("c", .text("d"))])),
                    ])), LogField("other", .text("a...c")),
            ])
    }

    @Test func whatIsTooMuchIsCut() throws {
        let long = String(repeating: "ä", count: 20_000)
        let logger = Logger(label: "x") { outlet.handler(label: $0) }
        var deep: Logger.MetadataValue = "end"
        for _ in 0..<50 { deep = ["k": deep] }
        let many = Dictionary(uniqueKeysWithValues: (0..<1_000).map { ("k\($0)", Logger.MetadataValue.string("v")) })
        logger.info("\(long)", metadata: ["deep": deep, "long": .string(long), "many": .dictionary(many)])
        let record = try #require(kept.all.first)
        #expect(record.message.utf8.count < 17_000 && record.message.hasSuffix("…"))
        var line: [UInt8] = []
        LogJSON.append(record, to: &line)
        #expect(line.count < 40_000)
    }

    @Test(arguments: [
        ("password", true), ("db_password", true), ("userPIN", true), ("pin", true), ("PIN", true), ("cardPin", true),
        ("apiKey", true), ("api-key", true), ("key", false), ("config_key", false), ("X-Auth-Token", true),
        ("Authorization", true), ("psk", true), ("psk_identity", true), ("pinned", false), ("mapping", false),
        ("private.key", true), ("tokens", false), ("", false),
    ])
    func aSecretsNameHidesItsValue(_ name: String, isSecret: Bool) throws {
        let logger = Logger(label: "x") { outlet.handler(label: $0) }
        logger.info("m", metadata: ["in": .dictionary([name: "1234"])])
        let value: LogValue = isSecret ? .text("(cut)") : .text("1234")
        #expect(kept.all.first?.fields == [LogField("in", .map([LogField(name, value)]))])
    }

    @Test func levelsAreTheComponentsAndChange() {
        let (serve, http) = (outlet.logger(.serve), outlet.logger(.http))
        #expect(serve.logLevel == .info && http.logLevel == .error)
        http.warning("too little")
        outlet.levels.set(.debug, components: [.serve: .critical])
        #expect(serve.logLevel == .critical && http.logLevel == .debug)
        http.debug("heard")
        serve.error("too little")
        // A logger with a level of its own keeps it, and its copies are not touched.
        var own = serve
        own.logLevel = .trace
        own.trace("heard")
        outlet.levels.set(.error)
        #expect(own.logLevel == .trace && serve.logLevel == .error)
        #expect(kept.all.map(\.message) == ["heard", "heard"])
        #expect(kept.all.map(\.component) == [.http, .serve])
    }

    /// What a library thinks worth telling is debugging to us; what it warns of is told.
    @Test(arguments: [
        (Logger.Level.trace, ["trace", "debug", "info as debug", "notice as debug", "warning"]),
        (.debug, ["debug", "info as debug", "notice as debug", "warning"]), (.info, ["warning"]),
        (.notice, ["warning"]),
        (.warning, ["warning"]), (.error, []),
    ])
    func aLibraryIsQuieter(_ level: Logger.Level, _ heard: [String]) {
        outlet.levels.set(level)
        let library = outlet.logger(.http, library: "hummingbird")
        for level in [Logger.Level.trace, .debug, .info, .notice, .warning] { library.log(level: level, "\(level)") }
        let told = kept.all.map { $0.message == $0.level.rawValue ? $0.message : "\($0.message) as \($0.level)" }
        #expect(told == heard)
        #expect(kept.all.allSatisfy { $0.component == .http && $0.logger == "cardlink-probe.http.hummingbird" })
    }

    @Test func recordsNameTheSpanInWhichTheyWereSaid() throws {
        let spans = Spans()
        let logger = outlet.logger(.serve)
        logger.info("outside")
        TracerBackEnd(spans.manager).withSpan("library") { span in
            logger.info("in a library's span")
            #expect(kept.all.last?.span == span.context.spanContext)
            outlet.isTraceCorrelated = false
            logger.info("nobody wants to know")
            outlet.isTraceCorrelated = true
        }
        spans.manager.withSpan("own") { span in
            logger.info("in a span of our own")
            #expect(kept.all.last?.span == span.context)
        }
        #expect(kept.all.map { $0.span != nil } == [false, true, false, true])
    }

    @Test(arguments: [
        ("cardlink-probe.http", LogComponent.http), ("cardlink-probe.http.hummingbird", .http),
        ("cardlink-probe.httpd", .program), ("cardlink-probe", .program), ("http", .program), ("", .program),
    ])
    func labelsHaveComponents(_ label: String, _ component: LogComponent) {
        #expect(LogComponent(label: label) == component)
    }

    @Test(arguments: LogComponent.allCases)
    func aComponentsLabelIsItsOwn(_ component: LogComponent) {
        #expect(LogComponent(label: component.label) == component)
    }
}

extension [any CustomStringConvertible & Sendable] {
    fileprivate var asMetadata: Logger.MetadataValue { .array(map { .stringConvertible($0) }) }
}

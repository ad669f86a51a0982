// swift-tools-version: 6.2
import PackageDescription

/// Settings that every Swift room shares.
let house: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

/// What goes into another program's process may need libc only: no start files of the compiler's, no run path to a
/// Swift toolchain. `--as-needed` for the libraries that SwiftPM adds stands in `Sources/CProbe/include/inject.h`.
func injected(room: String, soname: String) -> [LinkerSetting] {
    [
        .unsafeFlags([
            "-nostartfiles", "-no-toolchain-stdlib-rpath",
            "-Xlinker", "-soname=\(soname)",
            "-Xlinker", "--version-script=\(Context.packageDirectory)/Sources/\(room)/exports.map",
            "-Xlinker", "-z", "-Xlinker", "nodelete",
            "-Xlinker", "-z", "-Xlinker", "now",
        ])
    ]
}

/// Programs start in less time when they tell the loader of no symbol but those that it needs: the toolchain exports all
/// 50,000 of them, and gold, its usual linker, keeps more than lld.
let quickStart: [LinkerSetting] = [
    .unsafeFlags(["-use-ld=lld", "-Xlinker", "--no-export-dynamic"], .when(configuration: .release))
]

let strictC: [CSetting] = [.unsafeFlags(["-std=gnu17", "-Wall", "-Wextra", "-Werror", "-O2", "-fvisibility=hidden"])]
/// CProbe's headers only: nothing of it is linked into another program's process, which has no sanitizer's runtime either.
/// At the DWARF 5 of this compiler valgrind 3.19 gives up, and the program with it.
let injectedC =
    strictC + [.headerSearchPath("../CProbe/include"), .unsafeFlags(["-fno-sanitize=all", "-gdwarf-4"])]

let nio = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioHTTP = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let nioTLS = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let configuration = Target.Dependency.product(name: "Configuration", package: "swift-configuration")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let signals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let cryptoExtras = Target.Dependency.product(name: "CryptoExtras", package: "swift-crypto")
let httpClient = Target.Dependency.product(name: "AsyncHTTPClient", package: "async-http-client")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let grpc = Target.Dependency.product(name: "GRPCCore", package: "grpc-swift-2")
let grpcTransport = Target.Dependency.product(name: "GRPCNIOTransportHTTP2Posix", package: "grpc-swift-nio-transport")
let protobuf = Target.Dependency.product(name: "SwiftProtobuf", package: "swift-protobuf")
let tracing = Target.Dependency.product(name: "Tracing", package: "swift-distributed-tracing")
let metrics = Target.Dependency.product(name: "CoreMetrics", package: "swift-metrics")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")

func room(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: house)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
    .testTarget(name: name, dependencies: ["TestSupport"] + dependencies, exclude: exclude, swiftSettings: house)
}

/// The parts of the live page; each is a row of `LivePage.swift`, too.
let livePage = [
    "index.html", "style.css", "icon.svg", "theme.js", "page.js", "bench.js", "detail.js", "dom.js", "exchanges.js",
    "format.js", "latency.js", "link.js", "table.js", "timeline.js",
]

let package = Package(
    name: "cardlink-probe",
    products: [
        .executable(name: "cardlink-probe", targets: ["cardlink-probe"]),
        .executable(name: "cardlink-metrics", targets: ["cardlink-metrics"]),
        .library(name: "pcsclite-probe", type: .dynamic, targets: ["PCSCShim"]),
        .library(name: "pcsclite-audit", type: .dynamic, targets: ["PCSCAudit"]),
        .library(name: "SmartCard", targets: ["SmartCard"]),
        .library(name: "PrometheusClient", targets: ["PrometheusClient"]),
        .library(name: "ProbeEvents", targets: ["ProbeEvents"]),
        .library(name: "CardReader", targets: ["CardReader"]),
        .library(name: "Modem", targets: ["Modem"]),
        .library(name: "Observability", targets: ["Observability"]),
        .library(name: "ProbeDaemon", targets: ["ProbeDaemon"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: ["YAML"]),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.7.3"),
        .package(url: "https://github.com/apple/swift-http-types.git", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/grpc/grpc-swift-2", from: "2.4.3"),
        .package(url: "https://github.com/grpc/grpc-swift-nio-transport", from: "2.9.2"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // ground
        .systemLibrary(name: "CPCSC", pkgConfig: "libpcsclite", providers: [.apt(["libpcsclite-dev"])]),
        .systemLibrary(name: "CCrypt", pkgConfig: "libcrypt", providers: [.apt(["libcrypt-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CLibXML", pkgConfig: "libxml-2.0", providers: [.apt(["libxml2-dev"])]),
        .target(name: "CXML", dependencies: ["CLibXML"], cSettings: strictC),
        .target(name: "CProbe", cSettings: strictC),
        room("SmartCard"),
        room("PrometheusClient", [metrics]),
        room("Gzip", ["CZlib", nio]),
        // inside the tester
        .target(
            name: "PCSCShim", dependencies: ["CPCSC"], exclude: ["exports.map"], cSettings: injectedC,
            linkerSettings: injected(room: "PCSCShim", soname: "libpcsclite.so.1")),
        .target(
            name: "PCSCAudit", exclude: ["exports.map"], cSettings: injectedC,
            linkerSettings: injected(room: "PCSCAudit", soname: "libpcsclite-audit.so")),
        // words
        room("ProbeEvents", ["SmartCard"]),
        // services
        room(
            "Observability",
            ["ProbeEvents", "PrometheusClient", "SmartCard", "CProbe", configuration, crypto, logging, tracing, yams]),
        room("Capture", ["ProbeEvents", "SmartCard"]),
        room("WebConfigFile", ["Observability", httpTypes, nioTLS]),
        // doors
        room("CardReader", ["ProbeEvents", "SmartCard", "CPCSC", "CProbe"]),
        room("Modem", ["ProbeEvents", "SmartCard", "CProbe", nio, nioPosix]),
        room("Taps", ["Capture", "ProbeEvents", "SmartCard", "CProbe", "CXML", crypto, cryptoExtras, nio, nioPosix]),
        .target(
            name: "TelemetryExport",
            dependencies: [
                "Gzip", "Observability", "ProbeEvents", "PrometheusClient",
                grpc, grpcTransport, httpClient, logging, nio, nioHTTP, nioPosix, nioTLS, protobuf,
            ],
            exclude: ["Protos"], swiftSettings: house),
        room("ProbeStore", ["Gzip", "Observability", "ProbeEvents", "SmartCard", grdb]),
        room("DaemonClient", ["Observability", "ProbeEvents", httpClient, nio, nioHTTP, nioPosix, nioTLS]),
        room("Dashboards", ["Observability", "ProbeEvents", "PrometheusClient"]),
        // assembly
        room("BenchSimulator", ["ProbeEvents", "SmartCard", "CProbe", nio, nioPosix, yams]),
        .target(
            name: "ProbeDaemon",
            dependencies: [
                "Capture", "CardReader", "CCrypt", "CProbe", "Gzip", "Modem", "Observability", "ProbeEvents",
                "PrometheusClient", "ProbeStore",
                "SmartCard", "Taps", "TelemetryExport", "WebConfigFile",
                crypto, httpClient, httpTypes, hummingbird, lifecycle, logging, metrics, nio, nioHTTP, nioPosix, nioTLS,
                signals,
                tracing,
            ],
            // In the program's own file: a bundle's path does not survive installation.
            resources: livePage.map { .embedInCode("HTTP/LivePage/Assets/\($0)") },
            swiftSettings: house),
        // mains
        .executableTarget(
            name: "cardlink-probe",
            dependencies: [
                "BenchSimulator", "CProbe", "CardReader", "Modem", "Observability", "ProbeDaemon", "ProbeEvents",
                "SmartCard", "Taps", arguments,
            ],
            swiftSettings: house, linkerSettings: quickStart),
        .executableTarget(
            name: "cardlink-metrics",
            dependencies: [
                "DaemonClient", "Dashboards", "Observability", "ProbeEvents", "ProbeStore", "PrometheusClient",
                "SmartCard", "WebConfigFile", arguments,
            ],
            swiftSettings: house, linkerSettings: quickStart),
        .executableTarget(
            name: "benchmark",
            dependencies: [
                "CProbe", "Modem", "Observability", "ProbeDaemon", "ProbeEvents", "ProbeStore", "PrometheusClient",
                "SmartCard", "Taps", "TestSupport",
            ],
            path: "Tests/Benchmarks", exclude: ["Peers", "Programs"],
            swiftSettings: house),
        // what users copy
        .executableTarget(
            name: "card-reader", dependencies: ["CardReader", "PrometheusClient", "ProbeEvents", "SmartCard"],
            path: "examples/card-reader/Sources/card-reader", swiftSettings: house),
        // tests
        .target(
            name: "TestSupport", dependencies: ["CZlib", "ProbeEvents"], path: "Tests/TestSupport",
            exclude: ["Clients"],
            swiftSettings: house),
        tests("SmartCardTests", ["SmartCard"]),
        tests("PrometheusClientTests", ["PrometheusClient", metrics]),
        tests("GzipTests", ["Gzip", nio]),
        tests("ProbeEventsTests", ["ProbeEvents", "SmartCard"]),
        tests(
            "PCSCShimTests", ["CProbe", "SmartCard", "ProbeEvents", "Taps", "cardlink-probe"], exclude: ["Programs"]),
        tests(
            "ObservabilityTests",
            ["DaemonClient", "Observability", "ProbeEvents", "PrometheusClient", "SmartCard", logging, tracing]),
        tests("CaptureTests", ["Capture", "ProbeEvents", "SmartCard"]),
        tests("WebConfigFileTests", ["WebConfigFile", "Observability"]),
        tests("TapsTests", ["Taps", "ProbeEvents", "SmartCard", "CProbe"]),
        tests("ModemTests", ["Modem", "ProbeEvents", "CProbe", "cardlink-probe", nio, nioPosix]),
        tests(
            "TelemetryExportTests", ["TelemetryExport", "Observability", "ProbeEvents", "PrometheusClient", logging]),
        tests(
            "DaemonClientTests",
            ["DaemonClient", "Observability", "ProbeEvents", "PrometheusClient", "SmartCard", "cardlink-metrics"]),
        tests(
            "DashboardsTests",
            [
                "Dashboards", "Observability", "ProbeDaemon", "ProbeEvents", "PrometheusClient", "SmartCard",
                "cardlink-metrics", "cardlink-probe",
            ], exclude: ["Alerts/Rules"]),
        tests("CardReaderTests", ["CardReader", "ProbeEvents", "SmartCard", "cardlink-probe"]),
        tests("BenchSimulatorTests", ["BenchSimulator", "cardlink-probe"]),
        tests(
            "ProbeStoreTests", ["Observability", "ProbeEvents", "ProbeStore", "SmartCard"],
            exclude: ["first.sql"]),
        tests(
            "ProbeDaemonTests",
            [
                "CardReader", "Modem", "Observability", "ProbeDaemon", "ProbeEvents", "ProbeStore", "PrometheusClient",
                "SmartCard", "TelemetryExport", lifecycle, logging, metrics, nio, nioPosix, tracing,
            ]),
        tests(
            "IntegrationTests",
            [
                "Capture", "Observability", "ProbeEvents", "benchmark", "cardlink-probe", "card-reader", arguments,
            ]),
    ],
    swiftLanguageModes: [.v6],
    cLanguageStandard: .gnu17
)

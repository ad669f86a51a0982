// swift-tools-version: 6.2
import PackageDescription

// To begin a tester of your own, copy this folder and give the path of your checkout, or the URL of its repository.
let package = Package(
    name: "card-reader",
    dependencies: [.package(name: "cardlink-probe", path: "../..")],
    targets: [
        .executableTarget(
            name: "card-reader",
            dependencies: [
                .product(name: "CardReader", package: "cardlink-probe"),
                .product(name: "PrometheusClient", package: "cardlink-probe"),
                .product(name: "ProbeEvents", package: "cardlink-probe"),
                .product(name: "SmartCard", package: "cardlink-probe"),
            ])
    ],
    swiftLanguageModes: [.v6]
)

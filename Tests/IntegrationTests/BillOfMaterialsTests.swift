import Foundation
import TestSupport
import Testing

/// What `examples/packaging/sbom` says is linked into the programs and loaded by them.
@Suite struct BillOfMaterialsTests {
    private struct Bill: Decodable {
        struct Package: Decodable {
            var SPDXID: String
            var name: String
            var versionInfo: String
            var downloadLocation: String
            var licenseDeclared: String
        }
        struct Relationship: Decodable {
            var spdxElementId: String
            var relationshipType: String
            var relatedSpdxElement: String
        }
        var packages: [Package]
        var relationships: [Relationship]
    }

    private struct Resolved: Decodable {
        struct Pin: Decodable {
            struct State: Decodable {
                var revision: String
                var version: String
            }
            var identity: String
            var state: State
        }
        var pins: [Pin]
    }

    @Test func hasAllThatIsLinkedAndIsValid() throws {
        let folder = try TemporaryFolder()
        let script = """
            cd \(Files.package) && export SOURCE_DATE_EPOCH=1700000000
            swift package --ignore-lock show-dependencies --format json >\(folder.file("tree")) &&
                for name in bill again; do
                    examples/packaging/sbom \(Files.probe) \(Files.metrics) <\(folder.file("tree")) >\(folder.file("$name.spdx.json")) || exit
                done
            """
        let made = try Command.run(["bash", "-c", script], within: 60)
        #expect(made.ending == .exited(0), "\(made.errors)")
        let file = folder.file("bill.spdx.json")
        #expect(folder.read("bill.spdx.json") == folder.read("again.spdx.json"))
        let judged = try Command.run(["\(Files.package)/.build/test-python/bin/pyspdxtools", "-i", file], within: 30)
        #expect(judged.ending == .exited(0), "\(judged.output)\(judged.errors)")

        let bill = try JSONDecoder().decode(Bill.self, from: Data(contentsOf: URL(filePath: file)))
        let pins = try JSONDecoder().decode(
            Resolved.self, from: Data(contentsOf: URL(filePath: "\(Files.package)/Package.resolved"))
        ).pins
        let linked = bill.packages.filter { $0.SPDXID.hasPrefix("SPDXRef-Swift-") }
        #expect(
            linked.map { "\($0.name) \($0.versionInfo)" } == pins.map { "\($0.identity) \($0.state.version)" }.sorted())
        for (package, pin) in zip(linked, pins.sorted { $0.identity < $1.identity }) {
            #expect(package.downloadLocation.hasSuffix("@\(pin.state.revision)"))
            #expect(package.licenseDeclared != "NOASSERTION", "\(package.name)")
        }
        let loaded = bill.packages.filter { $0.SPDXID.hasPrefix("SPDXRef-Debian-") }
        #expect(Set(loaded.map(\.name)).isSuperset(of: ["libc6", "libpcsclite1", "libsqlite3-0", "zlib1g"]))
        for package in loaded {
            let version = try Command.run(["dpkg-query", "-W", "-f", "${Version}", package.name]).output
            #expect(package.versionInfo == version)
        }
        let own = bill.relationships.filter { $0.spdxElementId == "SPDXRef-Package-cardlink-probe" }
        #expect(own.filter { $0.relationshipType == "STATIC_LINK" }.count == linked.count + 1)
        #expect(
            own.filter { $0.relationshipType == "DYNAMIC_LINK" }.map(\.relatedSpdxElement) == loaded.map(\.SPDXID))
        #expect(bill.packages.count == linked.count + loaded.count + 2)
    }

    @Test func withoutProgramsItSaysHow() throws {
        let end = try Command.run(["\(Files.package)/examples/packaging/sbom"])
        #expect(end.ending == .exited(64))
        #expect(end.output.contains("usage: "))
    }
}

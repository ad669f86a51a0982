import Foundation
import TestSupport
import Testing

@testable import Observability

/// A file that is changed in its place.
struct ConfigEditTests {
    private static func set(_ key: String, _ texts: [String], in file: String) async throws -> String {
        try await ConfigEdit(try ConfigKeys.table.row(key), to: texts).write(to: file)
    }

    private static func mode(_ path: String) throws -> Int {
        try #require(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int)
    }

    @Test func modeAndLinkStay() async throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("metrics:\n  port: 1 # ours\n", to: "real.yaml")
        let link = folder.file("probe.yaml")
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "real.yaml")
        try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: file)
        #expect(
            try await Self.set("metrics.port", ["2"], in: link)
                == "metrics.port is now 2 in \(link); it counts when the probe is started again")
        #expect(folder.read("real.yaml") == "metrics:\n  port: 2 # ours\n")
        #expect(try Self.mode(file) == 0o640)
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == "real.yaml")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).count == 2)
        #expect(try await Self.set("metrics.port", ["2"], in: link) == "\(link) has metrics.port 2 already")
        #expect(
            try await Self.set("health.timeout", ["2s"], in: link)
                == "health.timeout is now 2s in \(link); it counts at SIGHUP: systemctl reload cardlink-probe")
    }

    @Test func aMissingFileIsMade() async throws {
        let folder = try TemporaryFolder()
        _ = try await Self.set("web.host_names", ["a.example", "b.example"], in: folder.file("new.yaml"))
        #expect(folder.read("new.yaml") == "web:\n  host_names: [a.example, b.example]\n")
        await #expect { try await Self.set("metrics.port", ["1"], in: folder.file("no/new.yaml")) } throws: { error in
            "\(error)" == "cannot write \(folder.file("no/new.yaml")): No such file or directory; the file is as it was"
        }
    }

    @Test(arguments: [
        ("metrics:\n  prot: 1\n", "metrics.port", ["2"], "FILE:2: metrics.prot is no key; did you mean metrics.port?"),
        (
            "metrics: 5\n", "metrics.port", ["2"],
            "FILE:1: metrics.port is written in a way that is not changed here; change it by hand"
        ),
        (
            "metrics: {\n", "metrics.port", ["2"],
            "FILE:2: metrics.port cannot be set: the file is no YAML: did not find expected node content"
        ),
        ("", "metrics.port", ["x"], "metrics.port 'x' is not a whole number from 0 to 65535"),
        (
            "", "metrics.port", ["1", "2"],
            "metrics.port has 2 values where one is allowed: a whole number from 0 to 65535"
        ),
    ])
    func aFileStaysAsItWas(before: String, key: String, values: [String], told: String) async throws {
        let folder = try TemporaryFolder()
        let file = try folder.write(before, to: "probe.yaml")
        await #expect { try await Self.set(key, values, in: file) } throws: { error in
            (error as? ConfigError)?.explanation == told.replacing("FILE", with: file)
        }
        #expect(folder.read("probe.yaml") == before)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["probe.yaml"])
    }

    /// Every key by its first value, one after the other in one file, reads back.
    @Test func everyKeyCanBeSet() async throws {
        let folder = try TemporaryFolder()
        let file = folder.file("probe.yaml")
        for row in ConfigKeys.table.rows where !row.fallbackTexts.isEmpty {
            _ = try await Self.set(row.path, row.fallbackTexts, in: file)
        }
        let settings = try await ConfigSources(file: file).load()
        for row in ConfigKeys.table.rows where !row.fallbackTexts.isEmpty {
            #expect(settings.texts(of: row) == row.fallbackTexts)
            if case .file = settings.origin(of: row) { continue }
            Issue.record("\(row.path) is not from the file")
        }
    }

    @Test func anUnknownKeyNamesTheNearest() {
        #expect { try ConfigKeys.table.row("metrics.prot") } throws: {
            "\($0)" == "metrics.prot is no key; did you mean metrics.port?"
        }
    }
}

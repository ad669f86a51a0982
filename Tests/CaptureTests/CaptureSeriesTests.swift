import Capture
import Foundation
import TestSupport
import Testing

/// Files one after the other: their names, their bounds, and what others do to them meanwhile.
@Suite struct CaptureSeriesTests {
    private let folder: TemporaryFolder
    private let limits = CaptureSeries.Limits(maxBytes: 100, maxFiles: 3, maxAge: .seconds(60))

    init() throws { folder = try TemporaryFolder() }

    private var path: String { folder.file("bench.pcapng") }

    private func names() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    }

    private func bytes(_ byte: UInt8, _ count: Int = 100) -> [UInt8] { [UInt8](repeating: byte, count: count) }

    private func first(_ name: String) -> UInt8? { FileManager.default.contents(atPath: folder.file(name))?.first }

    @Test func theOldestMakesRoom() throws {
        let series = try Series(path, limits: limits, now: 0)
        for byte in UInt8(1)...6 {
            if byte > 1 {
                #expect(series.isTurnDue(now: 1))
                #expect(series.turn(now: 1))
            }
            #expect(series.append(bytes(byte)))
        }
        series.close()
        #expect(try names() == ["bench.1.pcapng", "bench.2.pcapng", "bench.pcapng"])
        #expect(first("bench.pcapng") == 6 && first("bench.1.pcapng") == 5 && first("bench.2.pcapng") == 4)
        for name in try names() {
            let mode = try FileManager.default.attributesOfItem(atPath: folder.file(name))[.posixPermissions] as? Int
            #expect(mode == 0o600)
        }
    }

    @Test func itGoesOnAfterAnEnd() throws {
        for byte in UInt8(1)...2 {
            let series = try Series(path, limits: limits, now: 0)
            #expect(series.append(bytes(byte)))
            series.close()
        }
        #expect(first("bench.pcapng") == 2 && first("bench.1.pcapng") == 1)
        // Fewer are wanted than there are.
        try folder.write("x", to: "bench.2.pcapng")
        try folder.write("x", to: "bench.3.pcapng")
        let few = CaptureSeries.Limits(maxBytes: 100, maxFiles: 1, maxAge: .seconds(60))
        let series = try Series(path, limits: few, now: 0)
        series.close()
        #expect(try names() == ["bench.pcapng"])
    }

    @Test func ageCountsWhereSomethingIsIn() throws {
        let series = try Series(path, limits: limits, now: 0)
        #expect(!series.isTurnDue(now: 61_000_000_000))
        #expect(series.append(bytes(1, 10)))
        #expect(!series.isTurnDue(now: 59_000_000_000))
        #expect(series.isTurnDue(now: 61_000_000_000))
        series.close()
    }

    /// Moved away, removed, or cut by somebody: the next one begins.
    @Test(arguments: ["moved", "removed", "cut"]) func othersDoTheirWork(what: String) throws {
        let series = try Series(path, limits: limits, now: 0)
        #expect(series.append(bytes(1, 10)))
        #expect(!series.isTurnDue(now: 0))
        switch what {
        case "moved": #expect(rename(path, folder.file("elsewhere")) == 0)
        case "removed": #expect(unlink(path) == 0)
        default: #expect(truncate(path, 3) == 0)
        }
        #expect(series.isTurnDue(now: 0))
        #expect(series.turn(now: 0))
        #expect(series.append(bytes(2, 10)))
        series.close()
        #expect(first("bench.pcapng") == 2)
        if what == "moved" { #expect(first("elsewhere") == 1) }
    }

    @Test func twoWritersAreOneTooMany() throws {
        let series = try Series(path, limits: limits, now: 0)
        #expect(throws: CaptureFileError(path: path, errno: EWOULDBLOCK)) {
            _ = try Series(path, limits: limits, now: 0)
        }
        #expect(series.append(bytes(1)))
        #expect(try names() == ["bench.pcapng"])
        series.close()
    }

    /// A folder that is gone: nothing is written, and a second later it is tried again.
    @Test func aFolderThatIsGoneAndBack() throws {
        let folder = folder.file("folder")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        let series = try Series("\(folder)/c", limits: limits, now: 0)
        try FileManager.default.removeItem(atPath: folder)
        #expect(series.isTurnDue(now: 0) && !series.turn(now: 0) && series.failure == ENOENT)
        #expect(!series.append(bytes(1)) && !series.isTurnDue(now: 999_999_999))
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        #expect(series.isTurnDue(now: 1_000_000_000) && series.turn(now: 1_000_000_000))
        #expect(series.append(bytes(1)))
        series.close()
    }

    @Test func aPipeHasNoEnd() throws {
        #expect(mkfifo(path, 0o600) == 0)
        let reader = open(path, O_RDONLY | O_NONBLOCK)
        let series = try Series(path, limits: limits, now: 0)
        #expect(series.append(bytes(1, 500)) && !series.isTurnDue(now: .max))
        series.close()
        close(reader)
        #expect(try names() == ["bench.pcapng"])
    }
}

/// A series that expectations may write.
private final class Series {
    private var value: CaptureSeries

    init(_ path: String, limits: CaptureSeries.Limits, now: UInt64) throws(CaptureFileError) {
        value = try CaptureSeries(path, limits: limits, now: now)
    }

    var failure: Int32 { value.failure }

    func isTurnDue(now: UInt64) -> Bool { value.isTurnDue(now: now) }

    func turn(now: UInt64) -> Bool { value.turn(now: now) }

    func append(_ bytes: [UInt8]) -> Bool { value.append(bytes) }

    func close() { value.close() }
}

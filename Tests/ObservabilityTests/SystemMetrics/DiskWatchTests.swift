import Dispatch
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Observability

struct DiskWatchTests {
    @Test func asTheFileSystemSays() throws {
        let space = try #require(DiskSpace(path: "/dev/shm"))
        let told = try Command.run(["df", "-B1", "--output=used,avail", "/dev/shm"]).output
        let numbers = told.split(separator: "\n").last?.split(separator: " ").compactMap { UInt64($0) } ?? []
        try #require(numbers.count == 2)
        // Other programs may write there between the two looks.
        #expect(abs(Int64(space.usedBytes) - Int64(numbers[0])) < 100_000_000)
        #expect(abs(Int64(space.availableBytes) - Int64(numbers[1])) < 100_000_000)
        #expect(DiskSpace(path: "/nonexistent") == nil)
        #expect(DiskSpace(usedBytes: 3, availableBytes: 1).usedPercent == 75)
        #expect(DiskSpace(usedBytes: 0, availableBytes: 0).usedPercent == nil)
    }

    /// One that hangs is left out, costs its time once, is asked once, and comes back.
    @Test func oneThatHangsHoldsUpNoScrape() throws {
        let gate = DispatchSemaphore(value: 0)
        let asked = Mutex(0)
        let watch = DiskWatch(["/", "/gone"], limit: .milliseconds(100)) { path in
            if path == "/gone",
                asked.withLock({
                    $0 += 1
                    return $0 == 1
                })
            {
                gate.wait()
            }
            return DiskSpace(usedBytes: 1, availableBytes: 1)
        }
        let clock = ContinuousClock()
        let first = clock.measure { #expect(watch.usage().map(\.path) == ["/"]) }
        #expect(first >= .milliseconds(100) && first < .milliseconds(400), "\(first)")
        for _ in 0..<20 {
            let time = clock.measure { #expect(watch.usage().map(\.path) == ["/"]) }
            #expect(time < .milliseconds(90), "\(time)")
        }
        #expect(asked.withLock { $0 } == 1)
        gate.signal()
        #expect(eventually(within: 5) { watch.usage().map(\.path) == ["/", "/gone"] })
    }
}

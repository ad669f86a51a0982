import Gzip
import NIOCore
import TestSupport
import Testing

struct GzipStreamTests {
    @Test(arguments: [0, 1, 1_000, 16_384, 300_000])
    func givesBackWhatWentIn(count: Int) throws {
        var state: UInt32 = 1
        let bytes = (0..<count).map { _ in
            state = state &* 1_664_525 &+ 1_013_904_223
            return UInt8(state >> 24)
        }
        let stream = try #require(GzipStream())
        var buffer = ByteBuffer()
        for start in stride(from: 0, to: count, by: 7_000) {
            stream.compress(ByteBuffer(bytes: bytes[start..<min(start + 7_000, count)]), into: &buffer)
        }
        stream.finish(into: &buffer)
        #expect(inflated(Array(buffer.readableBytesView)) == bytes)
    }
}

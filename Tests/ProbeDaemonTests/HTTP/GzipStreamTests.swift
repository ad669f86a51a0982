import CZlib
import NIOCore
import Testing

@testable import ProbeDaemon

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

/// The content of a whole gzip file; nil when it is none, or is cut short.
func inflated(_ bytes: [UInt8]) -> [UInt8]? {
    var stream = z_stream()
    guard inflateInit2_(&stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else { return nil }
    defer { inflateEnd(&stream) }
    var input = bytes
    var output: [UInt8] = []
    return input.withUnsafeMutableBufferPointer { input -> [UInt8]? in
        stream.next_in = input.baseAddress
        stream.avail_in = UInt32(input.count)
        var room = [UInt8](repeating: 0, count: 65536)
        while true {
            let result = room.withUnsafeMutableBufferPointer { room in
                stream.next_out = room.baseAddress
                stream.avail_out = UInt32(room.count)
                return inflate(&stream, Z_NO_FLUSH)
            }
            output += room.prefix(room.count - Int(stream.avail_out))
            if result == Z_STREAM_END { return output }
            guard result == Z_OK else { return nil }
        }
    }
}

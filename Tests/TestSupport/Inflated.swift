import CZlib

/// The content of a whole gzip file; nil when it is none, or is cut short.
package func inflated(_ bytes: [UInt8]) -> [UInt8]? {
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

internal import CZlib
package import NIOCore

/// Compresses one gzip file piece by piece.
///
/// zlib keeps the address of its state, so the state lies on the heap and the class is not copied. Not for use from two
/// threads at once.
package final class GzipStream {
    // Level 1: scraped text shrinks to about a tenth at each level, and level 6 takes three times as long.
    private static let level: Int32 = 1
    private static let gzipWindow: Int32 = 15 + 16
    private static let roomBytes = 16 * 1024

    private let state: UnsafeMutablePointer<z_stream>

    /// A fresh file; nil when zlib has no memory.
    package init?() {
        state = .allocate(capacity: 1)
        state.initialize(to: z_stream())
        let result = deflateInit2_(
            state, Self.level, Z_DEFLATED, Self.gzipWindow, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
            Int32(MemoryLayout<z_stream>.size))
        guard result == Z_OK else {
            state.deallocate()
            return nil
        }
    }

    deinit {
        deflateEnd(state)
        state.deallocate()
    }

    /// Takes bytes and appends what is ready, which may be nothing.
    package func compress(_ bytes: ByteBuffer, into buffer: inout ByteBuffer) {
        bytes.withUnsafeReadableBytes { run($0.bindMemory(to: UInt8.self), Z_NO_FLUSH, &buffer) }
    }

    /// Appends the rest and the trailer.
    package func finish(into buffer: inout ByteBuffer) {
        run(UnsafeBufferPointer(start: nil, count: 0), Z_FINISH, &buffer)
    }

    private func run(_ input: UnsafeBufferPointer<UInt8>, _ flush: Int32, _ buffer: inout ByteBuffer) {
        // zlib does not write to its input; the cast is for its old C signature.
        state.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
        state.pointee.avail_in = UInt32(clamping: input.count)
        repeat {
            buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: Self.roomBytes) { room in
                let capacity = UInt32(clamping: room.count)
                state.pointee.next_out = room.baseAddress?.assumingMemoryBound(to: UInt8.self)
                state.pointee.avail_out = capacity
                _ = deflate(state, flush)
                return Int(capacity - state.pointee.avail_out)
            }
        } while state.pointee.avail_out == 0
    }
}

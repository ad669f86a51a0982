/// A capture that comes in pieces: keeps no more of it than a block that is not whole, and the last piece.
package struct CaptureStream {
    private var reader: CaptureReader?
    /// What came before there was enough for a format.
    private var begin: [UInt8] = []
    /// Bytes that were let go.
    private var passed = 0

    /// A stream of which nothing came.
    package init() {}

    /// More of it came. What was read before is let go: it is in ``window`` until then.
    package mutating func received(_ piece: [UInt8]) throws(CaptureReadError) {
        guard reader != nil else {
            begin += piece
            guard begin.count >= 24 else { return }
            reader = try CaptureReader(begin)
            begin = []
            return
        }
        passed += reader?.window.read ?? 0
        reader?.append(piece)
    }

    /// The next packet; nil where more of the capture has to come.
    package mutating func next() throws(CaptureReadError) -> CaptureReader.Packet? {
        do throws(CaptureReadError) {
            return try reader?.next()
        } catch {
            if error.fault == .truncated { return nil }
            throw CaptureReadError(fault: error.fault, offset: passed + error.offset)
        }
    }

    /// What is wrong when nothing more comes: the end of a block is missing.
    package var truncation: CaptureReadError? {
        let (have, read) = reader.map { ($0.window.bytes.count, $0.window.read) } ?? (begin.count, 0)
        return have > read ? CaptureReadError(fault: .truncated, offset: passed + read) : nil
    }

    /// What was read since the last piece came, and may be written again.
    package var window: ArraySlice<UInt8> {
        guard let window = reader?.window else { return begin[..<0] }
        return window.bytes[..<min(window.read, window.bytes.count)]
    }
}

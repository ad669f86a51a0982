import Foundation
import Synchronization

/// What a pipe brings, read as it comes.
final class CollectedPipe: Sendable {
    private struct Contents {
        var bytes: [UInt8] = []
        /// Up to here lines were taken.
        var taken = 0
        var isAtEnd = false
    }

    let writingEnd: Int32
    private let readingEnd: Int32
    private let contents = Mutex(Contents())

    init() throws {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw TestFailure("pipe: \(String(cString: strerror(errno)))") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        (readingEnd, writingEnd) = (ends[0], ends[1])
    }

    /// Reads from now on; the program has its end.
    func start() {
        close(writingEnd)
        Thread.detachNewThread { [self] in
            var piece = [UInt8](repeating: 0, count: 65_536)
            while true {
                let count = read(readingEnd, &piece, piece.count)
                guard count > 0 else { break }
                contents.withLock { $0.bytes += piece[..<count] }
            }
            close(readingEnd)
            contents.withLock { $0.isAtEnd = true }
        }
    }

    var text: String { String(decoding: contents.withLock { $0.bytes }, as: UTF8.self) }
    var isAtEnd: Bool { contents.withLock { $0.isAtEnd } }

    /// The next line that was not taken yet, without line feed.
    func nextLine() -> String? {
        contents.withLock { contents in
            let rest = contents.bytes[contents.taken...]
            guard let end = rest.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
            contents.taken = end + 1
            return String(decoding: rest[..<end], as: UTF8.self)
        }
    }

    /// Everything; a grandchild that keeps the pipe open is not waited for.
    func whole() -> String {
        _ = eventually(within: 2) { isAtEnd }
        return text
    }
}

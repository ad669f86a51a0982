internal import CProbe
internal import Glibc

/// A session that a client process has open, as the client itself keeps it in its ring.
package struct HeldSession: Sendable, Hashable {
    /// The name of the client's executable.
    package var program: String
    /// The reader's name as PC/SC gives it.
    package var reader: String
    /// PC/SC's share mode: 1 exclusive, 2 shared, 3 direct.
    package var shareMode: UInt32
    /// Since when, CLOCK_MONOTONIC, nanoseconds.
    package var openedNanoseconds: UInt64
    /// Since when it holds a transaction, CLOCK_MONOTONIC, nanoseconds; nil for none.
    package var transactionNanoseconds: UInt64?
}

/// Reads in a client's ring what is open, without being its receiver.
package enum RingLook {
    /// The name that a ring has among the descriptors of its process.
    package static let descriptorName = "/memfd:" + RING_FILE_NAME

    /// The sessions that are open in a ring, given by the path of its descriptor; none when it is not one.
    package static func sessions(path: String) -> [HeldSession] {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { return [] }
        defer { close(file) }
        guard let base = receiver_map(file, true) else { return [] }
        defer { receiver_unmap(base) }
        var header = ring_header_of(base).pointee
        guard header.isOfThisLayout else { return [] }
        let program = header.identity.program
        return RingSession.open(in: base).map { session in
            HeldSession(
                program: program, reader: session.reader, shareMode: session.shareMode,
                openedNanoseconds: session.openedNanoseconds, transactionNanoseconds: session.transactionNanoseconds)
        }
    }
}

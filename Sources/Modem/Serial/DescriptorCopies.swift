internal import Glibc
internal import NIOCore

/// Copies of a descriptor for a channel that will own and close them; no program that is started gets them.
struct DescriptorCopies {
    private let copies: [Int32]

    /// So many copies, or none: a channel ends the process when it is given a descriptor that is none.
    init(_ count: Int, of descriptor: Int32) throws(IOError) {
        var copies: [Int32] = []
        for _ in 0..<count {
            let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
            guard copy >= 0 else {
                let number = errno
                for copy in copies { close(copy) }
                throw IOError(errnoCode: number, reason: "copying a descriptor")
            }
            copies.append(copy)
        }
        self.copies = copies
    }

    subscript(place: Int) -> Int32 { copies[place] }
}

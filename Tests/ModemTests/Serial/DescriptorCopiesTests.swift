import Glibc
import NIOCore
import Testing

@testable import Modem

@Suite struct DescriptorCopiesTests {
    @Test func noProgramThatIsStartedGetsThem() throws {
        let copies = try DescriptorCopies(2, of: STDERR_FILENO)
        defer { for place in 0...1 { close(copies[place]) } }
        #expect(copies[0] != copies[1])
        for place in 0...1 { #expect(fcntl(copies[place], F_GETFD) == FD_CLOEXEC) }
    }

    /// As it is when the process may have no more.
    @Test func whereThereIsNoneItIsAnError() {
        #expect { try DescriptorCopies(2, of: -1) } throws: { ($0 as? IOError)?.errnoCode == EBADF }
    }
}

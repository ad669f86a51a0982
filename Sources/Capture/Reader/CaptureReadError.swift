internal import ProbeEvents

/// Why bytes are no capture, or no more than the packets before.
package struct CaptureReadError: ExplainedError, Hashable {
    /// What is wrong.
    package enum Fault: Sendable, Hashable {
        /// Neither pcap nor pcapng.
        case notACapture
        /// A pcap or pcapng of another major version.
        case unknownVersion
        /// The bytes end in the middle of a block or record.
        case truncated
        /// A length that cannot be true.
        case wrongLength
        /// A packet of an interface that was not described.
        case unknownInterface
        /// A packet longer than ``CaptureReader/longestPacket``.
        case tooLong
        /// More interfaces than ``CaptureReader/interfaceLimit``.
        case tooManyInterfaces
    }

    /// What is wrong.
    package var fault: Fault
    /// Where the block, record or field begins, bytes from the first one.
    package var offset: Int

    /// One line: what, where, what to do next.
    package var explanation: String {
        switch fault {
        case .notACapture: "no capture: neither pcap nor pcapng; give a file that Wireshark opens"
        case .unknownVersion:
            "a capture of a version that is not known, at byte \(offset); save it again with Wireshark"
        case .truncated: "the capture ends at byte \(offset) in the middle of a block; what is before it was read"
        case .wrongLength: "the capture has a wrong length at byte \(offset); what is before it was read"
        case .unknownInterface:
            "the capture has a packet of an interface that it does not describe at byte \(offset); what is before it was read"
        case .tooLong:
            "the capture has a packet of more than \(CaptureReader.longestPacket) bytes at byte \(offset); what is before "
                + "it was read"
        case .tooManyInterfaces:
            "the capture has more than \(CaptureReader.interfaceLimit) interfaces at byte \(offset); what is before it was read"
        }
    }
}

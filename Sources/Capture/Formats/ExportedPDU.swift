/// Bytes with the name of the dissector that reads them: LINKTYPE_WIRESHARK_UPPER_PDU.
package enum ExportedPDU {
    /// The link type.
    package static let linkType: UInt16 = 252

    private enum Tag {
        static let end: UInt16 = 0
        static let dissector: UInt16 = 12
    }

    /// A packet for a dissector of Wireshark's.
    static func packet(_ payload: [UInt8], dissector: String) -> [UInt8] {
        var name = Array(dissector.utf8)
        name.pad()
        var bytes: [UInt8] = []
        bytes.append(bigEndian: Tag.dissector)
        bytes.append(bigEndian: UInt16(clamping: name.count))
        bytes += name
        bytes.append(bigEndian: Tag.end)
        bytes.append(bigEndian: UInt16(0))
        return bytes + payload
    }
}

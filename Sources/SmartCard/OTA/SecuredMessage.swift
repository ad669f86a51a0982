/// A message to the card that holds a secured packet, or a later part of one (TS 31.115, 4 and 5; ETSI TS 102 225, 5).
///
/// Of the message nothing but the packet's header and lengths is looked at: who sent it, when, and what it says stay
/// closed.
public struct SecuredMessage: Hashable, Sendable {
    /// Which part of a packet that fills several messages this one is (TS 23.040, 9.2.3.24.1 and .8).
    public struct Part: Hashable, Sendable {
        /// The same in all its parts.
        public let reference: UInt16
        /// How many there are.
        public let total: UInt8
        /// Which this is, from 1.
        public let number: UInt8
    }

    /// Which part it is; nil for a packet in one message.
    public let part: Part?
    /// What the packet begins with; nil for a later part, which has none.
    public let header: SecuredPacketHeader?

    /// Reads the TPDU of a short message; nil for one that holds no secured packet.
    public init?(_ message: some Collection<UInt8>) {
        let bytes = Array(message)
        guard let layout = SecuredMessageLayout(bytes, in: bytes.indices) else { return nil }
        part = UserDataHeader.part(bytes[layout.elements])
        guard layout.holdsHeader else {
            header = nil
            return
        }
        guard let header = SecuredPacketHeader(bytes[layout.packet]) else { return nil }
        self.header = header
    }

    /// Reads a page of a cell broadcast; nil for one that holds no secured packet (TS 31.115, 5).
    public init?(cellBroadcast page: some Collection<UInt8>) {
        let bytes = Array(page)
        guard let packet = CellBroadcastLayout.packet(bytes, in: bytes.indices) else { return nil }
        let pages = bytes[5]
        part =
            pages & 0x0F > 1
            ? Part(reference: UInt16(bytes[0]) << 8 | UInt16(bytes[1]), total: pages & 0x0F, number: pages >> 4) : nil
        guard pages >> 4 <= 1 else {
            header = nil
            return
        }
        guard let header = SecuredPacketHeader(bytes[packet]) else { return nil }
        self.header = header
    }
}

/// What a secured packet begins with (ETSI TS 102 225, 5.1).
public struct SecuredPacketHeader: Hashable, Sendable {
    /// The bytes of the packet behind its own length: CPL.
    public let length: UInt16
    /// How it is secured: SPI.
    public let security: PacketSecurity
    /// Which key it is enciphered with: KIc.
    public let cipheringKey: PacketKey
    /// Which key its checksum was made with: KID.
    public let integrityKey: PacketKey
    /// The application on the card that it is for: TAR, three bytes.
    public let application: [UInt8]
    /// Its counter, 40 bits; nil when it is enciphered, when the packet has none, and when it could not be seen.
    public let counter: UInt64?

    /// How many of a packet's first bytes are its header without the checksum.
    static let longest = 16

    init?(_ packet: ArraySlice<UInt8>) {
        let bytes = Array(packet)
        guard bytes.count >= 10 else { return nil }
        length = UInt16(bytes[0]) << 8 | UInt16(bytes[1])
        security = PacketSecurity(UInt16(bytes[3]) << 8 | UInt16(bytes[4]))
        (cipheringKey, integrityKey) = (PacketKey(bytes[5]), PacketKey(bytes[6]))
        application = Array(bytes[7...9])
        let isClear = !security.isEnciphered && security.counterRule != .none && bytes.count >= 15
        counter = isClear ? bytes[10...14].reduce(0) { $0 << 8 | UInt64($1) } : nil
    }
}

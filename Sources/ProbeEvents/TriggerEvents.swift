/// A message that starts a session over the air came to a card.
public struct TriggerSeen: Sendable, Hashable, Codable {
    /// How the packet in it says that it is secured, and which application it is for (ETSI TS 102 225, 5.1).
    public struct Security: Sendable, Hashable, Codable {
        /// SPI: ciphering, checksum, and what is wanted of the answer.
        public var parameters: UInt16
        /// KIc: which key it is enciphered with.
        public var cipheringKey: UInt8
        /// KID: which key its checksum was made with.
        public var integrityKey: UInt8
        /// TAR, three bytes.
        public var application: HexBytes

        /// Values of the packet's header.
        public init(parameters: UInt16, cipheringKey: UInt8, integrityKey: UInt8, application: HexBytes) {
            self.parameters = parameters
            self.cipheringKey = cipheringKey
            self.integrityKey = integrityKey
            self.application = application
        }

        enum CodingKeys: String, CodingKey {
            case parameters = "spi"
            case cipheringKey = "kic"
            case integrityKey = "kid"
            case application = "tar"
        }
    }

    /// When it was given to the card, or told by the modem.
    public var stamp: EventStamp
    /// The reader as PC/SC names it, or the modem's stable name.
    public var device: String
    /// What carried it.
    public var interface: APDUInterface
    /// The process that talked to the card; nil for what a modem tells of itself.
    public var client: ClientProcess?
    /// The session it belongs to; 0 for none.
    public var session: UInt64
    /// What kind of trigger it is.
    public var trigger: TriggerType
    /// The header of its packet; nil when it could not be seen. The payload and its checksum are never told.
    public var security: Security?

    /// A trigger from its parts.
    public init(
        stamp: EventStamp, device: String, interface: APDUInterface, client: ClientProcess? = nil, session: UInt64 = 0,
        trigger: TriggerType, security: Security? = nil
    ) {
        self.stamp = stamp
        self.device = device
        self.interface = interface
        self.client = client
        self.session = session
        self.trigger = trigger
        self.security = security
    }
}

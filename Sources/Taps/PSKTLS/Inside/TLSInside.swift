internal import ProbeEvents

/// What a handshake below TLS 1.3 gives to make keys of, where the shared key is known (RFC 4279, 2; RFC 7627).
struct TLSInside: Sendable {
    /// Messages up to ClientKeyExchange; a longer handshake has no shared key.
    private static let transcriptLimit = 65_536

    var clientHello: ClientHello?
    var serverHello: ServerHello?
    private let keys: TLSKeyRing
    private var transcript: [UInt8] = []
    private var master: [UInt8]?

    init(_ keys: TLSKeyRing) { self.keys = keys }

    /// Hears each message in clear, in order.
    mutating func note(_ message: HandshakeMessage) {
        guard !keys.isEmpty, message.type != .helloRequest, transcript.count <= Self.transcriptLimit else { return }
        transcript += message.whole
    }

    /// The client named the key that both know; the message that does was noted.
    mutating func agree(identity: [UInt8]) {
        guard let key = keys.key(of: identity), let clientHello, let serverHello, let parameters else { return }
        let length = [UInt8(truncatingIfNeeded: key.count >> 8), UInt8(truncatingIfNeeded: key.count)]
        let premaster = length + [UInt8](repeating: 0, count: key.count) + length + key
        let isExtended = serverHello.hasExtendedMasterSecret
        let secret = TLSPRF.bytes(
            48, parameters.prf, secret: premaster, label: isExtended ? "extended master secret" : "master secret",
            seed: isExtended
                ? TLSPRF.hash(transcript, parameters.prf) : clientHello.random + serverHello.random)
        (master, transcript) = (secret, [])
        keys.remember(secret, as: serverHello.sessionID)
    }

    /// The server gave a ticket for later (RFC 5077, 3.3).
    mutating func noteTicket(_ body: ArraySlice<UInt8>, isResumed: Bool) {
        var cursor = ByteCursor(body.dropFirst(4))
        resume(isResumed)
        guard let ticket = cursor.vector(2), let master else { return }
        keys.remember(master, as: Array(ticket))
    }

    /// What reads a side's records from now on; nil where nobody can.
    mutating func opener(for peer: TLSPeer, isResumed: Bool) -> RecordOpener? {
        resume(isResumed)
        guard let clientHello, let serverHello, let parameters else { return nil }
        guard let master else {
            // Without enciphering there is nothing to open; the code at the end cannot be checked.
            return parameters.cipher == .none
                ? RecordOpener(parameters, serverHello, RecordKeys(mac: [], cipher: [], vector: []), isChecked: false)
                : nil
        }
        let block = TLSPRF.bytes(
            2 * (parameters.mac.bytes + parameters.keyBytes + parameters.vectorBytes(serverHello.version)),
            parameters.prf, secret: master, label: "key expansion", seed: serverHello.random + clientHello.random)
        let own = RecordKeys(block, parameters, serverHello.version, of: peer)
        return RecordOpener(parameters, serverHello, own, isChecked: true)
    }

    /// Whether a session of this identity is read; `isOpened` when both sides' Finished could be.
    func reading(of identity: [UInt8]?, isOpened: Bool) -> TLSReading {
        guard !keys.isEmpty, let identity else { return .notAsked }
        guard let parameters else { return .notDeciphered }
        if isOpened { return .read }
        return keys.key(of: identity) == nil && parameters.cipher != .none ? .noKey : .otherKey
    }

    private mutating func resume(_ isResumed: Bool) {
        guard isResumed, master == nil, let clientHello, let serverHello else { return }
        master = keys.secret(of: clientHello.ticket) ?? keys.secret(of: serverHello.sessionID)
    }

    private var parameters: TLSSuiteParameters? {
        serverHello.flatMap { TLSSuiteParameters.of($0.cipherSuite, $0.version) }
    }
}

/// One side's part of the key block (RFC 5246, 6.3).
struct RecordKeys: Sendable {
    var mac: [UInt8]
    var cipher: [UInt8]
    var vector: [UInt8]
}

extension RecordKeys {
    init(_ block: [UInt8], _ parameters: TLSSuiteParameters, _ version: TLSVersion, of peer: TLSPeer) {
        var cursor = ByteCursor(block)
        func own(_ count: Int) -> [UInt8] {
            let pair = [cursor.take(count), cursor.take(count)]
            return Array(pair[peer == .client ? 0 : 1] ?? [])
        }
        mac = own(parameters.mac.bytes)
        cipher = own(parameters.keyBytes)
        vector = own(parameters.vectorBytes(version))
    }
}

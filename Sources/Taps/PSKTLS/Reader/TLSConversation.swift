package import ProbeEvents

/// Reads a TLS connection as it passes, from a copy of its bytes; a plain value without socket and clock.
///
/// Any bytes are taken, in linear time and bounded memory: of each side a record and a handshake message at most.
/// Application data is counted, and kept only where it can be read: with suites that do not encipher, or with keys.
package struct TLSConversation: Sendable {
    /// A handshake in which nothing came for so long before it was broken off has timed out, nanoseconds.
    package static let silenceNanoseconds: UInt64 = 10_000_000_000

    private var client = TLSSide()
    private var server = TLSSide()
    private var report = TLSHandshakeReport(
        began: EventClock(monotonicNanoseconds: 0, wallNanoseconds: 0), endedNanoseconds: 0)
    private var inside: TLSInside
    private var isHandshakeTold = false
    private var hasSucceeded = false
    private var isOver = false
    private var sawServerHelloDone = false
    /// What was wrong after the handshake.
    private var laterError: TLSErrorType?
    private var firstCloser: TLSPeer?
    private var lastHeard: UInt64 = 0

    /// A connection of which nothing came yet; what these keys open is read.
    package init(keys: TLSKeyRing = TLSKeyRing()) { inside = TLSInside(keys) }

    private subscript(peer: TLSPeer) -> TLSSide {
        get { peer == .client ? client : server }
        _modify {
            if peer == .client { yield &client } else { yield &server }
        }
    }

    private var isEmpty: Bool { client.count.bytes == 0 && server.count.bytes == 0 }

    // MARK: What comes

    /// Takes what one side sent.
    package mutating func received(
        _ bytes: some Collection<UInt8>, from peer: TLSPeer, at clock: EventClock
    ) -> [TLSNews] {
        guard !isOver, !bytes.isEmpty else { return [] }
        if isEmpty { report.began = clock }
        lastHeard = clock.monotonicNanoseconds
        self[peer].count.bytes &+= UInt64(bytes.count)
        var news: [TLSNews] = []
        var rest = bytes[...]
        while let record = self[peer].records.next(&rest, at: clock) {
            self[peer].count.records &+= 1
            self[peer].hasTakenLeave = false
            take(record, from: peer, at: clock, &news)
        }
        if self[peer].records.isBroken { noteBroken(at: clock, &news) }
        return news
    }

    /// One side closed; it may still be sent to.
    package mutating func closed(by peer: TLSPeer) { firstCloser = firstCloser ?? peer }

    /// The connection is gone.
    package mutating func ended(at clock: EventClock) -> [TLSNews] {
        guard !isOver else { return [] }
        var news: [TLSNews] = []
        if !isHandshakeTold, !isEmpty {
            let silence = clock.monotonicNanoseconds &- lastHeard
            let isTimeout = silence >= Self.silenceNanoseconds && silence <= UInt64(Int64.max)
            fail(
                isTimeout ? .timeout : .connectionLost, isTimeout ? .timeout : .aborted, by: firstCloser, at: clock,
                &news)
        }
        isOver = true
        news.append(
            .closed(
                TLSEnding(error: endError, endedBy: firstCloser, fromClient: client.count, fromServer: server.count)))
        return news
    }

    private var endError: TLSErrorType? {
        if let laterError { return laterError }
        // Whoever looks whether a port is open says nothing; a server that closes unasked has a reason.
        if isEmpty { return firstCloser == .server ? .connectionLost : nil }
        let isCutShort = hasSucceeded && firstCloser != nil && !client.hasTakenLeave && !server.hasTakenLeave
        return isCutShort ? .connectionLost : nil
    }

    private mutating func noteBroken(at clock: EventClock, _ news: inout [TLSNews]) {
        if isHandshakeTold {
            if hasSucceeded { laterError = laterError ?? .malformed }
        } else {
            fail(.malformed, .failed, by: nil, at: clock, &news)
        }
    }

    private mutating func take(
        _ record: TLSRecord, from peer: TLSPeer, at clock: EventClock, _ news: inout [TLSNews]
    ) {
        switch record.type {
        case .handshake: takeHandshake(record, from: peer, at: clock, &news)
        case .changeCipherSpec: changeCipherSpec(peer)
        case .alert: takeAlert(record, from: peer, at: clock, &news)
        case .applicationData: takeData(record, from: peer, at: clock, &news)
        case .heartbeat: _ = open(record, from: peer)
        }
    }

    /// What a record under keys holds; nil where it cannot be read. Each is to be opened, in order.
    private mutating func open(_ record: TLSRecord, from peer: TLSPeer) -> [UInt8]? {
        guard let opened = self[peer].opener?.open(record) else {
            self[peer].opener = nil
            self[peer].records.keepsData = false
            return nil
        }
        return opened
    }

    // MARK: Handshake

    private mutating func takeHandshake(
        _ record: TLSRecord, from peer: TLSPeer, at clock: EventClock, _ news: inout [TLSNews]
    ) {
        guard self[peer].isEnciphered else {
            for message in self[peer].messages.received(record.body) { take(message, from: peer) }
            return
        }
        _ = open(record, from: peer)
        // The first one is Finished (RFC 5246, 7.4.9); further ones ask for another handshake.
        guard !self[peer].isFinished else { return }
        self[peer].isFinished = true
        report.step = peer == .client ? .clientFinished : .serverFinished
        if client.isFinished, server.isFinished { succeed(at: clock, &news) }
    }

    private mutating func take(_ message: HandshakeMessage, from peer: TLSPeer) {
        inside.note(message)
        switch (message.type, peer) {
        case (.clientHello, .client): takeClientHello(message.body)
        case (.serverHello, .server): takeServerHello(message.body)
        case (.serverKeyExchange, .server): report.step = .serverKeyExchange
        case (.serverHelloDone, .server):
            report.step = .serverHelloDone
            sawServerHelloDone = true
        case (.clientKeyExchange, .client): takeClientKeyExchange(message.body)
        case (.newSessionTicket, .server):
            report.step = .newSessionTicket
            inside.noteTicket(message.body, isResumed: !sawServerHelloDone)
        default: break
        }
    }

    private mutating func takeClientHello(_ body: ArraySlice<UInt8>) {
        report.step = .clientHello
        guard let hello = ClientHello(body) else { return }
        report.version = hello.version
        inside.clientHello = hello
    }

    private mutating func takeServerHello(_ body: ArraySlice<UInt8>) {
        report.step = .serverHello
        guard let hello = ServerHello(body) else { return }
        inside.serverHello = hello
        (report.version, report.cipherSuite) = (hello.version, hello.cipherSuite)
        guard hello.version == .tls13 else { return report.hasExtendedMasterSecret = hello.hasExtendedMasterSecret }
        guard let taken = hello.takenKey, let offered = inside.clientHello?.offeredKeys, offered.indices.contains(taken)
        else { return }
        report.isResumed = offered[taken].isTicket
        report.identity = offered[taken].isTicket ? nil : offered[taken].identity
    }

    private mutating func takeClientKeyExchange(_ body: ArraySlice<UInt8>) {
        report.step = .clientKeyExchange
        // With another key exchange this is no identity.
        guard report.cipherSuite.hasSharedKey else { return }
        var cursor = ByteCursor(body)
        guard let identity = cursor.vector(2), cursor.rest.isEmpty else { return }
        report.identity = Array(identity)
        inside.agree(identity: Array(identity))
    }

    private mutating func changeCipherSpec(_ peer: TLSPeer) {
        // TLS 1.3 has it for show only, and a client may send it right behind its hello (RFC 8446, D.4).
        guard let hello = inside.serverHello, hello.version != .tls13, !self[peer].isEnciphered else { return }
        self[peer].isEnciphered = true
        report.step = peer == .client ? .clientChangeCipherSpec : .serverChangeCipherSpec
        if peer == .server, !sawServerHelloDone { report.isResumed = true }
        self[peer].opener = inside.opener(for: peer, isResumed: !sawServerHelloDone)
        self[peer].records.keepsData = self[peer].opener != nil
    }

    private mutating func succeed(at clock: EventClock, _ news: inout [TLSNews]) {
        guard !isHandshakeTold else { return }
        hasSucceeded = true
        report.reading = inside.reading(
            of: report.identity, isOpened: client.opener != nil && server.opener != nil)
        tell(at: clock, &news)
    }

    private mutating func fail(
        _ error: TLSErrorType, _ result: HandshakeResult, by peer: TLSPeer?, at clock: EventClock,
        _ news: inout [TLSNews]
    ) {
        guard !isHandshakeTold else { return }
        (report.error, report.result, report.endedBy) = (error, result, peer)
        tell(at: clock, &news)
    }

    private mutating func tell(at clock: EventClock, _ news: inout [TLSNews]) {
        isHandshakeTold = true
        report.endedNanoseconds = clock.monotonicNanoseconds
        news.append(.handshake(report))
    }

    // MARK: Alerts and data

    private mutating func takeAlert(
        _ record: TLSRecord, from peer: TLSPeer, at clock: EventClock, _ news: inout [TLSNews]
    ) {
        let body = self[peer].isEnciphered ? open(record, from: peer) : record.body
        guard let alert = body.flatMap({ TLSAlert($0) }) else { return takeSealedAlert(from: peer, at: clock, &news) }
        if alert.isCloseNotify { self[peer].hasTakenLeave = true }
        guard alert.endsConnection else { return }
        if isHandshakeTold {
            if hasSucceeded, !alert.isCloseNotify { laterError = laterError ?? alert.error }
        } else {
            fail(alert.error, alert.isCloseNotify ? .aborted : .failed, of: peer, at: clock, &news)
        }
    }

    /// Ends a handshake by an alert; by one that only complains that the other side is gone (OpenSSL 3: decode_error), it
    /// is the other one that ended it.
    private mutating func fail(
        _ error: TLSErrorType, _ result: HandshakeResult, of peer: TLSPeer, at clock: EventClock,
        _ news: inout [TLSNews]
    ) {
        if let firstCloser, firstCloser != peer {
            fail(.connectionLost, .aborted, by: firstCloser, at: clock, &news)
        } else {
            fail(error, result, by: peer, at: clock, &news)
        }
    }

    /// Behind a handshake that succeeded the last one is close_notify, as far as anybody can tell.
    private mutating func takeSealedAlert(from peer: TLSPeer, at clock: EventClock, _ news: inout [TLSNews]) {
        self[peer].hasTakenLeave = true
        fail(self[peer].isEnciphered ? .encryptedAlert : .otherAlert, .failed, of: peer, at: clock, &news)
    }

    private mutating func takeData(
        _ record: TLSRecord, from peer: TLSPeer, at clock: EventClock, _ news: inout [TLSNews]
    ) {
        guard inside.serverHello?.version != .tls13 else { return takeSealed(record, from: peer, at: clock, &news) }
        guard self[peer].opener != nil, let bytes = open(record, from: peer) else { return }
        news.append(.data(TLSApplicationData(peer: peer, bytes: bytes, began: record.began, ended: clock)))
    }

    /// In TLS 1.3 messages and alerts are application data by their type, from ServerHello on.
    private mutating func takeSealed(
        _ record: TLSRecord, from peer: TLSPeer, at clock: EventClock, _ news: inout [TLSNews]
    ) {
        let isAlert = report.cipherSuite.sealedAlertBytes == record.length
        self[peer].hasTakenLeave = isAlert
        guard !isHandshakeTold else { return }
        if isAlert { return fail(.encryptedAlert, .failed, of: peer, at: clock, &news) }
        if peer == .server {
            report.step = .serverFlight
        } else if report.step == .serverFlight {
            report.step = .clientFinished
            succeed(at: clock, &news)
        }
    }
}

extension CipherSuite {
    /// The length of a record of TLS 1.3 that holds an alert: level, code, type and tag (RFC 8446, 5.2).
    fileprivate var sealedAlertBytes: Int { self == .aes128CCM8SHA256 ? 11 : 19 }

    /// Whether ClientKeyExchange holds an identity and nothing else (RFC 4279, 2).
    fileprivate var hasSharedKey: Bool {
        switch self {
        case .pskAES128CBCSHA256, .pskNullSHA256, .pskAES128CBCSHA, .psk3DESCBCSHA, .pskNullSHA, .pskRC4SHA,
            .pskAES256CBCSHA, .pskAES128GCMSHA256, .pskAES256GCMSHA384, .pskAES256CBCSHA384, .pskNullSHA384,
            .pskAES128CCM, .pskAES128CCM8:
            true
        // PSK with ChaCha20 and the other CCM lengths are not in the vocabulary.
        case .other, .aes128GCMSHA256, .aes128CCMSHA256, .aes256GCMSHA384, .chacha20Poly1305SHA256, .aes128CCM8SHA256,
            .none:
            false
        }
    }
}

package import ProbeEvents
package import SmartCard

/// Hides identities and keys in the contents of files, in exchanges that were kept with these contents.
///
/// It hears every event in order. What a file holds is judged by which file is selected; where that is not certain (a
/// session that began with a file selected, two sessions at once on a reader, events lost), contents are cut.
package struct IdentityMask: Sendable {
    /// What becomes of identities. Keys are cut whatever was asked for.
    package enum Treatment: Sendable {
        /// They are replaced by their hash.
        case hashed(IdentityHash)
        /// They are cut, since there is no key to hash them with.
        case cut
        /// They stay.
        case shown
    }

    /// An exchange in which nothing is left to hide.
    package struct Masked: Sendable {
        /// It.
        package var exchange: APDUExchange
        /// Bytes of it that were written as 00 here.
        package var cutBytes = 0
        /// What was done, in two words; empty when nothing was.
        package var remark = ""
        /// The card, when the exchange tells its ICCID or EID and there is a key to hash it with.
        package var card: CardIdentified?
    }

    private struct Session: Hashable {
        var client: UInt64
        var number: UInt64
    }

    /// A reader's card, with those who talk to it.
    private struct Card {
        var atr: HexBytes = []
        var selection = FileSelection()
        /// Whose commands made the selection.
        var selector: Session?
        var sessions: Set<Session> = []
    }

    /// On further readers nothing is certain.
    private static let readerLimit = 256

    private let treatment: Treatment
    private var cards: [String: Card] = [:]

    /// A mask that has seen nothing yet.
    package init(_ treatment: Treatment) { self.treatment = treatment }

    /// Forgets which files are selected: events were lost.
    package mutating func forget() {
        for reader in cards.keys { cards[reader]?.selection.forget() }
    }

    /// Hears an event that is no exchange.
    package mutating func observe(_ event: ProbeEvent) {
        switch event {
        case .sessionOpened(let event):
            let isKnown = cards[event.reader] != nil || cards.count < Self.readerLimit
            guard isKnown else { return }
            cards[event.reader, default: Card()].sessions.insert(
                Session(client: event.client.id, number: event.session))
        case .sessionClosed(let event):
            cards[event.reader]?.sessions.remove(Session(client: event.client.id, number: event.session))
            cards[event.reader]?.selection.forget()
        case .operation(let event):
            // Each of these may reset the card, or lets others at it.
            guard [.reconnect, .disconnect, .endTransaction, .control].contains(event.operation) else { return }
            cards[event.reader]?.selection.forget()
        case .readerChanged(let event): cards[event.reader]?.selection.forget()
        case .eventsDropped: forget()
        case .cardIdentified(let event):
            guard cards[event.reader] != nil || cards.count < Self.readerLimit else { return }
            cards[event.reader, default: Card()].atr = event.atr
        case .clientEnded(let event):
            // The ends of some of its sessions may have been lost.
            for (reader, card) in cards where card.sessions.contains(where: { $0.client == event.client.id }) {
                cards[reader]?.sessions = card.sessions.filter { $0.client != event.client.id }
            }
        case .apdu, .clientAttached, .clientDrained, .sourceState: break
        case .atCommand, .urc, .modemChanged, .modemIdentified, .simChanged, .registrationChanged, .signalMeasured:
            break
        case .bipOpened, .bipData, .bipLinkChanged, .bipDataWaiting, .bipClosed, .bipFailed, .triggerSeen: break
        case .tls, .ota, .esim, .phone, .test, .database: break
        }
    }

    /// The exchange without identities and keys.
    package mutating func masked(_ exchange: APDUExchange) -> Masked {
        let command = CommandAPDU(exchange.command.bytes)
        let target = target(of: exchange)
        let policy = CommandLookup.shared.payload(cla: command.cla, ins: command.ins, p1: command.p1)
        guard policy == .file, !command.isMalformed else { return hideESIM(exchange, command) }
        let response = ResponseAPDU(exchange.response.bytes)
        let data = exchange.command.bytes[command.dataRange]
        let answer = exchange.response.bytes[response.dataRange]
        guard !data.isEmpty || !answer.isEmpty else { return Masked(exchange: exchange) }
        if let secret = Self.dataObject(command, data) { return hide(exchange, secret) }
        switch target {
        case .unknown: return cut(exchange, remark: "file unknown")
        case .file(let file):
            let secret = file.secret ?? CardSecret(contents: answer) ?? CardSecret(contents: data)
            return secret.map { hide(exchange, $0) } ?? Masked(exchange: exchange)
        case .none: return Masked(exchange: exchange)
        }
    }

    private mutating func target(of exchange: APDUExchange) -> FileSelection.Target {
        let response = exchange.resultCode == 0 ? exchange.response.bytes : []
        let session = Session(client: exchange.client.id, number: exchange.session)
        guard var card = cards[exchange.reader], card.sessions.contains(session) else {
            // Somebody whose session was not seen may have selected anything.
            cards[exchange.reader]?.selection.forget()
            var nothingKnown = FileSelection()
            return nothingKnown.observe(command: exchange.command.bytes, response: response)
        }
        if card.selector != session || card.sessions.count > 1 { card.selection.forget() }
        card.selector = session
        let target = card.selection.observe(command: exchange.command.bytes, response: response)
        cards[exchange.reader] = card
        return target
    }

    /// What GET DATA asks for, in P1 and P2 or by the tag list in its data (ISO/IEC 7816-4, 11.4).
    private static func dataObject(_ command: CommandAPDU, _ data: ArraySlice<UInt8>) -> CardSecret? {
        guard command.ins == 0xCA || command.ins == 0xCB else { return nil }
        if let secret = CardSecret(dataObject: UInt16(command.p1) << 8 | UInt16(command.p2)) { return secret }
        guard data.first == 0x5C else { return nil }
        let tags = Array(data.dropFirst(2))
        return tags.indices.lazy.compactMap { index in
            CardSecret(dataObject: UInt16(tags[index]))
                ?? (index + 1 < tags.count
                    ? CardSecret(dataObject: UInt16(tags[index]) << 8 | UInt16(tags[index + 1])) : nil)
        }.first
    }

    private func hide(_ exchange: APDUExchange, _ secret: CardSecret) -> Masked {
        guard secret.isIdentity else { return cut(exchange, remark: "\(secret.name) cut") }
        switch treatment {
        case .shown: return Masked(exchange: exchange)
        case .cut: return cut(exchange, remark: "\(secret.name) cut")
        case .hashed(let hash):
            var masked = Masked(exchange: exchange, remark: "\(secret.name) hashed")
            replace(CommandAPDU(exchange.command.bytes).dataRange, in: &masked.exchange.command.bytes, hash, secret)
            replace(ResponseAPDU(exchange.response.bytes).dataRange, in: &masked.exchange.response.bytes, hash, secret)
            if secret == .iccid { masked.card = card(exchange, hash) }
            return masked
        }
    }

    /// What an eUICC tells of itself and its profiles, where an answer may stand.
    private func hideESIM(_ exchange: APDUExchange, _ command: CommandAPDU) -> Masked {
        guard [0xC0, 0xE2].contains(command.ins), let answer = try? ESIMAnswer(exchange.response.bytes),
            let first = answer.identities.first
        else { return Masked(exchange: exchange) }
        switch treatment {
        case .shown: return Masked(exchange: exchange)
        case .cut: return cut(exchange, remark: "\(first.kind.name) cut")
        case .hashed(let hash):
            var masked = Masked(exchange: exchange, remark: "\(first.kind.name) hashed")
            for identity in answer.identities {
                replace(identity.range, in: &masked.exchange.response.bytes, hash, identity.kind)
            }
            if first.kind == .eid { masked.card = eUICC(exchange, exchange.response.bytes[first.range], hash) }
            return masked
        }
    }

    /// An EID is thirty-two digits, as modems and LPAs say it (SGP.29, 5).
    private func eUICC(_ exchange: APDUExchange, _ eid: ArraySlice<UInt8>, _ hash: IdentityHash) -> CardIdentified {
        let digits = HexBytes(Array(eid)).description.utf8
        return CardIdentified(
            stamp: exchange.stamp, client: exchange.client, reader: exchange.reader,
            atr: cards[exchange.reader]?.atr ?? [], eidHash: hash.text(of: digits, kind: .eid))
    }

    /// The card whose EF.ICCID was read as a whole (TS 102 221, 13.2).
    private func card(_ exchange: APDUExchange, _ hash: IdentityHash) -> CardIdentified? {
        let command = CommandAPDU(exchange.command.bytes)
        guard command.ins == 0xB0, exchange.statusWord == StatusWord(0x9000),
            let digits = Self.digits(exchange.response.bytes[ResponseAPDU(exchange.response.bytes).dataRange])
        else { return nil }
        return CardIdentified(
            stamp: exchange.stamp, client: exchange.client, reader: exchange.reader,
            atr: cards[exchange.reader]?.atr ?? [], iccidHash: hash.text(of: digits, kind: .iccid))
    }

    /// The number as modems say it, so that a card has the same hash in both: pairs of digits, the first one low, F behind
    /// the last; it begins with the 89 of telecommunication (ITU-T E.118).
    private static func digits(_ contents: ArraySlice<UInt8>) -> [UInt8]? {
        guard contents.count == 10 else { return nil }
        var nibbles = contents.flatMap { [$0 & 0x0F, $0 >> 4] }
        while nibbles.last == 0x0F { nibbles.removeLast() }
        guard nibbles.count >= 18, nibbles.allSatisfy({ $0 < 10 }), nibbles.starts(with: [8, 9]) else { return nil }
        return nibbles.map { 0x30 + $0 }
    }

    private func replace(_ range: Range<Int>, in bytes: inout [UInt8], _ hash: IdentityHash, _ secret: CardSecret) {
        bytes.replaceSubrange(range, with: hash.bytes(of: bytes[range], kind: secret))
    }

    private func cut(_ exchange: APDUExchange, remark: String) -> Masked {
        var masked = Masked(exchange: exchange, remark: remark)
        masked.cutBytes = masked.exchange.cut(to: .capture)
        return masked
    }
}

extension APDUExchange {
    /// Whether ``cut(to:)`` may change anything.
    func mayBeCut(to level: Redaction.Level) -> Bool {
        response.bytes.count < 2 && !response.bytes.isEmpty
            || !Redaction.keepsWhole(CommandAPDU(command.bytes), level: level)
    }

    /// Cuts what a level does not keep; how many bytes that are.
    @discardableResult
    package mutating func cut(to level: Redaction.Level) -> Int {
        let kept = Redaction.kept(command: command.bytes, response: response.bytes, level: level)
        guard kept.cut else { return 0 }
        command = HexBytes(kept.command)
        response = HexBytes(kept.response)
        isCut = true
        return kept.cutBytes
    }
}

internal import ProbeEvents
internal import SmartCard

/// A card reader as the bench knows it.
struct LiveReader: LiveDevice {
    let name: String
    var isPresent = true
    var hasCard: Bool?
    var isMute = false
    /// Whether the watch over readers tells of it; then programs' calls say nothing about whether it is there.
    private var isWatched = false
    private(set) var atr: [UInt8] = []
    private(set) var commands: UInt64 = 0
    private(set) var errors: UInt64 = 0
    private(set) var lastUsedWall: UInt64?
    private(set) var contact = ContactQuality()
    /// Commands that the card does not answer as usual.
    var drifts: [CardDrift] = []

    init(name: String) { self.name = name }

    mutating func note(_ change: ReaderChange) {
        isWatched = true
        isMute = false
        _ = contact.note(change)
        switch change.change {
        case .readerCame: (isPresent, hasCard) = (true, false)
        case .readerWent: (isPresent, hasCard, atr) = (false, false, [])
        case .cardCame:
            (isPresent, hasCard) = (true, true)
            learn(change.atr.bytes)
        case .cardWent: (hasCard, atr) = (false, [])
        }
    }

    /// One longer than an ATR can be is cut.
    mutating func learn(_ atr: [UInt8]) { self.atr = Array(atr.prefix(ATR.maximumLength)) }

    mutating func note(_ opened: ReaderSessionOpened) {
        // In direct mode there need be no card.
        if opened.shareMode != 3 { sawCard() }
    }

    mutating func note(_ exchange: APDUExchange, _ verdict: APDUVerdict) {
        _ = contact.note(exchange)
        if exchange.reachedCard {
            commands += 1
            if case .error = verdict { errors += 1 }
            lastUsedWall = exchange.stamp.wallNanoseconds
        }
        if exchange.resultCode == 0 { sawCard() } else { note(resultCode: exchange.resultCode) }
    }

    mutating func note(_ operation: ReaderOperation) {
        _ = contact.note(operation)
        note(resultCode: operation.resultCode)
    }

    private mutating func sawCard() {
        isMute = false
        guard !isWatched else { return }
        (isPresent, hasCard) = (true, true)
    }

    private mutating func note(resultCode: UInt32) {
        switch resultCode {
        // W_UNRESPONSIVE_CARD
        case 0x8010_0066: isMute = true
        // E_NO_SMARTCARD, W_REMOVED_CARD
        case 0x8010_000C where !isWatched, 0x8010_0069 where !isWatched: hasCard = false
        // E_UNKNOWN_READER, E_READER_UNAVAILABLE
        case 0x8010_0009 where !isWatched, 0x8010_0017 where !isWatched: (isPresent, hasCard) = (false, false)
        default: break
        }
    }
}

extension BenchStatus.Reader {
    init(_ reader: LiveReader, _ open: LiveSessions, now: UInt64) {
        (name, isPresent, hasCard, isMute) = (reader.name, reader.isPresent, reader.hasCard, reader.isMute)
        let decoded = try? ATR(reader.atr)
        card = decoded.flatMap { $0.likelyCard == .unknown ? nil : $0.likelyCard.name }
        atrDescription = reader.atr.isEmpty ? nil : decoded?.description ?? "malformed"
        sessions = open.count(on: reader.name)
        (commands, errors) = (reader.commands, reader.errors)
        lastUsed = reader.lastUsedWall.map { RFC3339.text(wallNanoseconds: $0) }
        let score = reader.contact.score(at: now)
        if score.ratio < 1 {
            contact = BenchStatus.Contact(
                ratio: score.ratio,
                events: Dictionary(uniqueKeysWithValues: score.events.map { ($0.key.name, $0.value) }))
        }
        let off = reader.drifts.map {
            BenchStatus.Drift(
                command: $0.command.name, slowdown: $0.slowdown, unusualAnswers: $0.unusualAnswers)
        }
        drifts = off.isEmpty ? nil : off
    }
}

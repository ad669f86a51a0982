package import ProbeEvents
internal import SmartCard

/// How well a reader's contacts reach its card, from what goes wrong between the two in ten minutes.
///
/// A value of a few hundred bytes; what is told is that there are three faults at least: hands pull cards, too.
package struct ContactQuality: Sendable, Hashable {
    /// How it is at a moment.
    package struct Score: Sendable, Hashable {
        /// The part of commands and faults that are commands; 1 where there are too few faults to tell.
        package var ratio: Double
        /// How often each thing happened, what is no fault too.
        package var events: [ContactEvent: UInt64]
    }

    private struct Minute: Sendable, Hashable {
        var number: UInt64 = 0
        var commands: UInt64 = 0
        var events = [UInt64](repeating: 0, count: ContactEvent.allCases.count)
    }

    private struct Exchange: Sendable, Hashable {
        var session: SessionKey
        var command: HexBytes
    }

    /// With less of them nothing is told.
    package static let fewestFaults: UInt64 = 3
    private static let minutes = 10
    private static let minuteNanoseconds: UInt64 = 60_000_000_000
    /// No hand changes a card in that time.
    private static let bounceNanoseconds: UInt64 = 2_000_000_000
    /// A program that finds its card reset was not looking for as long, perhaps.
    private static let resetNanoseconds: UInt64 = 10_000_000_000

    private var all = [Minute](repeating: Minute(), count: minutes)
    private var atr: HexBytes = []
    private var wentNanoseconds: UInt64?
    private var disturbedNanoseconds: UInt64?
    private var isKnownMute = false
    private var broken: Exchange?

    package init() {}

    /// What there is to count of a command beside it itself.
    package mutating func note(_ exchange: APDUExchange) -> [ContactEvent] {
        let now = exchange.stamp.endNanoseconds
        let sent = Exchange(
            session: SessionKey(exchange.client, exchange.session), command: exchange.command)
        var events: [ContactEvent] = sent == broken ? [.retry] : []
        broken = nil
        if let word = exchange.statusWord {
            isKnownMute = false
            minute(now) { $0.commands += 1 }
            if word.sw1 == 0x6C { events.append(.lengthCorrected) }
        } else if exchange.resultCode == 0 {
            // Some drivers call it a success when a card goes in the middle of a command.
            broken = sent
            events.append(.communication)
        } else if exchange.resultCode == 0x8010_0068 {  // W_RESET_CARD
            if exchange.isSharingExact, !isDisturbed(now) { events.append(.reset) }
        } else if let event = event(of: exchange.resultCode) {
            if event == .communication { broken = sent }
            events.append(event)
        }
        return count(events, now)
    }

    /// The same of another call.
    package mutating func note(_ operation: ReaderOperation) -> [ContactEvent] {
        let now = operation.stamp.endNanoseconds
        switch operation.operation {
        // Either may reset the card.
        case .disconnect where operation.resultCode == 0, .reconnect where operation.resultCode == 0:
            disturbedNanoseconds = now
        default: break
        }
        return count(event(of: operation.resultCode).map { [$0] } ?? [], now)
    }

    /// The same of a card that comes or goes.
    package mutating func note(_ change: ReaderChange) -> [ContactEvent] {
        let now = change.stamp.startNanoseconds
        defer { (isKnownMute, broken) = (false, nil) }
        switch change.change {
        case .readerCame, .readerWent:
            (wentNanoseconds, atr) = (nil, [])
            return []
        case .cardWent:
            wentNanoseconds = now
            return []
        case .cardCame:
            defer { (wentNanoseconds, atr) = (nil, change.atr) }
            disturbedNanoseconds = now
            guard let went = wentNanoseconds, now &- went < Self.bounceNanoseconds else { return [] }
            let isOther = !atr.bytes.isEmpty && !change.atr.bytes.isEmpty && atr != change.atr
            return count([isOther ? .atrChanged : .bounce], now)
        }
    }

    /// How it is at a moment of CLOCK_MONOTONIC.
    package func score(at now: UInt64) -> Score {
        let first = now / Self.minuteNanoseconds
        let recent = all.filter { $0.number + UInt64(Self.minutes) > first && $0.number <= first }
        var events: [ContactEvent: UInt64] = [:]
        for event in ContactEvent.allCases {
            let count = recent.reduce(0) { $0 + $1.events[Int(event.rawValue)] }
            if count > 0 { events[event] = count }
        }
        let commands = recent.reduce(0) { $0 + $1.commands }
        let faults = events.reduce(0) { $0 + ($1.key.isFault ? $1.value : 0) }
        return Score(
            ratio: faults < Self.fewestFaults ? 1 : Double(commands) / Double(commands + faults), events: events)
    }

    /// Whether somebody who is seen may have reset the card: then that says nothing of contacts.
    private func isDisturbed(_ now: UInt64) -> Bool {
        disturbedNanoseconds.map { now &- min($0, now) < Self.resetNanoseconds } ?? false
    }

    private mutating func event(of code: UInt32) -> ContactEvent? {
        switch code {
        // W_UNRESPONSIVE_CARD, W_UNPOWERED_CARD: once, however often a program asks.
        case 0x8010_0066, 0x8010_0067:
            defer { isKnownMute = true }
            return isKnownMute ? nil : .mute
        // E_NOT_TRANSACTED, E_COMM_DATA_LOST
        case 0x8010_0016, 0x8010_002F: return .communication
        default: return nil
        }
    }

    private mutating func count(_ events: [ContactEvent], _ now: UInt64) -> [ContactEvent] {
        if !events.isEmpty {
            minute(now) { minute in
                for event in events { minute.events[Int(event.rawValue)] += 1 }
            }
        }
        return events
    }

    private mutating func minute(_ now: UInt64, _ change: (inout Minute) -> Void) {
        let number = now / Self.minuteNanoseconds
        let place = Int(number % UInt64(Self.minutes))
        if all[place].number != number { all[place] = Minute(number: number) }
        change(&all[place])
    }
}

extension ContactEvent {
    /// Whether it speaks against the contacts by itself.
    package var isFault: Bool {
        switch self {
        case .mute, .communication, .reset, .bounce, .atrChanged: true
        case .retry, .lengthCorrected: false
        }
    }
}

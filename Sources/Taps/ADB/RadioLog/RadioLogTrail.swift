internal import ProbeEvents
internal import SmartCard

/// Follows the channels of the cards in a phone by the lines of its radio log.
///
/// Most phones tell the arrival of a command and its type in two lines, and the answer whole: then the command is what its
/// answer repeats of it. A command of which only that is told, and that nobody answers, is taken as done.
struct RadioLogTrail {
    /// A card and what is not told whole yet.
    private struct Slot {
        var trail: ProactiveTrail
        /// A command arrived of which the type is to follow.
        var arrived: Arrival?
        /// A command of which the type is known and that was not answered.
        var asked: (type: UInt8, clock: EventClock)?
        /// The same command was told whole, by the native side.
        var isToldTwice = false
    }

    private enum Arrival {
        case command, notice
    }

    /// Phones have two slots; some have three.
    private static let slotLimit = 4

    private let phone: String
    private var slots: [Int: Slot] = [:]
    private var lastSlot = 0

    /// A phone whose cards have no channels.
    init(phone: String) { self.phone = phone }

    /// What a line did to channels.
    mutating func note(_ line: RadioLogLine, at clock: EventClock) -> [ProbeEvent] {
        let number = line.slot ?? lastSlot
        guard (0..<Self.slotLimit).contains(number) else { return [] }
        lastSlot = number
        var slot = slots[number] ?? Slot(trail: newTrail(number))
        defer { slots[number] = slot }
        switch line.kind {
        case .command(let bytes): return take(bytes, .command, in: &slot, at: clock)
        case .notice(let bytes): return take(bytes, .notice, in: &slot, at: clock)
        case .type(let type):
            defer { slot.arrived = nil }
            switch slot.arrived {
            case .command: slot.asked = (type, clock)
            case .notice: return slot.trail.take(.type(type), at: clock)
            case nil: break
            }
            return []
        case .response(let bytes): return answer(bytes, in: &slot, at: clock)
        case .envelope(let bytes): return settle(&slot, at: clock) + slot.trail.take(.envelope(bytes), at: clock)
        case .end: return settle(&slot, at: clock) + slot.trail.take(.end, at: clock)
        }
    }

    /// Nobody tells of the cards any more.
    mutating func reset(at clock: EventClock) -> [ProbeEvent] {
        defer { (slots, lastSlot) = ([:], 0) }
        return slots.sorted { $0.key < $1.key }.flatMap { $0.value.trail.ended(at: clock) }
    }

    /// A card's slot tells its channels from those of the other one.
    private func newTrail(_ slot: Int) -> ProactiveTrail {
        ProactiveTrail(device: phone, session: UInt64(slot), source: .adb)
    }

    private func take(_ bytes: [UInt8], _ kind: Arrival, in slot: inout Slot, at clock: EventClock) -> [ProbeEvent] {
        guard !bytes.isEmpty else {
            if slot.isToldTwice {
                slot.isToldTwice = false
                return []
            }
            let before = settle(&slot, at: clock)
            slot.arrived = kind
            return before
        }
        let before = settle(&slot, at: clock)
        (slot.arrived, slot.isToldTwice) = (nil, true)
        return before + slot.trail.take(kind == .command ? .command(bytes) : .notice(bytes), at: clock)
    }

    private func answer(_ bytes: [UInt8], in slot: inout Slot, at clock: EventClock) -> [ProbeEvent] {
        guard let asked = slot.asked else { return slot.trail.take(.response(bytes), at: clock) }
        slot.asked = nil
        guard let details = try? TerminalResponse(bytes).details, details.type.code == asked.type,
            let command = AssumedToolkit.command(
                ofType: asked.type, number: details.number, qualifier: details.qualifier)
        else { return slot.trail.take(.response(bytes), at: clock) }
        return slot.trail.take(.command(command), at: asked.clock) + slot.trail.take(.response(bytes), at: clock)
    }

    /// A command that was not answered is taken as done.
    private func settle(_ slot: inout Slot, at clock: EventClock) -> [ProbeEvent] {
        slot.arrived = nil
        guard let asked = slot.asked else { return [] }
        slot.asked = nil
        return slot.trail.take(.type(asked.type), at: asked.clock)
    }
}

extension ProactiveTrail {
    fileprivate func ended(at clock: EventClock) -> [ProbeEvent] {
        var last = self
        return last.reset(.sourceGone, at: clock)
    }
}

@testable import SmartCard

/// libFuzzer: whatever is given to a card as a message, and whatever it says of it, each packet begins once and ends once,
/// with no more bytes than there were, and what redaction leaves reads as the whole does.
///
/// An input is a talk: messages of one byte for the kind, one for the length, and their bytes.
@_cdecl("LLVMFuzzerTestOneInput")
public func takePackets(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    var card = Card()
    var rest = UnsafeBufferPointer(start: start, count: count)[...]
    while let kind = rest.first, let length = rest.dropFirst().first {
        card.take(kind, Array(rest.dropFirst(2).prefix(Int(length))))
        rest = rest.dropFirst(2 + Int(length))
    }
    card.end()
    return 0
}

private struct Card {
    private var tracker = SecuredMessageTracker()
    private var (began, ended) = (0, 0)
    private var given = 0
    private var now: UInt64 = 0

    mutating func take(_ kind: UInt8, _ bytes: [UInt8]) {
        now += 1
        given += bytes.count
        switch kind & 7 {
        case 0, 1: observe(message(bytes))
        case 2: observe(SecuredMessage(cellBroadcast: bytes))
        case 3, 4:
            holdAnswer(bytes)
            note(tracker.answered(bytes, atNanoseconds: now))
        case 5:
            holdSubmitted(bytes)
            note(tracker.submitted(bytes, atNanoseconds: now))
        case 6: note(tracker.answered(bytes + [0x61, 0x10], atNanoseconds: now))
        default: note(tracker.reset(atNanoseconds: now))
        }
        precondition(began - ended == (tracker.isFollowing ? 1 : 0))
        precondition(tracker.isFollowing || !tracker.awaitsAnswer)
    }

    mutating func end() {
        note(tracker.reset(atNanoseconds: now))
        precondition(began == ended && !tracker.isFollowing)
    }

    private mutating func observe(_ message: SecuredMessage?) {
        guard let message else { return }
        if let header = message.header { hold(header) }
        let seen = tracker.observe(message, atNanoseconds: now)
        if seen.began != nil { began += 1 }
        note(seen.ended)
    }

    private mutating func note(_ packet: DeliveredPacket?) {
        guard let packet else { return }
        ended += 1
        precondition(packet.startNanoseconds <= packet.endNanoseconds && packet.endNanoseconds <= now)
        precondition(packet.parts > 0 && (packet.receipt?.additionalBytes ?? 0) <= 0xFFFF)
        precondition(packet.ending == nil || !packet.isTaken)
    }

    private func hold(_ header: SecuredPacketHeader) {
        precondition(header.application.count == 3 && header.counter ?? 0 < 1 << 40)
        precondition(!header.security.isEnciphered || header.counter == nil)
        _ = (header.cipheringKey.cipherName, header.integrityKey.checksumName(header.security.integrity))
    }

    /// The message, and the same as redaction leaves it.
    private func message(_ bytes: [UInt8]) -> SecuredMessage? {
        let message = SecuredMessage(bytes)
        guard bytes.count < 0x7E else { return message }
        let body = [0x8B, UInt8(bytes.count)] + bytes
        let envelope = [0x80, 0xC2, 0x00, 0x00, UInt8(body.count + 2), 0xD1, UInt8(body.count)] + body
        let kept = Redaction.kept(command: envelope, response: [0x90, 0x00]).command
        precondition(kept.count == envelope.count && SecuredMessage(kept.suffix(bytes.count)) == message)
        return message
    }

    private func holdAnswer(_ bytes: [UInt8]) {
        for isEnciphered in [false, true] {
            let receipt = ProofOfReceipt(answer: bytes, isEnciphered: isEnciphered)
            guard bytes.count < 0x100 else { continue }
            let kept = Redaction.kept(command: [0x00, 0xC0, 0x00, 0x00, 0x00], response: bytes + [0x90, 0x00]).response
            precondition(ProofOfReceipt(answer: kept.dropLast(2), isEnciphered: isEnciphered) == receipt)
        }
    }

    private func holdSubmitted(_ bytes: [UInt8]) {
        let receipt = ProofOfReceipt(submitted: bytes, isEnciphered: false)
        precondition((receipt?.additionalBytes ?? 0) <= 0xFFFF && receipt?.application.count ?? 3 == 3)
    }
}

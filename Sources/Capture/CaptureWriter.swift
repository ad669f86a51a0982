package import ProbeEvents

/// Turns exchanges into the bytes of a pcapng file: an interface a reader, a packet an exchange.
///
/// A packet has the time at which its command went out, as the tester's own log has it, and its note has the duration;
/// a synthetic one has the time of the answer.
package struct CaptureWriter {
    /// Readers with an interface of their own; more share the last one.
    package static let interfaceLimit = 256

    private var interfaces: [String: UInt32] = [:]
    private var received: [UInt64] = []

    /// A writer of nothing yet.
    package init() {}

    /// How many exchanges were turned into packets.
    package var exchangeCount: UInt64 { received.reduce(0, &+) }

    /// The blocks of one exchange, and of its reader when it is the first there.
    package mutating func blocks(of exchange: APDUExchange, cutBytes: Int, remark: String = "") -> [UInt8] {
        var bytes: [UInt8] = []
        let interface = interface(of: exchange.reader, &bytes)
        let packets = ExchangePackets(exchange, cutBytes: cutBytes, remark: remark)
        let start = exchange.stamp.wallNanoseconds
        bytes += PCAPNG.packet(
            GSMTAP.packet(packets.payload), interface: interface, nanoseconds: start, comment: packets.note.text)
        if let synthetic = packets.synthetic {
            bytes += PCAPNG.packet(
                GSMTAP.packet(synthetic), interface: interface,
                nanoseconds: start &+ exchange.stamp.durationNanoseconds, comment: ExchangeNote.synthetic)
        }
        received[Int(interface)] &+= 1
        return bytes
    }

    /// The end of the file: how many exchanges each reader had, and with the first one how many are not in the file.
    package mutating func end(nanoseconds: UInt64, lost: UInt64, reason: String) -> [UInt8] {
        var bytes: [UInt8] = []
        if received.isEmpty { _ = interface(of: "", &bytes) }
        for (index, count) in received.enumerated() {
            let lost = index == 0 ? lost : 0
            bytes += PCAPNG.statistics(
                interface: UInt32(clamping: index), nanoseconds: nanoseconds, received: count, dropped: lost,
                comment: "\(count) exchanges"
                    + (lost > 0 ? "; \(lost) of all readers are not in this file: \(reason)" : ""))
        }
        return bytes
    }

    private mutating func interface(of reader: String, _ bytes: inout [UInt8]) -> UInt32 {
        let isLast = received.count >= Self.interfaceLimit - 1
        let name = reader.isEmpty ? "unknown reader" : reader
        let key = isLast && interfaces[name] == nil ? "other readers" : name
        if let known = interfaces[key] { return known }
        let number = UInt32(clamping: received.count)
        interfaces[key] = number
        received.append(0)
        bytes += PCAPNG.interface(name: key)
        return number
    }
}

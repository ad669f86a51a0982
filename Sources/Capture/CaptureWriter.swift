package import ProbeEvents

/// Turns what was seen into the bytes of a pcapng file: an interface for each kind and device, a packet for each thing.
///
/// A packet has the time at which it went out, as the tester's own log has it, and its comment what else is known of it.
package struct CaptureWriter {
    /// Interfaces of a file; what comes of further devices shares the last one of its kind.
    package static let interfaceLimit = 256

    private var interfaces: [CaptureInterface: UInt32] = [:]
    private var counts: [(interface: CaptureInterface, received: UInt64)] = []

    /// A writer of nothing yet.
    package init() {}

    // MARK: Packets

    /// The blocks of one exchange, and of its interface when it is the first there. A synthetic packet has the time of
    /// the answer. Returns the payloads as GSMTAP has them, too. The trace is that of the whole capture; a test's goes before.
    package mutating func blocks(
        of exchange: APDUExchange, cutBytes: Int, remark: String = "", tests: [CapturedTest] = [], trace: String? = nil
    ) -> (blocks: [UInt8], payloads: [[UInt8]]) {
        var bytes: [UInt8] = []
        let interface = interface(.init(kind: .commands(exchange.interface), device: exchange.reader), &bytes)
        let packets = ExchangePackets(exchange, cutBytes: cutBytes, remark: remark, tests: tests, trace: trace)
        let start = exchange.stamp.wallNanoseconds
        bytes += PCAPNG.packet(
            GSMTAP.packet(packets.payload), interface: interface, nanoseconds: start, comment: packets.note.text)
        if let synthetic = packets.synthetic {
            bytes += PCAPNG.packet(
                GSMTAP.packet(synthetic), interface: interface,
                nanoseconds: start &+ exchange.stamp.durationNanoseconds, comment: ExchangeNote.synthetic)
        }
        count(interface)
        return (bytes, [packets.payload] + (packets.synthetic.map { [$0] } ?? []))
    }

    /// The block of what a modem told of its card's toolkit, and its payload as GSMTAP has it.
    package mutating func blocks(of sight: ToolkitSight) -> (blocks: [UInt8], payloads: [[UInt8]]) {
        var bytes: [UInt8] = []
        let interface = interface(.init(kind: .toolkit, device: sight.modem), &bytes)
        let packet = ToolkitPacket(sight)
        bytes += PCAPNG.packet(
            GSMTAP.packet(packet.payload), interface: interface, nanoseconds: sight.wallNanoseconds,
            comment: packet.comment)
        count(interface)
        return (bytes, [packet.payload])
    }

    /// The block of a line, with the ends that V.250 gives it: the dissector tells results by them.
    package mutating func blocks(of sight: ATLineSight) -> [UInt8] {
        var bytes: [UInt8] = []
        let interface = interface(.init(kind: .lines, device: sight.modem), &bytes)
        let cut = sight.cutCharacters > 0 ? "; \(sight.cutCharacters) characters cut" : ""
        let line = sight.isSent ? sight.line + [0x0D] : [0x0D, 0x0A] + sight.line + [0x0D, 0x0A]
        bytes += PCAPNG.packet(
            ExportedPDU.packet(line, dissector: "at"), interface: interface, nanoseconds: sight.wallNanoseconds,
            direction: sight.isSent ? .sent : .received,
            comment: (sight.isSent ? "to the modem" : "from the modem") + cut)
        count(interface)
        return bytes
    }

    /// The blocks of packets of a connection, all at one time; the comment belongs to those that are no acknowledgement.
    package mutating func blocks(of packets: [StreamPacket], tap: String, nanoseconds: UInt64) -> [UInt8] {
        var bytes: [UInt8] = []
        let interface = interface(.init(kind: .stream, device: tap), &bytes)
        for packet in packets {
            bytes += PCAPNG.packet(
                packet.bytes, interface: interface, nanoseconds: nanoseconds,
                direction: packet.isFromClient ? .received : .sent, comment: packet.comment)
            count(interface)
        }
        return bytes
    }

    /// The block of what a test runner told.
    package mutating func blocks(of event: TestEvent) -> [UInt8] {
        var bytes: [UInt8] = []
        let interface = interface(.init(kind: .tests, device: ""), &bytes)
        let words = TestWords(event)
        bytes += PCAPNG.packet(
            ExportedPDU.packet(words.message, dissector: "syslog"), interface: interface,
            nanoseconds: words.wallNanoseconds, comment: words.text)
        count(interface)
        return bytes
    }

    /// The end of the file: how much each interface had, and with the first one how many events are not in the file.
    package mutating func end(nanoseconds: UInt64, lost: UInt64, reason: String) -> [UInt8] {
        var bytes: [UInt8] = []
        if counts.isEmpty { _ = interface(.init(kind: .commands(.pcsc), device: ""), &bytes) }
        for (index, (interface, received)) in counts.enumerated() {
            let lost = index == 0 ? lost : 0
            bytes += PCAPNG.statistics(
                interface: UInt32(clamping: index), nanoseconds: nanoseconds, received: received, dropped: lost,
                comment: "\(received) \(interface.unit)"
                    + (lost > 0 ? "; \(lost) events of all interfaces are not in this file: \(reason)" : ""))
        }
        return bytes
    }

    // MARK: Interfaces

    private mutating func count(_ interface: UInt32) { counts[Int(interface)].received &+= 1 }

    private mutating func interface(_ wanted: CaptureInterface, _ bytes: inout [UInt8]) -> UInt32 {
        if let known = interfaces[wanted] { return known }
        var interface = wanted
        // Of each kind one for all further devices has room still.
        if counts.count >= Self.interfaceLimit - CaptureInterface.kinds {
            interface.device = "others"
            if let known = interfaces[interface] { return known }
        }
        let number = UInt32(clamping: counts.count)
        interfaces[interface] = number
        counts.append((interface, 0))
        bytes += PCAPNG.interface(
            name: interface.name, description: interface.description, linkType: interface.linkType)
        return number
    }
}

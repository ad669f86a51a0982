package import ProbeEvents
internal import SmartCard

/// An exchange read back out of a capture: ours with all that its note tells, another program's as far as it goes.
package struct CapturedExchange: Sendable, Hashable {
    /// When its command went out, nanoseconds since 1970 in UTC.
    package var nanoseconds: UInt64
    /// The reader's name, empty where the capture has none.
    package var reader: String
    /// The command as it was sent.
    package var command: [UInt8]
    /// The response with its status word; empty when there was none.
    package var response: [UInt8]
    /// What the comment tells; nil in another program's capture.
    package var note: ExchangeNote?

    /// What carried it, as far as the capture says so.
    package var interface = APDUInterface.pcsc
    /// How long its command's data is in the packet, bytes.
    private(set) var packetDataBytes = 0

    /// What a packet is of.
    package enum Part: Sendable {
        /// An exchange, of which the response may follow.
        case exchange(CapturedExchange)
        /// The response to the exchange before.
        case response([UInt8])
    }

    /// Every exchange of a capture, in the file's order; packets that are no exchange are passed over.
    package static func all(in reader: inout CaptureReader) throws(CaptureReadError) -> [CapturedExchange] {
        var exchanges: [CapturedExchange] = []
        while let packet = try reader.next() {
            switch part(packet) {
            case .exchange(let exchange): exchanges.append(exchange)
            case .response(let response):
                guard let last = exchanges.indices.last, exchanges[last].isContinued else { continue }
                exchanges[last].response = response
            case nil: continue
            }
        }
        return exchanges
    }

    /// What a packet is of; nil for one that is no exchange.
    package static func part(_ packet: CaptureReader.Packet) -> Part? {
        guard let payload = GSMTAP.payload(of: packet.data, linkType: packet.linkType),
            !packet.comment.hasPrefix(ToolkitPacket.mark)
        else { return nil }
        if packet.comment == ExchangeNote.synthetic { return .response(Array(payload.dropFirst(5))) }
        return .exchange(CapturedExchange(packet, payload))
    }

    /// Whether its response is in the next packet.
    package var isContinued: Bool { note?.isContinued == true }

    /// Where in the packet's payload stand the bytes of the command from its data on, and where those of the response.
    package var places: (command: Range<Int>, payload: Range<Int>, response: Range<Int>) {
        guard let note else {
            return (0..<command.count, 0..<command.count, command.count..<(command.count + response.count))
        }
        let start = max(0, command.count - note.expectedField.count - packetDataBytes - note.leftOutBytes)
        let data = start..<min(command.count, start + packetDataBytes)
        return (data, 5..<(5 + data.count), (5 + packetDataBytes)..<(5 + packetDataBytes + response.count))
    }

    private init(_ packet: CaptureReader.Packet, _ payload: [UInt8]) {
        (nanoseconds, reader) = (packet.nanoseconds, packet.interface)
        interface =
            APDUInterface.allCases.first {
                CaptureInterface(kind: .commands($0), device: "").description == packet.interfaceDescription
            } ?? .pcsc
        note = ExchangeNote(packet.comment)
        guard let note else {
            let length = CommandLookup.shared.commandLength(inExchange: payload)
            command = Array(payload.prefix(min(length, max(0, payload.count - 2))))
            response = Array(payload.dropFirst(command.count))
            return
        }
        let lengthField = note.lengthField ?? Array(payload.dropFirst(4).prefix(1))
        let headerBytes = min(4, note.sentBytes)
        let dataBytes = max(0, note.sentBytes - headerBytes - lengthField.count - note.expectedField.count)
        let data = payload.dropFirst(5).dropLast(2).prefix(dataBytes)
        packetDataBytes = data.count
        // Of a note that lies no more is made than there is.
        let missing = min(dataBytes - data.count, note.leftOutBytes)
        command =
            Array(payload.prefix(headerBytes)) + lengthField + data + [UInt8](repeating: 0, count: max(0, missing))
        command += note.expectedField
        let received = note.hasNoStatusWord ? [] : payload.dropFirst(5 + data.count)
        response = Array(received)
    }
}

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

    /// Every exchange of a capture, in the file's order; packets that are no exchange are passed over.
    package static func all(in reader: inout CaptureReader) throws(CaptureReadError) -> [CapturedExchange] {
        var exchanges: [CapturedExchange] = []
        while let packet = try reader.next() {
            guard let payload = GSMTAP.payload(of: packet.data, linkType: packet.linkType) else { continue }
            if packet.comment.hasPrefix(ToolkitPacket.mark) { continue }
            if packet.comment == ExchangeNote.synthetic {
                guard let last = exchanges.indices.last, exchanges[last].note?.isContinued == true else { continue }
                exchanges[last].response = Array(payload.dropFirst(5))
            } else {
                exchanges.append(CapturedExchange(packet, payload))
            }
        }
        return exchanges
    }

    private init(_ packet: CaptureReader.Packet, _ payload: [UInt8]) {
        (nanoseconds, reader) = (packet.nanoseconds, packet.interface)
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
        // Of a note that lies no more is made than there is.
        let missing = min(dataBytes - data.count, note.leftOutBytes)
        command =
            Array(payload.prefix(headerBytes)) + lengthField + data + [UInt8](repeating: 0, count: max(0, missing))
        command += note.expectedField
        let received = note.hasNoStatusWord ? [] : payload.dropFirst(5 + data.count)
        response = Array(received)
    }
}

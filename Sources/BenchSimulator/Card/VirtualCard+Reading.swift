extension VirtualCard {
    /// READ BINARY: TS 102 221, 11.1.3.
    mutating func readBinary(_ context: CommandContext) -> CardAnswer {
        let (place, offset) = binaryPlace(context)
        guard case .found(let index) = place else { return place.refusal }
        guard files[index].recordBytes == nil else { return .status(0x6981) }
        guard pins.allows(files[index].access.read) else { return .status(0x6982) }
        let content = files.content(of: index)
        guard offset < content.count else { return .status(0x6B00) }
        let rest = Array(content[offset...])
        // Le 00 asks for 256 and is served by them when the file has more
        return .outgoingPrefix(rest)
    }

    /// UPDATE BINARY: TS 102 221, 11.1.4.
    mutating func updateBinary(_ context: CommandContext) -> CardAnswer {
        let (place, offset) = binaryPlace(context)
        guard case .found(let index) = place else { return place.refusal }
        guard files[index].recordBytes == nil else { return .status(0x6981) }
        guard pins.allows(files[index].access.update) else { return .status(0x6982) }
        let data = context.command.data
        var content = files.content(of: index)
        guard offset < content.count else { return .status(0x6B00) }
        guard !data.isEmpty, offset + data.count <= content.count else { return .status(0x6700) }
        content.replaceSubrange(offset..<(offset + data.count), with: data)
        files.setContent(of: index, content)
        return .done
    }

    /// READ RECORD: TS 102 221, 11.1.5.
    mutating func readRecord(_ context: CommandContext) -> CardAnswer {
        let place = recordPlace(context)
        guard case .found(let index) = place else { return place.refusal }
        guard pins.allows(files[index].access.read) else { return .status(0x6982) }
        switch recordNumber(context, of: index) {
        case .success(let number):
            return .outgoing(record(number, of: index))
        case .failure(let refusal):
            return .status(refusal.status)
        }
    }

    /// UPDATE RECORD: TS 102 221, 11.1.6; a cyclic file takes it in its oldest record, which becomes the first.
    mutating func updateRecord(_ context: CommandContext) -> CardAnswer {
        let place = recordPlace(context)
        guard case .found(let index) = place else { return place.refusal }
        guard pins.allows(files[index].access.update) else { return .status(0x6982) }
        let data = context.command.data
        guard let size = files[index].recordBytes, data.count == size else { return .status(0x6700) }
        var content = files.content(of: index)
        if case .cyclic = files[index].kind {
            guard context.command.p2 & 0x07 == 0x03 else { return .status(0x6981) }
            content = data + content.dropLast(size)
            channels[context.channel]?.record = 1
        } else {
            switch recordNumber(context, of: index) {
            case .success(let number):
                content.replaceSubrange(((number - 1) * size)..<(number * size), with: data)
            case .failure(let refusal):
                return .status(refusal.status)
            }
        }
        files.setContent(of: index, content)
        return .done
    }

    /// SEARCH RECORD: TS 102 221, 11.1.7, simple search forward and backward, and enhanced search from an offset.
    mutating func searchRecord(_ context: CommandContext) -> CardAnswer {
        let place = recordPlace(context)
        guard case .found(let index) = place else { return place.refusal }
        guard pins.allows(files[index].access.read) else { return .status(0x6982) }
        var wanted = context.command.data
        var offset = 0
        var isForward = true
        switch context.command.p2 & 0x07 {
        case 0x04: break
        case 0x05: isForward = false
        case 0x06:
            guard wanted.count > 2 else { return .status(0x6A80) }
            isForward = wanted[0] & 0x01 == 0
            offset = Int(wanted[1])
            wanted.removeFirst(2)
        default: return context.isGSM ? .status(0x6B00) : .status(0x6A86)
        }
        guard !wanted.isEmpty else { return .status(0x6700) }
        let count = files.recordCount(of: index)
        let start = max(1, Int(context.command.p1))
        guard start <= count else { return .status(0x6A83) }
        let order = isForward ? Array(start...count) : Array((1...start).reversed())
        let found = order.filter { contains(record($0, of: index), wanted, from: offset) }
        guard let first = found.first else { return .status(0x6282) }
        channels[context.channel]?.record = first
        return .afterData(found.map { UInt8(clamping: $0) })
    }

    // MARK: Places

    private enum Place {
        case found(Int)
        case refused(UInt16)

        var refusal: CardAnswer {
            switch self {
            case .found: .done
            case .refused(let status): .status(status)
            }
        }
    }

    private struct Refusal: Error {
        let status: UInt16
    }

    /// P1 b8 gives a short identifier in its low bits, else P1 and P2 are an offset into the selected file.
    private mutating func binaryPlace(_ context: CommandContext) -> (Place, offset: Int) {
        let (p1, p2) = (context.command.p1, context.command.p2)
        if p1 & 0x80 != 0, !context.isGSM {
            guard p1 & 0x60 == 0 else { return (.refused(0x6A86), 0) }
            return (place(shortIdentifier: p1 & 0x1F, context), Int(p2))
        }
        return (selectedPlace(context), Int(p1) << 8 | Int(p2))
    }

    /// P2 b8 to b4 give a short identifier, or 0 for the selected file.
    private mutating func recordPlace(_ context: CommandContext) -> Place {
        let identifier = context.command.p2 >> 3
        let place =
            identifier == 0 || context.isGSM
            ? selectedPlace(context) : place(shortIdentifier: identifier, context)
        if case .found(let index) = place, files[index].recordBytes == nil { return .refused(0x6981) }
        return place
    }

    private func selectedPlace(_ context: CommandContext) -> Place {
        channels[context.channel]?.file.map(Place.found) ?? .refused(0x6986)
    }

    private mutating func place(shortIdentifier: UInt8, _ context: CommandContext) -> Place {
        guard let channel = channels[context.channel] else { return .refused(0x6881) }
        guard let index = files.child(shortIdentifier: shortIdentifier, of: channel.directory) else {
            return .refused(0x6A82)
        }
        if channel.file != index {
            channels[context.channel]?.file = index
            channels[context.channel]?.record = 0
        }
        return .found(index)
    }

    // MARK: Records

    private func record(_ number: Int, of index: Int) -> [UInt8] {
        guard let size = files[index].recordBytes, number > 0 else { return [] }
        return Array(files.content(of: index).dropFirst((number - 1) * size).prefix(size))
    }

    /// P2 b3 to b1: 02 next, 03 previous, 04 the number in P1, or with P1 00 the record last used.
    private mutating func recordNumber(_ context: CommandContext, of index: Int) -> Result<Int, Refusal> {
        let count = files.recordCount(of: index)
        let current = channels[context.channel]?.record ?? 0
        let number: Int
        switch context.command.p2 & 0x07 {
        case 0x02: number = current + 1
        case 0x03: number = current == 0 ? count : current - 1
        case 0x04: number = context.command.p1 == 0 ? current : Int(context.command.p1)
        default: return .failure(Refusal(status: 0x6A86))
        }
        guard (1...max(count, 1)).contains(number), count > 0 else { return .failure(Refusal(status: 0x6A83)) }
        // an absolute read leaves the pointer where it is: TS 102 221, 11.1.5.2
        if context.command.p2 & 0x07 != 0x04 { channels[context.channel]?.record = number }
        return .success(number)
    }

    private func contains(_ record: [UInt8], _ wanted: [UInt8], from offset: Int) -> Bool {
        guard offset + wanted.count <= record.count else { return false }
        return (offset...(record.count - wanted.count)).contains { start in
            record[start..<(start + wanted.count)].elementsEqual(wanted)
        }
    }
}

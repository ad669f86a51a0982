/// A pcapng file: blocks, each with its length before and behind it.
struct PCAPNGReading {
    private struct Interface {
        var name = ""
        var description = ""
        var linkType: UInt32
        var snapLength: UInt32
        var clock = PacketClock()
    }

    private struct Block {
        var type: UInt32
        var start: Int
        /// What stands between the two lengths.
        var body: Range<Int>
    }

    private(set) var reading: ByteReading
    private var interfaces: [Interface] = []
    private(set) var offset = 0

    init(_ bytes: [UInt8]) {
        reading = ByteReading(bytes: bytes)
    }

    mutating func next() throws(CaptureReadError) -> CaptureReader.Packet? {
        while let block = try nextBlock() {
            switch block.type {
            case PCAPNG.BlockType.sectionHeader: interfaces = []
            case PCAPNG.BlockType.interface: try add(block)
            case PCAPNG.BlockType.packet: return try packet(block)
            case PCAPNG.BlockType.simplePacket: return try simplePacket(block)
            default: break
            }
        }
        return nil
    }

    private mutating func nextBlock() throws(CaptureReadError) -> Block? {
        let start = offset
        let end = reading.bytes.count
        guard start < end else { return nil }
        guard let type = reading.number(UInt32.self, at: start, end: end) else { throw fault(.truncated, start) }
        // Reads the same in either order.
        if type == PCAPNG.BlockType.sectionHeader { try beginSection(at: start) }
        guard let length = reading.number(UInt32.self, at: start + 4, end: end) else { throw fault(.truncated, start) }
        let least = type == PCAPNG.BlockType.sectionHeader ? 28 : 12
        guard length >= least, length % 4 == 0 else { throw fault(.wrongLength, start + 4) }
        guard length <= CaptureReader.longestBlock else { throw fault(.tooLong, start) }
        guard Int(length) <= end - start else { throw fault(.truncated, start) }
        offset = start + Int(length)
        guard reading.number(UInt32.self, at: offset - 4, end: end) == length else {
            throw fault(.wrongLength, offset - 4)
        }
        return Block(type: type, start: start, body: (start + 8)..<(offset - 4))
    }

    private mutating func beginSection(at start: Int) throws(CaptureReadError) {
        let end = reading.bytes.count
        reading.isBigEndian = false
        guard let magic = reading.number(UInt32.self, at: start + 8, end: end) else { throw fault(.truncated, start) }
        reading.isBigEndian = magic == PCAPNG.byteOrderMagic.byteSwapped
        guard reading.isBigEndian || magic == PCAPNG.byteOrderMagic else { throw fault(.notACapture, start + 8) }
        guard let major = reading.number(UInt16.self, at: start + 12, end: end) else { throw fault(.truncated, start) }
        guard major == 1 else { throw fault(.unknownVersion, start + 12) }
    }

    private mutating func add(_ block: Block) throws(CaptureReadError) {
        let (start, end) = (block.body.lowerBound, block.body.upperBound)
        guard let type = reading.number(UInt16.self, at: start, end: end),
            let snapLength = reading.number(UInt32.self, at: start + 4, end: end)
        else { throw fault(.wrongLength, block.start) }
        guard interfaces.count < CaptureReader.interfaceLimit else { throw fault(.tooManyInterfaces, block.start) }
        var interface = Interface(linkType: UInt32(type), snapLength: snapLength)
        for option in try options(from: start + 8, to: end) {
            let value = reading.bytes[option.value]
            switch option.code {
            case PCAPNG.Option.name: interface.name = String(decoding: value, as: UTF8.self)
            case PCAPNG.Option.description: interface.description = String(decoding: value, as: UTF8.self)
            case PCAPNG.Option.resolution: interface.clock.resolution = value.first ?? interface.clock.resolution
            case PCAPNG.Option.timeOffset:
                let seconds = reading.number(UInt64.self, at: option.value.lowerBound, end: option.value.upperBound)
                interface.clock.offsetSeconds = Int64(truncatingIfNeeded: seconds ?? 0)
            default: break
            }
        }
        interfaces.append(interface)
    }

    private func packet(_ block: Block) throws(CaptureReadError) -> CaptureReader.Packet {
        let (start, end) = (block.body.lowerBound, block.body.upperBound)
        guard let number = reading.number(UInt32.self, at: start, end: end),
            let high = reading.number(UInt32.self, at: start + 4, end: end),
            let low = reading.number(UInt32.self, at: start + 8, end: end),
            let length = reading.number(UInt32.self, at: start + 12, end: end),
            reading.number(UInt32.self, at: start + 16, end: end) != nil
        else { throw fault(.wrongLength, block.start) }
        guard number < interfaces.count else { throw fault(.unknownInterface, block.start) }
        let data = try self.data(at: start + 20, length: length, in: block)
        var comments: [String] = []
        for option in try options(from: min(end, (data.upperBound + 3) / 4 * 4), to: end)
        where option.code == PCAPNG.Option.comment {
            comments.append(String(decoding: reading.bytes[option.value], as: UTF8.self))
        }
        let interface = interfaces[Int(number)]
        return CaptureReader.Packet(
            nanoseconds: interface.clock.nanoseconds(UInt64(high) << 32 | UInt64(low)), interface: interface.name,
            linkType: interface.linkType, data: Array(reading.bytes[data]), comment: comments.joined(separator: "\n"),
            interfaceDescription: interface.description, dataOffset: data.lowerBound)
    }

    /// A packet of the first interface, without a time, as long as its original length and the interface allow.
    private func simplePacket(_ block: Block) throws(CaptureReadError) -> CaptureReader.Packet {
        guard let interface = interfaces.first else { throw fault(.unknownInterface, block.start) }
        let (start, end) = (block.body.lowerBound, block.body.upperBound)
        guard let original = reading.number(UInt32.self, at: start, end: end) else {
            throw fault(.wrongLength, block.start)
        }
        let length = interface.snapLength == 0 ? original : min(original, interface.snapLength)
        let data = try self.data(at: start + 4, length: length, in: block)
        return CaptureReader.Packet(
            nanoseconds: 0, interface: interface.name, linkType: interface.linkType, data: Array(reading.bytes[data]),
            comment: "", interfaceDescription: interface.description, dataOffset: data.lowerBound)
    }

    /// More of it came; what was read is let go.
    mutating func append(_ more: [UInt8]) {
        reading.bytes.removeSubrange(..<offset)
        reading.bytes += more
        offset = 0
    }

    private func data(at start: Int, length: UInt32, in block: Block) throws(CaptureReadError) -> Range<Int> {
        guard length <= CaptureReader.longestPacket else { throw fault(.tooLong, block.start) }
        guard Int(length) <= block.body.upperBound - start else { throw fault(.wrongLength, block.start) }
        return start..<(start + Int(length))
    }

    private func options(
        from start: Int, to end: Int
    ) throws(CaptureReadError) -> [(code: UInt16, value: Range<Int>)] {
        var options: [(code: UInt16, value: Range<Int>)] = []
        var index = start
        while index < end {
            guard let code = reading.number(UInt16.self, at: index, end: end),
                let length = reading.number(UInt16.self, at: index + 2, end: end), Int(length) <= end - index - 4
            else { throw fault(.wrongLength, index) }
            if code == PCAPNG.Option.end { break }
            options.append((code, (index + 4)..<(index + 4 + Int(length))))
            index += 4 + (Int(length) + 3) / 4 * 4
        }
        return options
    }

    private func fault(_ fault: CaptureReadError.Fault, _ offset: Int) -> CaptureReadError {
        CaptureReadError(fault: fault, offset: offset)
    }
}

/// How an interface counts time.
struct PacketClock {
    /// A power of ten, or with the highest bit of two, by which a second is divided.
    var resolution: UInt8 = 6
    /// Seconds to be added.
    var offsetSeconds: Int64 = 0

    /// The time of so many ticks, nanoseconds since 1970; what no 64 bits hold is the nearest that they do.
    func nanoseconds(_ ticks: UInt64) -> UInt64 {
        let since = resolution & 0x80 == 0 ? decimal(ticks) : binary(ticks)
        let (offset, overflow) = offsetSeconds.magnitude.multipliedReportingOverflow(by: 1_000_000_000)
        let shift = overflow ? UInt64.max : offset
        if offsetSeconds < 0 { return since - min(since, shift) }
        let (sum, isTooLarge) = since.addingReportingOverflow(shift)
        return isTooLarge ? .max : sum
    }

    private func decimal(_ ticks: UInt64) -> UInt64 {
        let exponent = Int(resolution)
        if exponent <= 9 {
            let factor = (exponent..<9).reduce(UInt64(1)) { product, _ in product * 10 }
            let (product, overflow) = ticks.multipliedReportingOverflow(by: factor)
            return overflow ? .max : product
        }
        // 10^20 is more than 64 bits hold.
        guard exponent <= 28 else { return 0 }
        return ticks / (9..<exponent).reduce(UInt64(1)) { product, _ in product * 10 }
    }

    private func binary(_ ticks: UInt64) -> UInt64 {
        let shift = Int(resolution & 0x7F)
        guard shift < 64 else { return 0 }
        let (seconds, overflow) = (ticks >> shift).multipliedReportingOverflow(by: 1_000_000_000)
        let fraction = (ticks & ((1 << shift) - 1)).multipliedFullWidth(by: 1_000_000_000)
        let part = shift == 0 ? 0 : fraction.high << (64 - shift) | fraction.low >> shift
        let (sum, isTooLarge) = seconds.addingReportingOverflow(part)
        return overflow || isTooLarge ? .max : sum
    }
}

/// Bytes of which parts are overwritten with zeros.
struct Blanked {
    private(set) var bytes: [UInt8]
    private(set) var cutBytes = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Overwrites what of `range` lies inside the bytes; no byte is overwritten twice.
    mutating func blank(_ range: Range<Int>) {
        let range = range.clamped(to: bytes.indices)
        guard !range.isEmpty else { return }
        cutBytes += range.count
        // What was cut before stays where it is: the first write would copy the array.
        for index in range where bytes[index] != 0 { bytes[index] = 0 }
    }

    /// Overwrites what of `range` lies outside the parts, which are in order.
    mutating func keep(_ parts: [Range<Int>], of range: Range<Int>) {
        var start = range.lowerBound
        for part in parts {
            blank(start..<part.lowerBound)
            start = part.upperBound
        }
        blank(start..<range.upperBound)
    }
}

extension Redaction {
    /// Cuts a command by rules 2, 7 and 8.
    static func cut(command: inout Blanked, _ parsed: CommandAPDU, _ action: Action) {
        if action == .keep { return }
        let end = command.bytes.count
        guard end >= CommandAPDU.headerLength else { return command.blank(0..<end) }
        if parsed.isMalformed { return command.blank(CommandAPDU.headerLength..<end) }
        switch action {
        case .keep: return
        case .cut, .walkFetch, .getResponse: command.blank(parsed.dataRange)
        case .walkEnvelope: walkOuter(&command, parsed.dataRange)
        case .walkTerminalResponse: walkInner(&command, parsed.dataRange)
        case .walkStoreData: cutBlock(&command, parsed)
        }
        if parsed.lc > 0 {
            command.blank(parsed.dataRange.upperBound..<end)
        } else if parsed.form == .case2E {
            command.blank(5..<end)
        }
    }

    /// Cuts a response by rules 1, 7 and 8.
    static func cut(response: inout Blanked, of action: Action) {
        let reply = ResponseAPDU(response.bytes)
        guard reply.statusWord != nil else { return response.blank(response.bytes.indices) }
        switch action {
        case .keep: return
        case .walkFetch: walkOuter(&response, reply.dataRange)
        case .getResponse(let level):
            if level >= .capture, isFileControl(response.bytes, reply.dataRange) { return }
            if !cutReceipt(&response, reply.dataRange) { cutAnswer(&response, reply.dataRange, level) }
        case .walkEnvelope: if !cutReceipt(&response, reply.dataRange) { response.blank(reply.dataRange) }
        case .walkStoreData(let level): cutAnswer(&response, reply.dataRange, level)
        case .cut, .walkTerminalResponse: response.blank(reply.dataRange)
        }
    }

    /// Whether the data is the control parameters of a file and nothing else, by rule 5.
    private static func isFileControl(_ bytes: [UInt8], _ range: Range<Int>) -> Bool {
        guard range.first.map({ bytes[$0] }) == 0x62,
            let length = TLVLength(bytes, at: range.lowerBound + 1, end: range.upperBound, longest: 2)
        else { return false }
        var index = range.lowerBound + 1 + length.width
        guard length.value > 0, index + length.value == range.upperBound, bytes[index] == 0x82 else { return false }
        while index < range.upperBound {
            let isKnown = bytes[index] & 0xD0 == 0x80 || bytes[index] == 0xC6
            guard isKnown, let object = TLVLength(bytes, at: index + 1, end: range.upperBound, longest: 1) else {
                return false
            }
            let end = index + 1 + object.width
            guard range.upperBound - end >= object.value else { return false }
            index = end + object.value
        }
        return true
    }

    private static func walkOuter(_ data: inout Blanked, _ range: Range<Int>) {
        guard let first = range.first, ToolkitTag.isOuter(data.bytes[first]) else { return data.blank(range) }
        guard let length = TLVLength(data.bytes, at: first + 1, end: range.upperBound, longest: 2) else {
            return data.blank((first + 1)..<range.upperBound)
        }
        let start = first + 1 + length.width
        let end = start + min(length.value, range.upperBound - start)
        walkInner(&data, start..<end, outer: data.bytes[first])
        data.blank(end..<range.upperBound)
    }

    private static func walkInner(_ data: inout Blanked, _ range: Range<Int>, outer: UInt8? = nil) {
        var index = range.lowerBound
        while let header = ComprehensionTLVHeader(data.bytes, at: index, end: range.upperBound) {
            let value = (index + header.width)..<(index + header.width + header.length)
            switch (outer, header.hasShortTag ? header.tag : nil) {
            case (0xD0, ToolkitTag.message): cutSubmitted(&data, value)
            case (0xD1, ToolkitTag.message): cutMessage(&data, value)
            case (0xD2, ToolkitTag.page): cutPage(&data, value)
            case (_, let tag?) where ToolkitTag.isKept(tag): break
            default: data.blank(value)
            }
            index = value.upperBound
        }
        data.blank(index..<range.upperBound)
    }

    private static func cutMessage(_ data: inout Blanked, _ range: Range<Int>) {
        guard let layout = SecuredMessageLayout(data.bytes, in: range) else { return data.blank(range) }
        data.keep([layout.head, layout.coding, layout.userDataHeader, layout.packet], of: range)
    }

    private static func cutPage(_ data: inout Blanked, _ range: Range<Int>) {
        guard let packet = CellBroadcastLayout.packet(data.bytes, in: range) else { return data.blank(range) }
        let start = range.lowerBound
        data.keep([start..<(start + CellBroadcastLayout.headerBytes), packet], of: range)
    }

    private static func cutSubmitted(_ data: inout Blanked, _ range: Range<Int>) {
        guard let receipt = ReceiptLayout.submitted(data.bytes, in: range) else { return data.blank(range) }
        data.keep(receipt.front + [receipt.packet], of: range)
    }

    /// False for what is no receipt, of which nothing is cut.
    private static func cutReceipt(_ data: inout Blanked, _ range: Range<Int>) -> Bool {
        guard let receipt = ReceiptLayout.answer(data.bytes, in: range) else { return false }
        data.keep(receipt.front + [receipt.packet], of: range)
        return true
    }

    /// Cuts a block to an eUICC by rule 9.
    private static func cutBlock(_ command: inout Blanked, _ parsed: CommandAPDU) {
        let head = (try? ESIMBlock(command.bytes, parsed))?.head
        command.keep(head.map { [$0] } ?? [], of: parsed.dataRange)
    }

    /// Cuts an eUICC's answer by rule 9.
    private static func cutAnswer(_ response: inout Blanked, _ range: Range<Int>, _ level: Level) {
        response.keep((try? ESIMAnswer(response.bytes))?.kept(at: level) ?? [], of: range)
    }
}

import CProbe
import ProbeEvents
import SmartCard
import TestSupport
import Testing

/// The shim's allow-list in C and `Redaction` in Swift give one answer.
@Suite struct AllowListTests {
    private struct Kept: Equatable {
        var command: [UInt8]
        var response: [UInt8]
        var isCut: Bool
    }

    /// What leaves the client process, as the receiver writes it out again: what was not kept is 0.
    private func byShim(
        _ command: [UInt8], _ response: [UInt8], _ level: Redaction.Level, most: Int = Int(RING_KEPT_BYTES)
    ) -> Kept {
        let levels: [Redaction.Level: allow_level] = [.capture: ALLOW_CAPTURE, .captureFiles: ALLOW_CAPTURE_FILES]
        var scratch = [UInt8](repeating: 0xEE, count: most)
        return command.withUnsafeBufferPointer { sent in
            response.withUnsafeBufferPointer { received in
                scratch.withUnsafeMutableBufferPointer { scratch in
                    let kept = allow_select(
                        sent.baseAddress, sent.count, received.baseAddress, received.count, scratch.baseAddress, most,
                        levels[level] ?? ALLOW_STANDARD)
                    let first = Array(UnsafeBufferPointer(start: kept.command, count: kept.command_kept))
                    let second = Array(UnsafeBufferPointer(start: kept.response, count: kept.response_kept))
                    let statusWord = received.count >= 2 ? Array(received.suffix(2)) : []
                    let data = received.count - statusWord.count
                    return Kept(
                        command: first + Array(repeating: 0, count: sent.count - first.count),
                        response: second + Array(repeating: 0, count: data - second.count) + statusWord,
                        isCut: kept.cut)
                }
            }
        }
    }

    private func byRedaction(_ command: [UInt8], _ response: [UInt8], _ level: Redaction.Level) -> Kept {
        let kept = Redaction.kept(command: command, response: response, level: level)
        return Kept(command: kept.command, response: kept.response, isCut: kept.cut)
    }

    private static let template: [UInt8] = [
        0xD0, 0x0D, 0x81, 0x03, 0x01, 0x40, 0x01, 0x82, 0x02, 0x81, 0x82, 0x35, 0x01, 0x03, 0x47,
    ]

    /// Behind the four header bytes: every form, good and bad, with bodies that look like what they are not.
    private static let bodies: [[UInt8]] = [
        [], [0x00], [0x05], [0x01, 0xAA], [0x01, 0xAA, 0x00], [0x02, 0xAA], [0x00, 0x01], [0x00, 0x01, 0x02],
        [0x00, 0x00, 0x00], [0x00, 0x00, 0x01, 0xAA], [0x00, 0x00, 0x01, 0xAA, 0x00, 0x00], [0x00, 0x00, 0x02, 0xAA],
        [0x08, 1, 2, 3, 4, 5, 6, 7, 8], [0x07, 1, 2, 3, 4, 5, 6, 7, 8], [UInt8(template.count)] + template,
        [0x06, 0x83, 0x01, 0x00, 0x36, 0x01, 0x55], [0x03, 0xBF, 0x20, 0x00], [0x03, 0xBF, 0x20, 0x00, 0x00],
        [0x00, 0x00, UInt8(template.count)] + template,
    ]
    /// The control parameters of a file (TS 102 221, 11.1.1.3), whole and in the ways in which they break.
    private static let fileControl: [UInt8] = [
        0x62, 0x0E, 0x82, 0x02, 0x41, 0x21, 0x83, 0x02, 0x6F, 0x07, 0xA5, 0x00, 0xC6, 0x02, 0x90, 0x00,
    ]
    private static let responses: [[UInt8]] = [
        [], [0x90], [0x90, 0x00], template + [0x90, 0x00], [1, 2, 3, 0x91, 0x10], fileControl + [0x90, 0x00],
        Array(fileControl.dropLast()) + [0x90, 0x00], fileControl + [0x00, 0x90, 0x00],
        [0x62, 0x81] + fileControl.dropFirst() + [0x90, 0x00], [0x62, 0x00, 0x90, 0x00], [0x62, 0x90, 0x00],
        [0x62, 0x81, 0x04, 0x82, 0x81, 0x01, 0xAA, 0x90, 0x00], [0x62, 0x02, 0x83, 0x00, 0x90, 0x00],
        [0xBF, 0x31, 0x03, 0x80, 0x01, 0x05, 0x90, 0x00], [0xBF, 0x2D, 0x03, 0xA0, 0x02, 0xE3, 0x61, 0x01],
        [0x62, 0x04, 0x82, 0x00, 0x04, 0x00, 0x90, 0x00], [0x62, 0x03, 0x82, 0x02, 0x41, 0x90, 0x00],
    ]

    @Test(arguments: Redaction.Level.allCases, UInt8.min...UInt8.max)
    func everyInstruction(level: Redaction.Level, cla: UInt8) {
        var differing: [[UInt8]] = []
        for ins in UInt8.min...UInt8.max {
            for p1 in 0...UInt8(15) {
                // A nibble has all its bodies under the instructions that are walked or kept, one in turn elsewhere.
                let isTold = [0x10, 0x12, 0x14, 0x70, 0xA4, 0xC0, 0xC2, 0xE2, 0xF2].contains(ins)
                let chosen = isTold ? Self.bodies : [Self.bodies[(Int(ins) + Int(p1)) % Self.bodies.count]]
                for body in chosen {
                    let command = [cla, ins, p1 << 4 | p1, 0x00] + body
                    let response = Self.responses[(Int(ins) + Int(p1) + body.count) % Self.responses.count]
                    let isSame = byShim(command, response, level) == byRedaction(command, response, level)
                    if !isSame { differing.append(command) }
                }
            }
        }
        #expect(differing == [])
    }

    @Test func shortCommands() {
        for count in 0..<4 {
            for cla in UInt8.min...UInt8.max {
                let command = [cla, 0xA4, 0x00].prefix(count)
                for response in Self.responses {
                    let shim = byShim(Array(command), response, .captureFiles)
                    #expect(shim == byRedaction(Array(command), response, .captureFiles))
                }
            }
        }
    }

    /// TLVs as cards and terminals build them, and as they break: 100,000 of them.
    @Test(arguments: 1...UInt64(4))
    func randomToolkitBodies(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var differing: [[UInt8]] = []
        var walked = 0
        for _ in 0..<25_000 {
            let body = random.toolkitBody()
            let ins: UInt8 = [0x12, 0x14, 0xC2][random.below(3)]
            let header: [UInt8] = [random.below(4) == 0 ? 0xA0 : 0x80, ins, 0x00, 0x00]
            let isExtended = body.count > 255 || random.below(8) == 0
            let lc = isExtended ? [0, UInt8(body.count >> 8), UInt8(body.count & 0xFF)] : [UInt8(body.count)]
            let command = ins == 0x12 ? header + [0x00] : header + lc + body
            let response = (ins == 0x12 ? body : []) + [0x90, 0x00]
            let level = Redaction.Level.allCases[random.below(3)]
            let kept = byShim(command, response, level)
            if kept.command + kept.response != command + response { walked += 1 }
            if kept != byRedaction(command, response, level) { differing.append(command + response) }
        }
        #expect(differing == [])
        #expect(walked > 1_000)
    }

    /// Templates as files have them, and as they break: kept in both or cut in both.
    @Test(arguments: 1...UInt64(4))
    func randomFileControl(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var differing: [[UInt8]] = []
        var whole = 0
        for _ in 0..<25_000 {
            let response = random.fileControl() + [0x90, 0x00]
            let command: [UInt8] = [
                [0x00, 0x41, 0x80, 0xA0][random.below(4)], 0xC0, 0x00, 0x00, UInt8(response.count),
            ]
            let kept = byShim(command, response, .capture)
            if !kept.isCut { whole += 1 }
            if kept != byRedaction(command, response, .capture) { differing.append(response) }
        }
        #expect(differing == [])
        #expect(whole > 1_000 && whole < 24_000)
    }

    /// What a card answers to a secured packet, and what is not quite that: its head is kept in both, or nothing.
    @Test(arguments: 1...UInt64(4))
    func randomReceipts(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var differing: [[UInt8]] = []
        var shown = 0
        for _ in 0..<25_000 {
            let response = random.receipt() + [0x90, 0x00]
            let commands: [[UInt8]] = [
                [0x00, 0xC0, 0x00, 0x00, 0x10], [0xA0, 0xC0, 0x00, 0x00, 0x10],
                [0x80, 0xC2, 0x00, 0x00, 0x02, 0xD1, 0x00],
            ]
            let command = commands[random.below(3)]
            let kept = byShim(command, response, .standard)
            if kept.response.contains(where: { $0 != 0 && $0 != 0x90 }) { shown += 1 }
            if kept != byRedaction(command, response, .standard) { differing.append(response) }
        }
        #expect(differing == [])
        #expect(shown > 1_000 && shown < 24_000)
    }

    /// What eUICCs are asked for and answer, and what is not quite that: the same is kept in both.
    @Test(arguments: 1...UInt64(4))
    func randomFunctions(seed: UInt64) throws {
        let exchanges = try captures("esim.hex", separator: "|").flatMap(ESIMExchange.all)
        var random = SeededGenerator(seed: seed)
        var differing: [ESIMExchange] = []
        var (requests, answers) = (0, 0)
        for _ in 0..<5_000 {
            let exchange = random.function(like: exchanges[random.below(exchanges.count)])
            let level = Redaction.Level.allCases[random.below(3)]
            let kept = byShim(exchange.command, exchange.response, level)
            if kept.command.dropFirst(5).contains(where: { $0 != 0 }) { requests += 1 }
            if kept.response.dropLast(2).contains(where: { $0 != 0 }) { answers += 1 }
            if kept != byRedaction(exchange.command, exchange.response, level) { differing.append(exchange) }
        }
        #expect(differing.map { "\(HexBytes($0.command)) \(HexBytes($0.response))" } == [])
        #expect(requests > 300 && answers > 300 && requests < 4_700 && answers < 4_700)
    }

    /// What the deny-list names is cut at every level, whatever was asked for.
    @Test(arguments: Redaction.Level.allCases)
    func noLevelKeepsSecrets(level: Redaction.Level) {
        let secret = [UInt8](repeating: 0x31, count: 8)
        let headers: [[UInt8]] = [
            [0x00, 0x20], [0x00, 0x24], [0x00, 0x26], [0x00, 0x28], [0x00, 0x2C], [0xA0, 0x20], [0xA0, 0x2C],
            [0x00, 0x88], [0x00, 0x89], [0xA0, 0x88], [0x80, 0x50], [0x80, 0x82], [0x00, 0x84], [0x80, 0xD8],
            [0x80, 0xE2], [0x80, 0xE6], [0x80, 0xE8], [0x00, 0xDA], [0x80, 0xDB], [0x00, 0x2A], [0x00, 0x46],
            [0x00, 0x73], [0x00, 0x75], [0x00, 0x22], [0xFF, 0x82], [0x04, 0xB0], [0x0C, 0xA4], [0x84, 0xF2],
            [0x10, 0xD6], [0x60, 0xB0], [0xE0, 0xCA], [0x00, 0xC0], [0x80, 0xC0], [0xA0, 0xC0],
        ]
        for header in headers {
            let kept = byShim(header + [0x00, 0x01, 0x08] + secret, secret + [0x90, 0x00], level)
            #expect(kept.isCut && !kept.command.contains(0x31) && !kept.response.contains(0x31), "\(header)")
        }
    }

    /// Longer than a record: nothing is kept that `Redaction` would cut.
    @Test func longOnes() {
        let long = [UInt8](repeating: 0x41, count: 3_000)
        let select = byShim([0x00, 0xA4, 0x04, 0x00, 0x00, 0x0B, 0xB8] + long, long + [0x90, 0x00], .standard)
        #expect(select.isCut)
        #expect(select.command.prefix(1_024) == ([0x00, 0xA4, 0x04, 0x00, 0x00, 0x0B, 0xB8] + long).prefix(1_024))
        #expect(select.command.dropFirst(1_024).allSatisfy { $0 == 0 })
        let fetch = byShim([0x80, 0x12, 0x00, 0x00, 0x00], Self.template + long + [0x90, 0x00], .standard)
        #expect(fetch.response.dropLast(2).allSatisfy { $0 == 0 } && fetch.isCut)
    }
}

extension SeededGenerator {
    fileprivate mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(limit)) }

    fileprivate mutating func byte() -> UInt8 { UInt8(truncatingIfNeeded: next()) }

    /// A length as BER writes it; now and then one that is a lie.
    private mutating func length(_ count: Int) -> [UInt8] {
        switch below(12) {
        case 0: [byte()]
        case 1: [0x82, UInt8(count >> 8), UInt8(count & 0xFF)]
        case 2: [0x83, 0x00, UInt8(count >> 8), UInt8(count & 0xFF)]
        case 3: [0x84, byte()]
        default: count < 0x80 ? [UInt8(count)] : [0x81, UInt8(truncatingIfNeeded: count)]
        }
    }

    fileprivate mutating func fileControl() -> [UInt8] {
        var inner: [UInt8] = below(8) == 0 ? [] : [0x82, 0x02, 0x41, byte()]
        for _ in 0..<below(5) {
            let value = (0..<below(12)).map { _ in byte() }
            let tag = [0x83, 0x84, 0x8A, 0xA5, 0xAB, 0xC6, below(20) == 0 ? byte() : 0x80][below(7)]
            inner += [tag] + (below(20) == 0 ? length(value.count) : [UInt8(value.count)]) + value
        }
        let body =
            [below(20) == 0 ? byte() : 0x62] + (below(8) == 0 ? length(inner.count) : [UInt8(inner.count)]) + inner
        return below(16) == 0 ? body.dropLast(below(body.count)) : body
    }

    /// A message to the card with a secured packet; now and then one that is not quite.
    private mutating func message() -> [UInt8] {
        let digits = below(22)
        let elements: [UInt8] = below(3) == 0 ? [0x00, 0x03, byte(), 0x02, 0x01, 0x70, 0x00] : [0x70, 0x00]
        let packet = (0..<below(24)).map { _ in byte() }
        let sender = (0..<(digits + 1) / 2).map { _ in byte() }
        let time = (0..<7).map { _ in byte() }
        let head: [UInt8] = [[0x44, 0x40, 0x04, byte()][below(4)], UInt8(digits), 0x91]
        let data = [UInt8(elements.count)] + elements + packet
        var bytes = head + sender + [below(6) == 0 ? byte() : 0x7F, 0xF6] + time + [UInt8(data.count)] + data
        if below(4) == 0 { bytes[below(bytes.count)] = byte() }
        return below(4) == 0 ? Array(bytes.prefix(below(bytes.count))) : bytes
    }

    /// A page of a broadcast to the card; now and then one that is not quite.
    private mutating func page() -> [UInt8] {
        let content = (0..<below(30)).map { _ in byte() }
        let bytes: [UInt8] = [byte(), byte(), below(8) == 0 ? byte() : 0x10, 0x80 | byte() & 0x3F, 0x01, byte() & 0x33]
        return bytes + content
    }

    /// A proof of receipt, with its header; now and then one that is not quite.
    fileprivate mutating func receipt() -> [UInt8] {
        let more = (0..<below(8)).map { _ in byte() }
        let elements: [UInt8] = below(4) == 0 ? [0x00, 0x03, byte(), 0x01, 0x01, 0x71, 0x00] : [0x71, 0x00]
        let head = [0x0A] + (0..<10).map { _ in byte() }
        let packet = [0x00, UInt8(head.count + more.count)] + head + more
        var bytes = [UInt8(elements.count)] + elements + packet
        if below(4) == 0 { bytes[below(bytes.count)] = byte() }
        return below(6) == 0 ? Array(bytes.prefix(below(bytes.count))) : bytes
    }

    /// A message that the card has sent, with a proof of receipt.
    private mutating func submitted() -> [UInt8] {
        let digits = below(22)
        let format = below(4)
        let receiver = (0..<(digits + 1) / 2).map { _ in byte() }
        let validity = (0..<[0, 7, 1, 7][format]).map { _ in byte() }
        let head: [UInt8] = [below(8) == 0 ? byte() : 0x41 | UInt8(format) << 3, byte(), UInt8(digits), 0x91]
        let data = receipt()
        return head + receiver + [0x7F, 0xF6] + validity + [UInt8(data.count)] + data
    }

    /// The same exchange, or one that is not quite: a byte changed, the data cut short, under another class.
    fileprivate mutating func function(like exchange: ESIMExchange) -> ESIMExchange {
        var (data, header) = (exchange.command.dropFirst(5), Array(exchange.command.prefix(4)))
        var answer = exchange.response.dropLast(2)
        let statusWord = below(4) == 0 ? [0x61, byte()] : Array(exchange.response.suffix(2))
        if below(3) == 0 { data = data.prefix(below(data.count + 1)) }
        if below(3) == 0 { answer = answer.prefix(below(answer.count + 1)) }
        if below(3) == 0, !data.isEmpty { data[data.startIndex + below(min(8, data.count))] = byte() }
        if below(3) == 0, !answer.isEmpty { answer[answer.startIndex + below(answer.count)] = byte() }
        if below(3) == 0 { header[below(4)] = byte() }
        // A GET RESPONSE has no data.
        let isGet = exchange.command.count == 5
        let command = header + [isGet ? exchange.command[4] : UInt8(data.count)] + (isGet ? [] : data)
        return ESIMExchange(command: command, response: answer + statusWord)
    }

    fileprivate mutating func toolkitBody() -> [UInt8] {
        var inner: [UInt8] = []
        for _ in 0..<below(8) {
            let tags: [[UInt8]] = [
                [0x81], [0x82], [0x83], [0x02], [0x35], [0xB5], [0x36], [0x37], [0xB8], [0x39], [0x3C], [0x0B], [0x8B],
                [0x7F, 0x01, 0x02], [0x7F], [0x00], [0x80], [0xFF], [byte()],
            ]
            let value = (0..<below(20)).map { _ in byte() }
            inner += tags[below(tags.count)] + length(value.count) + value
            if below(4) == 0 {
                let (tag, message) = [(0x8B, message()), (0x8C, page()), (0x8B, submitted())][below(3)]
                inner += [UInt8(tag)] + length(message.count) + message
            }
        }
        let kind = UInt8(below(2) == 0 ? below(3) : below(16))
        let outer = below(3) == 0 ? [] : [0xD0 | kind] + length(inner.count)
        var body = outer + inner
        if below(4) == 0, !body.isEmpty { body.removeLast(below(body.count) + 1) }
        if below(8) == 0 { body += [byte(), byte()] }
        return body
    }
}

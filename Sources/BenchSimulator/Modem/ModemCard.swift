/// The card inside a virtual modem, reached by +CSIM, +CRSM, +CGLA (TS 27.007, 8.17, 8.18, 8.43 to 8.45).
struct ModemCard: Sendable {
    private(set) var card: VirtualCard

    init(script: CardScript) {
        card = VirtualCard(script: script)
    }

    /// Whether PIN1 is asked for and was not given.
    var isLocked: Bool { !card.pins.allows(.pin1) }

    /// What `AT+CPIN?` says.
    var state: String { isLocked ? "SIM PIN" : "READY" }

    mutating func verify(_ pin: String) -> ModemReply {
        let digits = Array(pin.utf8.prefix(8))
        let padded = digits + [UInt8](repeating: 0xFF, count: 8 - digits.count)
        switch status(of: exchange([0x00, 0x20, 0x00, 0x01, 0x08] + padded)) {
        case 0x9000: return ModemReply()
        case 0x6983: return ModemReply(end: .failed(12))
        default: return ModemReply(end: .failed(16))
        }
    }

    // MARK: APDUs

    /// `+CSIM=<digits>,"<hex>"`, or behind a channel's number `+CGLA`.
    mutating func transmit(_ values: [String], isOnChannel: Bool) -> ModemReply {
        var values = values
        var channel: UInt8 = 0
        if isOnChannel {
            guard let number = values.first.flatMap({ UInt8($0) }), number <= 3 else { return .error }
            channel = number
            values.removeFirst()
        }
        guard values.count == 2, let digits = Int(values[0]), digits == values[1].utf8.count,
            var command = bytes(hexadecimal: values[1]), command.count >= 4
        else { return ModemReply(end: .failed(50)) }
        if isOnChannel { command[0] = (command[0] & 0xFC) | channel }
        let answer = exchange(command)
        return .line("+\(isOnChannel ? "CGLA" : "CSIM"): \(2 * answer.count),\"\(hexadecimal(answer))\"")
    }

    mutating func openChannel(_ values: [String]) -> ModemReply {
        guard let name = values.first.flatMap({ bytes(hexadecimal: $0) }), (1...16).contains(name.count) else {
            return ModemReply(end: .failed(50))
        }
        let opened = exchange([0x00, 0x70, 0x00, 0x00, 0x01])
        guard status(of: opened) == 0x9000, let channel = opened.first else { return ModemReply(end: .failed(3)) }
        let selected = exchange([channel, 0xA4, 0x04, 0x0C, UInt8(name.count)] + name)
        guard status(of: selected) == 0x9000 else {
            _ = exchange([0x00, 0x70, 0x80, channel])
            return ModemReply(end: .failed(22))
        }
        return .line("+CCHO: \(channel)")
    }

    mutating func closeChannel(_ values: [String]) -> ModemReply {
        guard let channel = values.first.flatMap({ UInt8($0) }) else { return ModemReply(end: .failed(50)) }
        let isClosed = status(of: exchange([0x00, 0x70, 0x80, channel])) == 0x9000
        return isClosed ? ModemReply() : ModemReply(end: .failed(3))
    }

    // MARK: Files

    /// `+CRSM=<ins>,<file>,<p1>,<p2>,<p3>[,<data>[,<path>]]`: what is selected for others stays as it is.
    mutating func access(_ values: [String]) -> ModemReply {
        let numbers = values.prefix(5).map { UInt16($0) }
        guard let ins = numbers.first.flatMap(\.self).flatMap({ UInt8(exactly: $0) }) else { return .error }
        let file = numbers.count > 1 ? numbers[1] ?? 0 : 0
        func parameter(_ place: Int) -> UInt8 {
            place < numbers.count ? UInt8(truncatingIfNeeded: numbers[place] ?? 0) : 0
        }
        let data = values.count > 5 ? bytes(hexadecimal: values[5]) ?? [] : []
        let path = values.count > 6 ? bytes(hexadecimal: values[6]) ?? [] : []
        var copy = self
        guard let template = copy.select(file, path: path) else { return Self.result([0x6A, 0x82]) }
        let answer: [UInt8]
        switch ins {
        case 0xC0, 0xF2: answer = template + [0x90, 0x00]
        case 0xB0, 0xB2: answer = copy.exchange([0x00, ins, parameter(2), parameter(3), parameter(4)])
        case 0xD6, 0xDC:
            guard data.count == Int(parameter(4)) else { return ModemReply(end: .failed(50)) }
            answer = copy.exchange([0x00, ins, parameter(2), parameter(3), parameter(4)] + data)
            card.files = copy.card.files
        default: return ModemReply(end: .failed(4))
        }
        return Self.result(answer)
    }

    private static func result(_ answer: [UInt8]) -> ModemReply {
        let data = answer.dropLast(2)
        let status = answer.suffix(2).map { "\($0)" }.joined(separator: ",")
        return .line("+CRSM: \(status)" + (data.isEmpty ? "" : ",\"\(hexadecimal(data))\""))
    }

    /// Selects a file where such files lie, and gives what the card says of it.
    private mutating func select(_ file: UInt16, path: [UInt8]) -> [UInt8]? {
        let application: [UInt8] = [0xA0, 0x00, 0x00, 0x00, 0x87, 0x10, 0x02]
        // EFs of the MF begin with 2F; others are looked for in the USIM, in DF.TELECOM, in the MF.
        let places = path.isEmpty ? [[0x7F, 0xFF], [0x7F, 0x10], [0x3F, 0x00]] : [path]
        for place in file >> 8 == 0x2F && path.isEmpty ? [[0x3F, 0x00]] : places {
            _ = exchange([0x00, 0xA4, 0x04, 0x0C, UInt8(application.count)] + application)
            if place != [0x7F, 0xFF], !place.starts(with: [0x7F, 0xFF]) {
                _ = exchange([0x00, 0xA4, 0x00, 0x0C, 0x02, 0x3F, 0x00])
            }
            var isThere = true
            for step in stride(from: 0, to: place.count - 1, by: 2) where place[step...step + 1] != [0x3F, 0x00] {
                guard place[step...step + 1] != [0x7F, 0xFF] else { continue }
                let selected = exchange([0x00, 0xA4, 0x00, 0x0C, 0x02, place[step], place[step + 1]])
                isThere = isThere && status(of: selected) == 0x9000
            }
            let answer = exchange([0x00, 0xA4, 0x00, 0x04, 0x02] + file.bytes)
            if isThere, status(of: answer) == 0x9000 { return answer.dropLast(2) }
        }
        return nil
    }

    // MARK: Transport

    /// A command and its answer whole: what waits is fetched, a wrong length put right.
    mutating func exchange(_ command: [UInt8]) -> [UInt8] {
        var answer = card.process(command).response
        if answer.count == 2, answer[0] == 0x6C, command.count == 5 {
            answer = card.process(Array(command.dropLast()) + [answer[1]]).response
        }
        if answer.count == 2, answer[0] == 0x61 {
            answer = card.process([command[0] & 0x03, 0xC0, 0x00, 0x00, answer[1]]).response
        }
        return answer
    }

    func status(of answer: [UInt8]) -> UInt16 {
        answer.count < 2 ? 0x6F00 : UInt16(answer[answer.count - 2]) << 8 | UInt16(answer[answer.count - 1])
    }
}

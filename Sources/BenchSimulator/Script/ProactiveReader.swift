/// Reads the proactive sessions of a script.
struct ProactiveReader {
    func sessions(_ node: ScriptNode) throws(SimulatorError) -> [ProactiveSession] {
        var sessions: [ProactiveSession] = []
        for item in try node.items() { sessions.append(try session(item)) }
        return sessions
    }

    private func session(_ node: ScriptNode) throws(SimulatorError) -> ProactiveSession {
        let keys = try node.members(["on", "steps", "continueAfterError"])
        guard let trigger = keys["on"] else { throw node.fault("\(node.name) needs on: the command that starts it") }
        guard let list = keys["steps"] else { throw node.fault("\(node.name) needs steps") }
        var session = ProactiveSession(trigger: try pattern(trigger), steps: [])
        for item in try list.items() { session.steps += try steps(item) }
        guard !session.steps.isEmpty else { throw list.fault("\(list.name) must have one step at least") }
        session.continuesAfterError = try keys["continueAfterError"]?.flag() ?? false
        return session
    }

    private func pattern(_ node: ScriptNode) throws(SimulatorError) -> CommandPattern {
        try PatternReader.pattern(node, try node.members(["match", "command"]))
    }

    /// A step, or with `repeat` several ones as often as is said.
    private func steps(_ node: ScriptNode) throws(SimulatorError) -> [ProactiveSession.Step] {
        guard node.isMapping, let again = try node.members(Self.kinds + ["repeat"])["repeat"] else {
            return [try step(node)]
        }
        let keys = try again.members(["times", "steps"])
        guard let times = keys["times"], let list = keys["steps"] else {
            throw again.fault("\(again.name) needs times and steps")
        }
        var repeated: [ProactiveSession.Step] = []
        for item in try list.items() { repeated.append(try step(item)) }
        let count = try times.integer(1...1_000)
        return Array(repeatElement(repeated, count: count).joined())
    }

    private static let kinds = [
        "openChannel", "sendData", "receiveData", "getChannelStatus", "closeChannel", "raw", "wait", "channel",
    ]

    private func step(_ node: ScriptNode) throws(SimulatorError) -> ProactiveSession.Step {
        let kinds = Self.kinds
        let keys = try node.members(kinds)
        guard keys.count == 1, let (kind, value) = keys.first else {
            throw node.fault("\(node.name) must have one of \(kinds.joined(separator: ", "))")
        }
        switch kind {
        case "openChannel": return .command(.openChannel(try request(value)))
        case "sendData": return .command(try sendData(value))
        case "receiveData": return .command(try receiveData(value))
        case "getChannelStatus": return .command(.getChannelStatus)
        case "closeChannel": return .command(.closeChannel)
        case "raw": return .command(.raw(try value.hexadecimal(1...256)))
        case "channel": return .channel(try value.integer(1...7))
        default: return .wait(try pattern(value))
        }
    }

    private func request(_ node: ScriptNode) throws(SimulatorError) -> ChannelRequest {
        let keys = try node.members(["bearer", "buffer", "transport", "port", "address", "accessPoint"])
        var request = ChannelRequest()
        if let bearer = keys["bearer"] { request.bearer = try bearer.hexadecimal(1...32) }
        if let buffer = keys["buffer"] { request.bufferBytes = UInt16(clamping: try buffer.integer(1...65_535)) }
        if let transport = keys["transport"] { request.transport = try transport.word(ChannelRequest.Transport.self) }
        if let port = keys["port"] { request.port = UInt16(clamping: try port.integer(0...65_535)) }
        if let address = keys["address"] { request.address = try self.address(address) }
        if let name = keys["accessPoint"] { request.accessPoint = try accessPoint(name) }
        return request
    }

    private func address(_ node: ScriptNode) throws(SimulatorError) -> [UInt8] {
        let text = try node.text()
        let parts = text.split(separator: ".", omittingEmptySubsequences: false).compactMap { UInt8($0) }
        guard parts.count == 4, text.split(separator: ".").count == 4 else {
            throw node.fault("\(node.name) is \"\(text)\"; it must be an IPv4 address")
        }
        return parts
    }

    private func accessPoint(_ node: ScriptNode) throws(SimulatorError) -> String {
        let text = try node.text()
        guard (1...100).contains(text.utf8.count) else { throw node.fault("\(node.name) must be 1 to 100 characters") }
        return text
    }

    /// Short form `sendData: 0102`, or with keys data, text or length, and immediate.
    private func sendData(_ node: ScriptNode) throws(SimulatorError) -> ProactiveCommand {
        guard node.isMapping else { return .sendData(try node.hexadecimal(1...Self.mostBytes), isImmediate: true) }
        let keys = try node.members(["data", "text", "length", "immediate"])
        let isImmediate = try keys["immediate"]?.flag() ?? true
        switch (keys["data"], keys["text"], keys["length"]) {
        case (let data?, nil, nil):
            return .sendData(try data.hexadecimal(1...Self.mostBytes), isImmediate: isImmediate)
        case (nil, nil, let length?):
            let count = try length.integer(1...Self.mostBytes)
            return .sendData((0..<count).map { UInt8(truncatingIfNeeded: $0) }, isImmediate: isImmediate)
        case (nil, let text?, nil):
            let bytes = Array(try text.text().utf8)
            guard (1...Self.mostBytes).contains(bytes.count) else {
                throw text.fault("\(text.name) must be 1 to \(Self.mostBytes) bytes")
            }
            return .sendData(bytes, isImmediate: isImmediate)
        default:
            throw node.fault("\(node.name) needs data, text or length")
        }
    }

    private func receiveData(_ node: ScriptNode) throws(SimulatorError) -> ProactiveCommand {
        let keys = try node.members(["length", "untilEmpty"])
        return .receiveData(
            lengthBytes: UInt8(clamping: try keys["length"]?.integer(1...255) ?? 200),
            untilEmpty: try keys["untilEmpty"]?.flag() ?? false)
    }

    /// With 237 bytes of channel data the whole command is 252 bytes, which one FETCH still gets.
    private static let mostBytes = 237
}

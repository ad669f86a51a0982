/// Reads a card script from YAML; each fault names file, line and what is allowed there.
package struct CardScriptReader {
    /// The largest script that is read.
    package static let limitBytes = 1 << 20

    /// The script in this file.
    package static func read(path: String) throws(SimulatorError) -> CardScript {
        // A file of comments only is a card without wishes.
        guard let node = try ScriptNode.root(path: path, limitBytes: limitBytes) else { return CardScript() }
        return try CardScriptReader().script(node)
    }

    /// The script in this text; `file` is its name in messages.
    package static func read(text: String, file: String) throws(SimulatorError) -> CardScript {
        guard let node = try ScriptNode.root(text: text, file: file) else { return CardScript() }
        return try CardScriptReader().script(node)
    }

    func script(_ node: ScriptNode) throws(SimulatorError) -> CardScript {
        let keys = try node.members(
            ["atr", "identity", "protocol", "pins", "delay", "rules", "proactive", "files", "receipts", "euicc"])
        var script = CardScript()
        if let atr = keys["atr"] { script.atr = try self.atr(atr) }
        if let identity = keys["identity"] { script.identity = try self.identity(identity) }
        if let transport = keys["protocol"] { script.answersWhole = try transport.word(CardProtocol.self) == .t1 }
        if let pins = keys["pins"] { try self.pins(pins, into: &script.pins) }
        if let delay = keys["delay"] { script.delay = try delay.milliseconds() }
        for item in try keys["rules"]?.items() ?? [] { script.rules.append(try rule(item)) }
        if let proactive = keys["proactive"] { script.sessions = try ProactiveReader().sessions(proactive) }
        for item in try keys["files"]?.items() ?? [] { script.files.append(try extraFile(item)) }
        if let receipts = keys["receipts"] { script.receipts = try ReceiptReader().rules(receipts) }
        if let euicc = keys["euicc"] { script.euicc = try EUICCReader().script(euicc) }
        return script
    }

    private enum CardProtocol: String, CaseIterable {
        case t0
        case t1
    }

    private func atr(_ node: ScriptNode) throws(SimulatorError) -> [UInt8] {
        guard let atr = CardScript.atr(hexadecimal: try node.text()) else {
            throw node.fault("atr must be 2 to 33 bytes in hexadecimal and begin with 3B or 3F")
        }
        return atr
    }

    private func identity(_ node: ScriptNode) throws(SimulatorError) -> CardIdentity {
        let keys = try node.members(["iccid", "imsi", "networkCodeDigits", "serviceProviderName"])
        var identity = CardIdentity()
        if let iccid = keys["iccid"] { identity.iccid = try iccid.cardNumber() }
        if let imsi = keys["imsi"] { identity.imsi = try imsi.digits(6...15) }
        if let digits = keys["networkCodeDigits"] { identity.networkCodeDigits = try digits.integer(2...3) }
        if let name = keys["serviceProviderName"] {
            identity.serviceProviderName = try name.text()
            guard identity.serviceProviderName.utf8.count <= 16 else {
                throw name.fault("\(name.name) must be 16 characters at most")
            }
        }
        return identity
    }

    private func pins(
        _ node: ScriptNode, into pins: inout [PINReference: PINState]
    ) throws(SimulatorError) {
        let names: [(String, PINReference)] = [("pin1", .pin1), ("pin2", .pin2), ("adm", .administrator)]
        let keys = try node.members(names.map(\.0))
        for (name, reference) in names {
            guard let pin = keys[name] else { continue }
            let members = try pin.members(["value", "puk", "tries", "enabled"])
            guard let value = members["value"] else { throw pin.fault("\(pin.name) needs a value") }
            pins[reference] = PINState(
                value: try value.digits(4...8), unblockingKey: try members["puk"]?.digits(8...8) ?? "",
                tries: try members["tries"]?.integer(1...15) ?? 3,
                isEnabled: try members["enabled"]?.flag() ?? true)
        }
    }

    private func rule(_ node: ScriptNode) throws(SimulatorError) -> CardRule {
        let keys = try node.members([
            "match", "command", "delay", "status", "response", "after", "times", "removeCard", "insertAfter",
        ])
        var rule = CardRule(pattern: try PatternReader.pattern(node, keys))
        rule.delay = try keys["delay"]?.milliseconds()
        if let response = keys["response"] { rule.response = try response.hexadecimal(1...65_535) }
        if let status = keys["status"] {
            guard rule.response == nil else { throw status.fault("\(node.name) has status and response; use one") }
            rule.response = try status.hexadecimal(2...2)
        }
        (rule.after, rule.times) = try node.turns(keys)
        if let removes = keys["removeCard"] { rule.removesCard = try removes.flag() }
        if let back = keys["insertAfter"] {
            guard rule.removesCard else { throw back.fault("\(back.name) needs removeCard: true") }
            rule.returnsAfter = try back.milliseconds()
        }
        return rule
    }

    private func extraFile(_ node: ScriptNode) throws(SimulatorError) -> ExtraFile {
        let keys = try node.members(["path", "data", "records", "cyclic", "sfi", "pin1"])
        guard let path = keys["path"] else { throw node.fault("\(node.name) needs a path, such as 3F00/7FFF/6F99") }
        var file = ExtraFile(path: try filePath(path), structure: .transparent([]))
        switch (keys["data"], keys["records"]) {
        case (let data?, nil):
            file.structure = .transparent(try data.hexadecimal(1...65_535))
        case (nil, let list?):
            var records: [[UInt8]] = []
            for item in try list.items() { records.append(try item.hexadecimal(1...255)) }
            guard (1...254).contains(records.count) else { throw list.fault("\(list.name) must have 1 to 254 records") }
            let isCyclic = try keys["cyclic"]?.flag() ?? false
            file.structure = isCyclic ? .cyclic(records) : .linearFixed(records)
        default:
            throw node.fault("\(node.name) needs either data or records")
        }
        file.shortIdentifier = try keys["sfi"].map { (sfi) throws(SimulatorError) in UInt8(try sfi.integer(1...30)) }
        file.isReadAlways = try !(keys["pin1"]?.flag() ?? false)
        return file
    }

    private func filePath(_ node: ScriptNode) throws(SimulatorError) -> [UInt16] {
        var path = try node.text().split(separator: "/").map { UInt16($0, radix: 16) }
        if path.first == 0x3F00 { path.removeFirst() }
        let identifiers = path.compactMap(\.self)
        guard !identifiers.isEmpty, identifiers.count == path.count else {
            throw node.fault("\(node.name) must be file identifiers with slashes between, such as 3F00/7FFF/6F99")
        }
        return identifiers
    }
}

/// Reads what commands a rule, trigger or wait is for.
enum PatternReader {
    static func pattern(_ node: ScriptNode, _ keys: [String: ScriptNode]) throws(SimulatorError) -> CommandPattern {
        switch (keys["match"], keys["command"]) {
        case (let match?, nil):
            let text = try match.text()
            guard let pattern = CommandPattern(hexadecimal: text) else {
                throw match.fault("\(match.name) is \"\(text)\"; it must be bytes in hexadecimal, with ?? for any byte")
            }
            return pattern
        case (nil, let command?):
            let text = try command.text()
            guard let pattern = CommandPattern(commandName: text) else {
                let nearest = NearestWord.of(text, in: CommandPattern.commandNames)
                let hint = nearest.map { "; did you mean \"\($0)\"?" } ?? "; give its bytes with match"
                throw command.fault("unknown command \"\(text)\"\(hint)")
            }
            return pattern
        default:
            throw node.fault("\(node.name) needs either match or command")
        }
    }
}

/// Reads a modem's script from YAML; each fault names file, line and what is allowed there.
package struct ModemScriptReader {
    /// The script in this file; a card that it names lies beside it.
    package static func read(path: String) throws(SimulatorError) -> ModemScript {
        guard let node = try ScriptNode.root(path: path, limitBytes: CardScriptReader.limitBytes) else {
            return ModemScript()
        }
        return try ModemScriptReader(folder: folder(of: path)).script(node)
    }

    /// The script in this text; `file` is its name in messages.
    package static func read(text: String, file: String) throws(SimulatorError) -> ModemScript {
        guard let node = try ScriptNode.root(text: text, file: file) else { return ModemScript() }
        return try ModemScriptReader(folder: folder(of: file)).script(node)
    }

    private let folder: String

    private static func folder(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
    }

    private func script(_ node: ScriptNode) throws(SimulatorError) -> ModemScript {
        let keys = try node.members([
            "profile", "imei", "card", "echo", "delay", "network", "rules", "messages", "toolkit", "chunk",
            "chunkPause",
        ])
        var script = ModemScript()
        if let profile = keys["profile"] { script.profile = try Self.profile(profile) }
        if let imei = keys["imei"] { script.imei = try imei.digits(14...15) }
        if let card = keys["card"] { script.card = try self.card(card) }
        if let echo = keys["echo"] { script.echoes = try echo.flag() }
        if let delay = keys["delay"] { script.delay = try delay.milliseconds() }
        if let network = keys["network"] { script.network = try self.network(network) }
        for item in try keys["rules"]?.items() ?? [] { script.rules.append(try rule(item)) }
        for item in try keys["messages"]?.items() ?? [] { script.messages.append(try message(item)) }
        if let toolkit = keys["toolkit"] { script.toolkit = try self.toolkit(toolkit) }
        script.chunkBytes = try keys["chunk"]?.integer(1...65_536)
        if let pause = keys["chunkPause"] { script.chunkPause = try pause.milliseconds() }
        return script
    }

    /// The profile that a value names.
    private static func profile(_ node: ScriptNode) throws(SimulatorError) -> ModemProfile {
        let name = try node.text()
        guard let profile = ModemProfile.named(name) else {
            throw node.fault("\(node.name) is \"\(name)\"; it must be one of \(ModemProfile.names)")
        }
        return profile
    }

    private func toolkit(_ node: ScriptNode) throws(SimulatorError) -> ModemToolkitRules {
        let keys = try node.members(["on", "timeout"])
        guard let on = keys["on"] else { throw node.fault("\(node.name) needs on: the command line that begins it") }
        var rules = ModemToolkitRules(on: try on.text())
        if let timeout = keys["timeout"] { rules.timeout = try timeout.milliseconds() }
        return rules
    }

    /// The file of a card's script, the script itself, or `none`.
    private func card(_ node: ScriptNode) throws(SimulatorError) -> CardScript? {
        guard !node.isMapping else { return try CardScriptReader().script(node) }
        let name = try node.text()
        guard name != "none" else { return nil }
        return try CardScriptReader.read(path: name.hasPrefix("/") ? name : folder + name)
    }

    private func network(_ node: ScriptNode) throws(SimulatorError) -> ModemNetwork {
        let keys = try node.members(["operator", "state", "technology", "rssi", "rsrp", "rsrq"])
        var network = ModemNetwork()
        if let name = keys["operator"] { network.operatorName = try name.text() }
        if let state = keys["state"] { network.state = try state.integer(0...11) }
        if let technology = keys["technology"] { network.accessTechnology = try technology.integer(0...13) }
        if let rssi = keys["rssi"] { network.rssi = try rssi.integer(-113 ... -51) }
        if let rsrp = keys["rsrp"] { network.rsrp = try rsrp.integer(-141 ... -44) }
        if let rsrq = keys["rsrq"] { network.rsrq = try rsrq.integer(-20 ... -3) }
        return network
    }

    private func rule(_ node: ScriptNode) throws(SimulatorError) -> ModemRule {
        let keys = try node.members([
            "command", "delay", "answer", "raw", "silent", "after", "times", "hangUpAfter", "returnAfter",
        ])
        guard let command = keys["command"] else { throw node.fault("\(node.name) needs a command, such as AT+CSQ") }
        var rule = ModemRule(pattern: try command.text())
        rule.delay = try keys["delay"]?.milliseconds()
        if let answer = keys["answer"] {
            var lines: [String] = []
            for item in try answer.items() { lines.append(try item.text()) }
            rule.lines = lines
        }
        if let raw = keys["raw"] { rule.raw = try raw.hexadecimal(1...65_535) }
        if let silent = keys["silent"] { rule.isSilent = try silent.flag() }
        if let after = keys["after"] { rule.after = try after.integer(0...1_000_000_000) }
        rule.times = try keys["times"]?.integer(1...1_000_000_000)
        rule.hangsUpAfterBytes = try keys["hangUpAfter"]?.integer(0...65_535)
        if let back = keys["returnAfter"] {
            guard rule.hangsUpAfterBytes != nil else { throw back.fault("\(back.name) needs hangUpAfter") }
            rule.returnsAfter = try back.milliseconds()
        }
        return rule
    }

    private func message(_ node: ScriptNode) throws(SimulatorError) -> ModemMessage {
        let keys = try node.members(["line", "raw", "after", "command", "times", "pause", "before"])
        var message: ModemMessage
        switch (keys["line"], keys["raw"]) {
        case (let line?, nil): message = ModemMessage(content: .line(try line.text()))
        case (nil, let raw?): message = ModemMessage(content: .raw(try raw.hexadecimal(1...65_535)))
        default: throw node.fault("\(node.name) needs either line or raw")
        }
        if let after = keys["after"] { message.after = try after.milliseconds() }
        message.command = try keys["command"]?.text()
        if let times = keys["times"] { message.times = try times.integer(1...1_000_000) }
        if let pause = keys["pause"] { message.pause = try pause.milliseconds() }
        if let before = keys["before"] {
            guard message.command != nil else { throw before.fault("\(before.name) needs a command") }
            message.isBeforeAnswer = try before.flag()
        }
        return message
    }
}

extension ModemProfile {
    /// The profile with this name; nil for none.
    package static func named(_ name: String) -> ModemProfile? { table.first { $0.name == name } }

    /// Their names, for messages.
    package static var names: String { allNames.joined(separator: ", ") }
    /// Their names.
    package static var allNames: [String] { table.map(\.name) }
}

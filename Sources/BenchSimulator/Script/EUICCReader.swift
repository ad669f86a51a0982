/// Reads what a virtual eUICC holds and refuses.
struct EUICCReader {
    func script(_ node: ScriptNode) throws(SimulatorError) -> EUICCScript {
        let keys = try node.members(["eid", "server", "profiles", "failures"])
        var script = EUICCScript()
        if let eid = keys["eid"] { script.eid = try self.eid(eid) }
        if let server = keys["server"] { script.server = try server.text() }
        if let profiles = keys["profiles"] {
            script.profiles = []
            for item in try profiles.items() { script.profiles.append(try profile(item)) }
            guard script.profiles.count(where: \.isEnabled) < 2 else {
                throw profiles.fault("\(profiles.name) has several that are enabled; one can be")
            }
        }
        for item in try keys["failures"]?.items() ?? [] { script.failures.append(try failure(item)) }
        return script
    }

    private func eid(_ node: ScriptNode) throws(SimulatorError) -> String {
        let eid = try node.digits(32...32)
        let remainder = eid.utf8.reduce(0) { ($0 * 10 + Int($1) - 48) % 97 }
        guard remainder == 1 else {
            throw node.fault("\(node.name) must be 1 modulo 97; the last two digits see to that")
        }
        return eid
    }

    private func profile(_ node: ScriptNode) throws(SimulatorError) -> EUICCProfile {
        let keys = try node.members(["iccid", "name", "provider", "nickname", "class", "enabled"])
        guard let iccid = keys["iccid"] else { throw node.fault("\(node.name) needs an iccid") }
        var profile = EUICCProfile(iccid: try iccid.cardNumber())
        profile.name = try keys["name"]?.text() ?? ""
        profile.provider = try keys["provider"]?.text() ?? ""
        profile.nickname = try keys["nickname"]?.text()
        if let kind = keys["class"] { profile.profileClass = try kind.word(EUICCProfile.Class.self) }
        profile.isEnabled = try keys["enabled"]?.flag() ?? false
        return profile
    }

    private func failure(_ node: ScriptNode) throws(SimulatorError) -> EUICCFailure {
        let keys = try node.members(["function", "result", "command", "after", "times"])
        guard let function = keys["function"], let result = keys["result"] else {
            throw node.fault("\(node.name) needs function and result")
        }
        let name = try function.word(EUICCFunction.self)
        guard name.refusal != nil else {
            throw function.fault("\(function.name) has no result that says so; let a rule give a status word")
        }
        var failure = EUICCFailure(function: name, result: UInt8(try result.integer(1...127)))
        if let command = keys["command"] {
            guard name == .loadBoundProfilePackage else {
                throw command.fault("\(command.name) is for loadBoundProfilePackage")
            }
            failure.packageCommand = UInt8(try command.integer(0...5))
        }
        (failure.after, failure.times) = try node.turns(keys)
        return failure
    }
}

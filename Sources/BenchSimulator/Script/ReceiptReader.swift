/// Reads what a card says of secured packets.
struct ReceiptReader {
    func rules(_ node: ScriptNode) throws(SimulatorError) -> [ReceiptRule] {
        var rules: [ReceiptRule] = []
        for item in try node.items() { rules.append(try rule(item)) }
        return rules
    }

    private func rule(_ node: ScriptNode) throws(SimulatorError) -> ReceiptRule {
        let keys = try node.members(["tar", "status", "data", "after", "times"])
        var rule = ReceiptRule()
        rule.application = try keys["tar"]?.hexadecimal(3...3)
        if let status = keys["status"] { rule.status = try status.word(ReceiptCode.self) }
        if let data = keys["data"] { rule.data = try data.hexadecimal(0...100) }
        (rule.after, rule.times) = try node.turns(keys)
        return rule
    }
}

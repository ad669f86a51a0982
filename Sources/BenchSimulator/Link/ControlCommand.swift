/// What a line on the control socket asks for.
enum ControlCommand: Equatable {
    case status
    case insert(slot: Int)
    case remove(slot: Int)
    case killPCSCD
    case stopPCSCD
    case startPCSCD

    /// - Parameter hasPCSCD: whether a pcscd of our own is there to be killed.
    init(_ words: [String], slots: Int, hasPCSCD: Bool) throws(SimulatorError) {
        let name = words.first ?? ""
        switch name {
        case "status" where words.count == 1: self = .status
        case "insert": self = .insert(slot: try Self.slot(words, slots))
        case "remove": self = .remove(slot: try Self.slot(words, slots))
        case "kill-pcscd" where hasPCSCD && words.count == 1: self = .killPCSCD
        case "stop-pcscd" where hasPCSCD && words.count == 1: self = .stopPCSCD
        case "start-pcscd" where hasPCSCD && words.count == 1: self = .startPCSCD
        default:
            let known =
                ["status", "insert [SLOT]", "remove [SLOT]"]
                + (hasPCSCD ? ["kill-pcscd", "stop-pcscd", "start-pcscd"] : [])
            throw .control(
                problem: "no command \"\(words.joined(separator: " "))\"; known are \(known.joined(separator: ", "))")
        }
    }

    private static func slot(_ words: [String], _ slots: Int) throws(SimulatorError) -> Int {
        guard words.count > 1 else { return 0 }
        guard words.count == 2, let slot = Int(words[1]), (0..<slots).contains(slot) else {
            throw .control(
                problem: "no slot \"\(words.dropFirst().joined(separator: " "))\"; the slots are 0 to \(slots - 1)")
        }
        return slot
    }
}

/// What one look of `doctor` gave.
package struct Finding: Sendable, Hashable, Encodable {
    /// How bad it is.
    package enum State: String, Sendable, Encodable {
        /// As it should be.
        case ok
        /// Worth knowing; nothing fails by it alone.
        case remark
        /// Something does not work.
        case fault
    }

    /// The check's name, `pcscd`.
    package var check: String
    /// How bad it is.
    package var state: State
    /// What was looked at.
    package var lookedAt: String
    /// What was found there.
    package var found: String
    /// What to do about it: commands, or a sentence where no command can do it; none when all is well.
    package var remedies: [String]

    private init(_ check: String, _ state: State, lookedAt: String, found: String, remedies: [String]) {
        self.check = check
        self.state = state
        self.lookedAt = lookedAt
        self.found = found
        self.remedies = remedies
    }

    static func ok(_ check: String, _ lookedAt: String, _ found: String) -> Finding {
        Finding(check, .ok, lookedAt: lookedAt, found: found, remedies: [])
    }

    static func remark(_ check: String, _ lookedAt: String, _ found: String, _ remedies: String...) -> Finding {
        Finding(check, .remark, lookedAt: lookedAt, found: found, remedies: remedies)
    }

    static func fault(_ check: String, _ lookedAt: String, _ found: String, _ remedies: String...) -> Finding {
        fault(check, lookedAt, found, remedies)
    }

    static func fault(_ check: String, _ lookedAt: String, _ found: String, _ remedies: [String]) -> Finding {
        Finding(check, .fault, lookedAt: lookedAt, found: found, remedies: remedies)
    }
}

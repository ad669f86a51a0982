public import ProbeEvents

/// How a modem is registered, as it says it (TS 27.007, 7.2, 10.1.20, 10.1.22, 10.1.47).
public struct Registration: Sendable, Equatable {
    /// What for.
    public var domain: RegistrationDomain
    /// How.
    public var state: RegistrationState
    /// Over which radio access; nil where it is not told.
    public var technology: RadioTechnology?

    /// A registration from its parts.
    public init(domain: RegistrationDomain, state: RegistrationState, technology: RadioTechnology? = nil) {
        self.domain = domain
        self.state = state
        self.technology = technology
    }

    /// What a line of `+CREG`, `+CGREG`, `+CEREG` or `+C5GREG` tells, asked or unasked; nil for any other.
    public init?(line: String) {
        guard let (domain, fields) = Self.domain(of: line) else { return nil }
        // `<n>,<stat>…` has a state in second place, `<stat>,<area>…` an area.
        let place = fields.small(1) == nil ? 0 : 1
        guard let code = fields.small(place), let number = UInt8(exactly: code),
            let state = RegistrationState(rawValue: number)
        else { return nil }
        self.init(domain: domain, state: state, technology: Self.technology(in: fields, behind: place))
    }

    private static func domain(of line: String) -> (RegistrationDomain, ATFields)? {
        let prefixes: [(String, RegistrationDomain)] = [
            ("+CREG", .cs), ("+CGREG", .ps), ("+CEREG", .eps), ("+C5GREG", .fiveGS),
        ]
        for (prefix, domain) in prefixes {
            if let fields = ATFields(line, prefix: prefix) { return (domain, fields) }
        }
        return nil
    }

    /// Behind the state: area, cell, access; some put the routing area between area and cell.
    private static func technology(in fields: ATFields, behind place: Int) -> RadioTechnology? {
        [place + 3, place + 4].lazy.compactMap { fields.small($0) }.first.map { RadioTechnology(accessTechnology: $0) }
    }
}

extension RadioTechnology {
    /// From the number of an access technology (TS 27.007, 7.3, `AcT`).
    package init(accessTechnology number: Int) {
        self =
            switch number {
            // GSM, GSM compact, EDGE, EC-GSM-IoT
            case 0, 1, 3, 8: .gsm
            case 2, 4, 5, 6: .utran
            // E-UTRAN, with a 5G core, with NR beside it
            case 7, 10, 13: .eutran
            case 9: .nbiot
            case 11, 12: .ngran
            default: .unknown
            }
    }
}

/// The operator that a modem has chosen (TS 27.007, 7.3).
public struct OperatorChoice: Sendable, Equatable {
    /// Its name or number as the modem tells it; nil when it has none.
    public var name: String?
    /// Over which radio access; nil where it is not told.
    public var technology: RadioTechnology?

    /// What the answer to `AT+COPS?` tells; nil when it has no such line.
    public init?(lines: [String]) {
        guard let fields = ATFields.first(lines, "+COPS"), fields.integer(0) != nil else { return nil }
        name = fields.text(2).map { String($0.prefix(64)) }
        technology = fields.small(3).map { RadioTechnology(accessTechnology: $0) }
    }
}

extension SIMState {
    /// What the answer to `AT+CPIN?` tells (TS 27.007, 8.3; the errors of 9.2.1); nil where it tells nothing of a card.
    package init?(_ answer: ATAnswer) {
        if let error = answer.final.errorCode, answer.final.result == .cmeError {
            self.init(error: error)
            return
        }
        guard let fields = ATFields.first(answer.texts, "+CPIN"), let word = fields.text(0) else { return nil }
        // Blanks are left out of what stands without quotes.
        switch word.replacing(" ", with: "") {
        case "READY": self = .ready
        case "SIMPIN": self = .pin
        case "SIMPUK": self = .puk
        case "NOTINSERTED", "NOTREADY": self = word.contains("INSERTED") ? .absent : .busy
        case "REMOVED": self = .absent
        case let other where other.contains("PIN") || other.contains("PUK"): self = .locked
        default: self = .unknown
        }
    }

    private init?(error: UInt16) {
        switch error {
        case 10: self = .absent
        case 11: self = .pin
        case 12: self = .puk
        case 13, 15: self = .failed
        case 14: self = .busy
        // Locks of the phone and the network, PIN2, PUK2
        case 5...7, 17, 18, 40...47: self = .locked
        default: return nil
        }
    }
}

/// What is wrong with a family that a program wants to register.
enum RegistrationFault: Error, Hashable, CustomStringConvertible {
    case badName(String)
    case missingHelp(family: String)
    case wrongEnding(family: String, expected: String)
    case reservedEnding(family: String, ending: String)
    case badLabel(family: String, label: String)
    case repeatedLabel(family: String, label: String)
    case badDomain(family: String, label: String)
    case clash(name: String, family: String, other: String)

    /// One line: what, and what is allowed.
    var description: String {
        switch self {
        case .badName(let name): "metric name '\(name)'; allowed: letters, digits, _ and :, no digit first"
        case .missingHelp(let family): "\(family) has no help text"
        case .wrongEnding(let family, let expected): "\(family) must end in \(expected)"
        case .reservedEnding(let family, let ending): "\(family) must not end in \(ending)"
        case .badLabel(let family, let label):
            "\(family): label '\(label)'; allowed: letters, digits and _, no digit and no __ first, not le or quantile"
        case .repeatedLabel(let family, let label): "\(family): label '\(label)' twice"
        case .badDomain(let family, let label): "\(family): label '\(label)' has no values, or one twice"
        case .clash(let name, let family, let other): "\(family) and \(other) would both use the name \(name)"
        }
    }
}

extension FamilyDescriptor {
    /// What is wrong with it by itself, if anything.
    var fault: RegistrationFault? {
        guard Self.isName(name, colons: true), !baseName.isEmpty else { return .badName(name) }
        guard !help.isEmpty else { return .missingHelp(family: name) }
        return endingFault ?? labelFault
    }

    /// What the names of no other samples may end in.
    static let reservedEndings = ["_total", "_created", "_count", "_sum", "_bucket", "_info"]

    private var endingFault: RegistrationFault? {
        if kind == .counter, !name.hasSuffix("_total") { return .wrongEnding(family: name, expected: "_total") }
        if kind == .info, !name.hasSuffix("_info") { return .wrongEnding(family: name, expected: "_info") }
        for ending in Self.reservedEndings where baseName.hasSuffix(ending) {
            return .reservedEnding(family: name, ending: ending)
        }
        return nil
    }

    private var labelFault: RegistrationFault? {
        var seen: Set<String> = []
        for label in labels {
            guard Self.isName(label.name, colons: false), !label.name.hasPrefix("__"),
                label.name != "le", label.name != "quantile"
            else { return .badLabel(family: name, label: label.name) }
            guard seen.insert(label.name).inserted else { return .repeatedLabel(family: name, label: label.name) }
            if let domain = label.domain, domain.isEmpty || Set(domain).count < domain.count {
                return .badDomain(family: name, label: label.name)
            }
        }
        return nil
    }

    static func isName(_ text: String, colons: Bool) -> Bool {
        guard let first = text.utf8.first, !isDigit(first) else { return false }
        return text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"): true
            case UInt8(ascii: ":"): colons
            default: isDigit(byte)
            }
        }
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}

/// A connection of the probe's own to the adb server: requests one after the other, and then what the last one brings.
struct ADBCall {
    /// What is to be done next.
    enum Step: Sendable, Equatable {
        /// Send these bytes.
        case send([UInt8])
        /// What the last request brought.
        case bytes([UInt8])
        /// The server said FAIL, for this reason.
        case refused(String)
        /// What came is not adb's.
        case unreadable
    }

    private enum Stage {
        case status, reasonLength, reason(Int), content, over
    }

    /// Reasons are a line.
    private static let longestReason = 512

    private var requests: ArraySlice<String>
    private var stage = Stage.status
    private var fields = ADBFields()

    /// A call that has begun: the first request is to be sent.
    init(_ requests: [String]) { self.requests = requests[...] }

    /// The next request; nil when all were sent.
    mutating func next() -> [UInt8]? { requests.popFirst().map(Self.request) }

    /// Takes what the server sent.
    mutating func received(_ bytes: [UInt8]) -> [Step] {
        var rest = bytes[...]
        var steps: [Step] = []
        while !rest.isEmpty {
            switch stage {
            case .status:
                guard let word = fields.take(4, from: &rest) else { return steps }
                switch String(decoding: word, as: UTF8.self) {
                case "OKAY":
                    if let next = next() { steps.append(.send(next)) } else { stage = .content }
                case "FAIL": stage = .reasonLength
                default: return steps + [end(.unreadable)]
                }
            case .reasonLength:
                guard let digits = fields.take(4, from: &rest) else { return steps }
                guard let length = ADBFields.length(hex: digits) else { return steps + [end(.unreadable)] }
                guard length > 0 else { return steps + [end(.refused("no reason"))] }
                stage = .reason(min(length, Self.longestReason))
            case .reason(let length):
                guard let reason = fields.take(length, from: &rest) else { return steps }
                let words = String(decoding: reason, as: UTF8.self).split(whereSeparator: \.isNewline)
                return steps + [end(.refused(words.joined(separator: " ")))]
            case .content:
                steps.append(.bytes(Array(rest)))
                rest = []
            case .over: return steps
            }
        }
        return steps
    }

    private mutating func end(_ step: Step) -> Step {
        stage = .over
        return step
    }

    private static func request(_ text: String) -> [UInt8] {
        let bytes = Array(text.utf8)
        let digits = String(bytes.count, radix: 16)
        return Array((String(repeating: "0", count: max(0, 4 - digits.count)) + digits).utf8) + bytes
    }
}

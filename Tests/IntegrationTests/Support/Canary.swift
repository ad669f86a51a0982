import Foundation

/// A secret that is looked for where nothing of it may be.
struct Canary {
    /// In hexadecimal, four bytes at least.
    let digits: String
    /// What else tells it: a number as people write it.
    var text: String?

    /// The bytes in the opposite order.
    var backwards: Canary { Canary(digits: pairs.reversed().joined()) }

    /// Whether a place has four bytes of it in a row, as they are or in digits of either case; or its text.
    func isIn(_ place: Data) -> Bool { forms.contains { place.range(of: $0) != nil } }

    private var pairs: [Substring] {
        stride(from: 0, to: digits.count, by: 2).map { digits.dropFirst($0).prefix(2) }
    }

    private var forms: [Data] {
        let parts = (0...max(0, pairs.count - 4)).map { pairs[$0..<min($0 + 4, pairs.count)] }
        return parts.flatMap { part in
            let words = [part.joined(), part.joined(separator: " "), part.joined(separator: ":")]
            return [Data(part.compactMap { UInt8($0, radix: 16) })]
                + words.flatMap { [Data($0.utf8), Data($0.lowercased().utf8)] }
        } + [text].compactMap { $0.map { Data($0.utf8) } }
    }
}

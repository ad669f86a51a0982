/// Values that a caller gave a trace to carry: `key=value` in a list, values percent-encoded (W3C Baggage).
package struct Baggage: Sendable, Hashable {
    /// One value.
    package struct Member: Sendable, Hashable {
        /// Its name, a token.
        package let key: String
        /// The value in clear.
        package let value: String
        /// What stands behind the value, `;` left out; handed on as it came.
        package let properties: [String]

        /// A member; nil when the key is no token or a property has what may not stand there.
        package init?(key: String, value: String, properties: [String] = []) {
            guard !key.isEmpty, key.utf8.allSatisfy(Baggage.isToken),
                properties.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(Baggage.isPropertyByte) })
            else { return nil }
            (self.key, self.value, self.properties) = (key, value, properties)
        }

        fileprivate var text: String {
            ([key + "=" + Baggage.encoded(value)] + properties).joined(separator: ";")
        }
    }

    /// The members in their order; no key comes twice.
    package private(set) var members: [Member] = []

    /// More members are not kept.
    package static let memberLimit = 64
    /// More is not kept, bytes.
    package static let lengthLimit = 8_192

    /// Baggage with nothing in it.
    package init() {}

    /// Reads a list as far as there is room; a bad member is dropped alone, of two with one key the later counts.
    package init(_ list: some Collection<UInt8>) {
        for part in list.split(separator: UInt8(ascii: ",")) {
            guard let member = Self.member(part) else { continue }
            guard set(member) else { return }
        }
    }

    /// The value of a key.
    package subscript(key: String) -> String? { members.first { $0.key == key }?.value }

    /// Puts a member in, in the place of one with the same key; false when there is no room.
    @discardableResult
    package mutating func set(_ member: Member) -> Bool {
        var changed = members
        if let place = changed.firstIndex(where: { $0.key == member.key }) {
            changed[place] = member
        } else {
            changed.append(member)
        }
        guard changed.count <= Self.memberLimit, Self.text(changed).utf8.count <= Self.lengthLimit else { return false }
        members = changed
        return true
    }

    /// The value of `baggage`; empty: no header.
    package var text: String { Self.text(members) }

    private static func text(_ members: [Member]) -> String { members.map(\.text).joined(separator: ",") }

    private static func member(_ part: some Collection<UInt8>) -> Member? {
        let pieces = part.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false).map(\.trimmingBlanks)
        guard let pair = pieces.first, let equals = pair.firstIndex(of: UInt8(ascii: "=")) else { return nil }
        let encoded = pair[pair.index(after: equals)...].trimmingBlanks
        guard encoded.allSatisfy(isValueByte), let value = decoded(encoded) else { return nil }
        return Member(
            key: String(decoding: pair[..<equals].trimmingBlanks, as: UTF8.self), value: value,
            properties: pieces.dropFirst().map { String(decoding: $0, as: UTF8.self) })
    }

    /// Whether a byte may stand in a token, as names of headers are (RFC 7230, 3.2.6).
    package static func isToken(_ byte: UInt8) -> Bool { isAlphanumeric(byte) || "!#$%&'*+-.^_`|~".utf8.contains(byte) }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"):
            true
        default: false
        }
    }

    private static func isValueByte(_ byte: UInt8) -> Bool {
        (0x21...0x7E).contains(byte) && !#"",;\"#.utf8.contains(byte)
    }

    private static func isPropertyByte(_ byte: UInt8) -> Bool { isValueByte(byte) || byte == 0x20 || byte == 0x09 }

    private static func encoded(_ value: String) -> String {
        var text: [UInt8] = []
        for byte in value.utf8 {
            if isValueByte(byte), byte != UInt8(ascii: "%") {
                text.append(byte)
            } else {
                text.append(UInt8(ascii: "%"))
                text += LowerHex.text([byte]).uppercased().utf8
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static func decoded(_ text: some Collection<UInt8>) -> String? {
        PercentEncoding.decoded(text).map { String(decoding: $0, as: UTF8.self) }
    }
}

/// Percent-encoding, as baggage and the variables of OpenTelemetry use it.
package enum PercentEncoding {
    /// The bytes that a text stands for; nil when a `%` has no two hex digits behind it.
    package static func decoded(_ text: some Collection<UInt8>) -> [UInt8]? {
        var bytes: [UInt8] = []
        var rest = text[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            let digits = rest.prefix(2).map { (UInt8(ascii: "A")...UInt8(ascii: "F")).contains($0) ? $0 | 0x20 : $0 }
            guard digits.count == 2, let value = LowerHex.number(digits) else { return nil }
            bytes.append(UInt8(truncatingIfNeeded: value))
            rest = rest.dropFirst(2)
        }
        return bytes
    }
}

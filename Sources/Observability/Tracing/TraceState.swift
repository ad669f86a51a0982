/// What tracing systems on the way of a trace added: `key=value` in a list, the latest first.
package struct TraceState: Sendable, Hashable {
    /// One system's word.
    package struct Member: Sendable, Hashable {
        /// Whose it is.
        package let key: String
        /// What it says.
        package let value: String

        /// A member; nil when the rules of W3C Trace Context forbid its key or value.
        package init?(key: some Collection<UInt8>, value: some Collection<UInt8>) {
            guard Self.isKey(key), Self.isValue(value) else { return nil }
            self.key = String(decoding: key, as: UTF8.self)
            self.value = String(decoding: value, as: UTF8.self)
        }

        fileprivate var length: Int { key.utf8.count + 1 + value.utf8.count }

        private static func isKey(_ key: some Collection<UInt8>) -> Bool {
            guard key.count <= 256, let first = key.first, isLetterOrDigit(first) else { return false }
            return key.allSatisfy { isLetterOrDigit($0) || "_-*/@".utf8.contains($0) }
        }

        private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        }

        private static func isValue(_ value: some Collection<UInt8>) -> Bool {
            guard !value.isEmpty, value.count <= 256 else { return false }
            return value.allSatisfy {
                (0x20...0x7E).contains($0) && $0 != UInt8(ascii: ",") && $0 != UInt8(ascii: "=")
            }
        }
    }

    /// The members, the latest first; no key comes twice.
    package private(set) var members: [Member] = []

    /// More members are not allowed.
    package static let memberLimit = 32
    /// So much is handed on whatever comes, characters.
    package static let lengthLimit = 512

    /// A state with no member.
    package init() {}

    /// Reads a list; nil when anything in it is bad: then all of it is void.
    package init?(_ list: some Collection<UInt8>) {
        for part in list.split(separator: UInt8(ascii: ",")) {
            let text = part.trimmingBlanks
            // Empty members are allowed.
            if text.isEmpty { continue }
            guard let equals = text.firstIndex(of: UInt8(ascii: "=")),
                let member = Member(key: text[..<equals], value: text[text.index(after: equals)...]),
                members.count < Self.memberLimit, !members.contains(where: { $0.key == member.key })
            else { return nil }
            members.append(member)
        }
    }

    /// The same with a member in front; one with the same key goes, and with too many the last one does.
    package func setting(_ member: Member) -> TraceState {
        var state = self
        state.members.removeAll { $0.key == member.key }
        state.members.insert(member, at: 0)
        state.members = Array(state.members.prefix(Self.memberLimit))
        return state
    }

    /// The value of `tracestate`, at most 512 characters: long members go first, then the last ones. Empty: no header.
    package var text: String {
        var kept = members
        while Self.length(kept) > Self.lengthLimit {
            kept.remove(at: kept.lastIndex { $0.length > 128 } ?? kept.count - 1)
        }
        return kept.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
    }

    private static func length(_ members: [Member]) -> Int {
        members.reduce(max(0, members.count - 1)) { $0 + $1.length }
    }
}

extension Collection where Element == UInt8 {
    /// Without the blanks and tabs at both ends.
    var trimmingBlanks: SubSequence {
        func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
        var rest = drop(while: isBlank)
        // A collection that only goes forward has its last index found by a walk.
        var end = rest.startIndex
        for index in rest.indices where !isBlank(rest[index]) { end = rest.index(after: index) }
        rest = rest[rest.startIndex..<end]
        return rest
    }
}

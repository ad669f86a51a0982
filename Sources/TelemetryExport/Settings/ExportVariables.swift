internal import Observability

/// Variables as OpenTelemetry wants them read: empty is unset, only "true" is true, what cannot be read is ignored.
package struct ExportVariables {
    /// The value of a variable.
    package let variable: (String) -> String?
    /// Told in a line what cannot be read and is ignored.
    package let warn: (String) -> Void

    /// Variables of an environment.
    ///
    /// - Parameters:
    ///   - variable: the value of a variable.
    ///   - warn: told in a line what cannot be read and is ignored.
    package init(_ variable: @escaping (String) -> String?, warn: @escaping (String) -> Void) {
        (self.variable, self.warn) = (variable, warn)
    }

    /// The first of these that is set, and its value.
    func first(_ names: [String]) -> (name: String, value: String)? {
        for name in names {
            let value = variable(name).map { String(decoding: $0.utf8.trimmed, as: UTF8.self) } ?? ""
            if !value.isEmpty { return (name, value) }
        }
        return nil
    }

    /// The value of the first of these that is set.
    func text(_ names: String...) -> String? { first(names)?.value }

    /// Whether it says "true".
    func isTrue(_ name: String) -> Bool { text(name)?.lowercased() == "true" }

    /// Words between commas.
    func list(_ name: String) -> [String]? {
        text(name)?.split(separator: ",").map { String(decoding: $0.utf8.trimmed, as: UTF8.self) }
    }

    /// A whole number above 0, of the first that has one.
    func count(_ names: String...) -> Int? {
        number(names, 1...1_000_000, "whole number from 1 to 1000000")
    }

    /// A time above 0, of the first that has one.
    func milliseconds(_ names: String...) -> Duration? { milliseconds(names) }

    /// A time above 0, of the first that has one.
    func milliseconds(_ names: [String]) -> Duration? {
        number(names, 1...86_400_000, "time in milliseconds, 1 to 86400000").map { .milliseconds($0) }
    }

    private func number(_ names: [String], _ range: ClosedRange<Int>, _ allowed: String) -> Int? {
        for name in names {
            guard let text = text(name) else { continue }
            if let number = Int(text), range.contains(number) { return number }
            warn("\(name) '\(text.prefix(64))' is no \(allowed); ignored")
        }
        return nil
    }

    /// `key=value,key=value`, percent-encoded; one that cannot be read makes all void. Values are not told: headers
    /// carry secrets.
    func pairs(_ name: String) -> [(String, String)] {
        var pairs: [(String, String)] = []
        for part in text(name)?.utf8.split(separator: UInt8(ascii: ",")) ?? [] where !part.trimmed.isEmpty {
            guard let equals = part.firstIndex(of: UInt8(ascii: "=")),
                let key = PercentEncoding.decoded(part[..<equals].trimmed), !key.isEmpty,
                let value = PercentEncoding.decoded(part[part.index(after: equals)...].trimmed)
            else {
                warn("\(name) is no list of key=value with percent-encoded values; ignored")
                return []
            }
            pairs.append((String(decoding: key, as: UTF8.self), String(decoding: value, as: UTF8.self)))
        }
        return pairs
    }
}

extension BidirectionalCollection where Element == UInt8 {
    /// Without blanks, tabs and line ends at both ends.
    fileprivate var trimmed: SubSequence {
        func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
        let rest = drop(while: isBlank)
        guard let last = rest.lastIndex(where: { !isBlank($0) }) else { return rest.prefix(0) }
        return rest[...last]
    }
}

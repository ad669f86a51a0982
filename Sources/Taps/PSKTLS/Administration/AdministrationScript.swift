internal import SmartCard

/// The bodies of an administration session: commands for a card and its answers, in the expanded format of
/// ETSI TS 102 226, 5.2.1, with lengths given or not; or each behind its length in two bytes, as CardLink writes them.
enum AdministrationScript {
    /// A body's template, and its objects (ETSI TS 101 220, tables 7.18 to 7.20).
    private struct Format {
        var definite: UInt8
        var indefinite: UInt8
        var object: UInt32
        /// The shortest command has a header, the shortest response a status word.
        var shortest: Int
    }

    private static let commandFormat = Format(definite: 0xAA, indefinite: 0xAE, object: 0x22, shortest: 4)
    private static let responseFormat = Format(definite: 0xAB, indefinite: 0xAF, object: 0x23, shortest: 2)

    /// The commands of a script; nil when it is none.
    static func commands(_ body: [UInt8]) -> [[UInt8]]? { objects(body, commandFormat) }

    /// The responses of a result, as many as commands were done; nil when it is none.
    static func responses(_ body: [UInt8]) -> [[UInt8]]? { objects(body, responseFormat) }

    private static func objects(_ body: [UInt8], _ format: Format) -> [[UInt8]]? {
        guard let contents = contents(body, format) else { return prefixed(body, format) }
        return BERTLVs.decode(contents).objects.filter { $0.tag == format.object }.map { Array($0.value) }
    }

    /// Nil unless the objects fill the body.
    private static func prefixed(_ body: [UInt8], _ format: Format) -> [[UInt8]]? {
        var objects: [[UInt8]] = []
        var rest = body[...]
        while let high = rest.popFirst() {
            guard let low = rest.popFirst() else { return nil }
            let length = Int(high) << 8 | Int(low)
            guard length >= format.shortest, length <= rest.count else { return nil }
            objects.append(Array(rest.prefix(length)))
            rest = rest.dropFirst(length)
        }
        return objects.isEmpty ? nil : objects
    }

    private static func contents(_ body: [UInt8], _ format: Format) -> ArraySlice<UInt8>? {
        if body.first == format.indefinite, body.dropFirst().first == 0x80 { return body.dropFirst(2) }
        var walk = BERTLVs(body)
        guard body.first == format.definite, let template = walk.next() else { return nil }
        return template.value
    }
}

internal import FoundationEssentials

/// Under which labels a Pushgateway keeps what was pushed: a group is replaced as a whole, and never goes by itself.
///
/// Job and bench, not the run: else each run would leave a group behind for ever.
package struct GroupingKey: Sendable, Hashable {
    /// The group as it stands in a URL behind `/metrics/`.
    package let path: String

    /// The group of a bench.
    package init(job: String = "cardlink-probe", instance: String) {
        path = Self.part("job", job) + "/" + Self.part("instance", instance)
    }

    /// A value that is not plain goes as base64, the empty one too: a path cannot hold it.
    private static func part(_ label: String, _ value: String) -> String {
        let isPlain = value.utf8.allSatisfy(isUnreserved) && value.utf8.contains { $0 != UInt8(ascii: ".") }
        if isPlain { return "\(label)/\(value)" }
        let text = Data(value.utf8).base64EncodedString().map { $0 == "+" ? "-" : $0 == "/" ? "_" : $0 }
        return "\(label)@base64/\(text.isEmpty ? "=" : String(text))"
    }

    /// RFC 3986, 2.3.
    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
            UInt8(ascii: "~"):
            true
        default: false
        }
    }
}

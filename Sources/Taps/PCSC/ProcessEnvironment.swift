internal import Glibc

/// What the environment that a process was started with says of who started it, as the kernel shows it to its own user
/// and to root. Nothing else in it is looked at.
struct ProcessEnvironment: Hashable {
    /// The span that it was started in; nil for none.
    var traceparent: String?
    /// Which version of the tester it is; nil where nobody said it.
    var testerVersion: String?
    /// The commit that the tester is at; nil where nobody said it.
    var testerCommit: String?

    /// More is not read; it is the limit that Linux had for a long time.
    private static let longestBytes = 1 << 17

    /// A variable that is read, what it may hold, and where it goes. Names are compared as bytes: there are many, and a
    /// client waits for its receiver.
    private struct Variable {
        var prefix: [UInt8]
        var isValid: @Sendable (ArraySlice<UInt8>) -> Bool
        var place: @Sendable (inout ProcessEnvironment, String) -> Void
    }

    private static let variables: [Variable] = [
        Variable(prefix: Array("TRACEPARENT=".utf8), isValid: { $0.count == 55 && $0.allSatisfy(isGraphic) }) {
            $0.traceparent = $1
        },
        Variable(
            prefix: Array("CARDLINK_TESTER_VERSION=".utf8),
            isValid: { (1...64).contains($0.count) && $0.allSatisfy { $0 == 0x20 || isGraphic($0) } }
        ) { $0.testerVersion = $1 },
        Variable(
            prefix: Array("CARDLINK_TESTER_COMMIT=".utf8),
            isValid: { (7...64).contains($0.count) && $0.allSatisfy(isHex) }
        ) { $0.testerCommit = $1 },
    ]

    /// That of a process; nil where it may not be seen, or the process has ended.
    init?(of pid: Int32) {
        let descriptor = open("/proc/\(pid)/environ", O_RDONLY | O_CLOEXEC)
        defer { if descriptor >= 0 { close(descriptor) } }
        var bytes = [UInt8](repeating: 0, count: descriptor >= 0 ? Self.longestBytes : 0)
        var count = 0
        while count < bytes.count {
            let piece = bytes[count...].withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
            guard piece > 0 else { break }
            count += piece
        }
        guard count > 0 else { return nil }
        self.init(bytes[..<count])
    }

    /// The same of variables in their own places.
    init(_ entries: [[UInt8]]) { self.init(Array(entries.joined(separator: [0]))[...]) }

    /// The same of variables that were read, each ended by a NUL; of several with one name the first counts.
    init(_ bytes: ArraySlice<UInt8>) {
        var missing = Self.variables
        for entry in bytes.split(separator: 0) {
            guard let index = missing.firstIndex(where: { entry.starts(with: $0.prefix) }) else { continue }
            let variable = missing.remove(at: index)
            let value = entry.dropFirst(variable.prefix.count)
            if variable.isValid(value) { variable.place(&self, String(decoding: value, as: UTF8.self)) }
            if missing.isEmpty { return }
        }
    }

    private static func isGraphic(_ byte: UInt8) -> Bool { byte > 0x20 && byte < 0x7F }

    private static func isHex(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
            UInt8(ascii: "A")...UInt8(ascii: "F"):
            true
        default: false
        }
    }
}

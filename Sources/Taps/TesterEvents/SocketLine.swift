internal import FoundationEssentials
internal import ProbeEvents

/// The lines on the event socket that are no events; see ``EventSocket`` for who says what when.
enum SocketLine: Equatable {
    /// `{"hello":"cardlink-probe","v":1,"version":"0.1.0"}`: who speaks.
    case hello(name: String, version: String)
    /// `{"received":12,"skipped":0,"v":1}`: how many lines of this connection were told as events, how many were not.
    case receipt(Receipt)
    /// `{"refused":"…","v":1}`: nothing is read on this connection, and why.
    case refused(String)

    /// What a probe says first.
    static var greeting: SocketLine { .hello(name: "cardlink-probe", version: ProbeVersion.current) }

    /// The longest one that is read.
    static let longestBytes = 4_096
}

/// How far the reader of a connection has come.
struct Receipt: Equatable {
    /// Lines that were told as events.
    var received: UInt64 = 0
    /// Lines that were no events, or none that are taken from outside.
    var skipped: UInt64 = 0

    /// All lines that were read.
    var lines: UInt64 { received &+ skipped }
}

/// Why a line is none of the socket's own.
enum SocketLineError: Error, Equatable {
    /// Another version of the protocol.
    case version(Int)
    /// None of ``SocketLine``.
    case malformed
}

extension SocketLine {
    private struct Members: Codable {
        var v: Int
        var hello: String?
        var version: String?
        var received: UInt64?
        var skipped: UInt64?
        var refused: String?
    }

    /// The line with its line feed.
    var bytes: [UInt8] {
        var members = Members(v: EventLine.version)
        switch self {
        case .hello(let name, let version): (members.hello, members.version) = (name, version)
        case .receipt(let receipt): (members.received, members.skipped) = (receipt.received, receipt.skipped)
        case .refused(let reason): members.refused = reason
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Strings and whole numbers can always be written.
        let line = (try? encoder.encode(members)) ?? Data()
        return Array(line) + [0x0A]
    }

    init(_ line: [UInt8]) throws(SocketLineError) {
        guard line.count <= Self.longestBytes,
            let members = try? JSONDecoder().decode(Members.self, from: Data(line))
        else { throw .malformed }
        guard members.v == EventLine.version else { throw .version(members.v) }
        if let name = members.hello {
            self = .hello(name: name, version: members.version ?? "")
        } else if let received = members.received {
            self = .receipt(Receipt(received: received, skipped: members.skipped ?? 0))
        } else if let reason = members.refused {
            self = .refused(reason)
        } else {
            throw .malformed
        }
    }
}

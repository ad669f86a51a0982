internal import ProbeEvents
internal import SmartCard

/// What the comment of a packet tells of its exchange beside the bytes, in a form that is read back.
///
/// `READ BINARY; 5 bytes sent, 12 received; 1.234567 ms; waited 0.000000 ms; scriptor[4711]; sent as 00; 10 bytes cut`
package struct ExchangeNote: Hashable, Sendable {
    /// The command's name in the probe's own table; dissectors name some commands otherwise.
    package var name: String
    /// The length of the command as it was sent, bytes.
    package var sentBytes: Int
    /// The length of the response with its status word, bytes.
    package var receivedBytes: Int
    /// How long the call took, waiting included, nanoseconds.
    package var durationNanoseconds: UInt64
    /// Whether that is known.
    package var isTimed = true
    /// Part of it that was spent waiting for other programs, nanoseconds.
    package var waitNanoseconds: UInt64
    /// Whether the wait is known exactly.
    package var isWaitExact: Bool
    /// The program, by name.
    package var program: String
    /// Its process id.
    package var pid: Int32
    /// The bytes between P2 and the command data as they were sent, where the packet has another P3.
    package var lengthField: [UInt8]?
    /// The bytes behind the command data (Le), which the packet has not.
    package var expectedField: [UInt8] = []
    /// PC/SC's return code; 0 is success.
    package var resultCode: UInt32 = 0
    /// Whether the packet's status word 0000 stands for none.
    package var hasNoStatusWord = false
    /// Whether the packet says 61XX and the synthetic GET RESPONSE behind it has response data and status word.
    package var isContinued = false
    /// Bytes that were written as 00.
    package var cutBytes = 0
    /// Bytes at the end of the data for which a packet has no room.
    package var leftOutBytes = 0
    /// What of the data is no card's: `iccid hashed`.
    package var remark = ""
    /// The tests during which it was sent, by suite and name.
    package var tests: [String] = []
    /// The trace that they belong to, 32 hex digits; empty for none.
    package var trace = ""

    /// The comment of a packet that carries the response data of the packet before it, and is no exchange.
    package static let synthetic = "synthetic GET RESPONSE: response data of the packet before"

    private static let untimed = "no time"

    /// One line.
    package var text: String {
        var parts = [
            name, "\(sentBytes) bytes sent, \(receivedBytes) received",
            isTimed ? Self.milliseconds(durationNanoseconds) : Self.untimed,
            "waited \(isWaitExact ? "" : "at most ")\(Self.milliseconds(waitNanoseconds))", "\(program)[\(pid)]",
        ]
        if let lengthField { parts.append("sent as \(lengthField.isEmpty ? "nothing" : Self.hex(lengthField))") }
        if !expectedField.isEmpty { parts.append("Le \(Self.hex(expectedField))") }
        if resultCode != 0 { parts.append("PC/SC \(Self.hex(resultCode)) \(PCSCResult(resultCode).symbol)") }
        if hasNoStatusWord { parts.append("no status word") }
        if isContinued { parts.append("response in the next packet") }
        if cutBytes > 0 { parts.append("\(cutBytes) bytes cut") }
        if leftOutBytes > 0 { parts.append("\(leftOutBytes) bytes left out") }
        if !remark.isEmpty { parts.append(remark) }
        parts += tests.map { "test \($0)" }
        if !trace.isEmpty { parts.append("trace \(trace)") }
        return parts.joined(separator: "; ")
    }

    /// Three digits before the point or more, six behind it: nothing of the nanoseconds is lost.
    private static func milliseconds(_ nanoseconds: UInt64) -> String {
        let fraction = String(nanoseconds % 1_000_000)
        return "\(nanoseconds / 1_000_000).\(String(repeating: "0", count: 6 - fraction.count))\(fraction) ms"
    }

    private static func hex(_ bytes: [UInt8]) -> String {
        bytes.map { String($0 >> 4, radix: 16, uppercase: true) + String($0 & 15, radix: 16, uppercase: true) }.joined()
    }

    private static func hex(_ code: UInt32) -> String {
        let digits = String(code, radix: 16, uppercase: true)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }
}

extension ExchangeNote {
    /// What an exchange tells of itself.
    init(_ exchange: APDUExchange) {
        let program = exchange.client.program.asNotePart
        self.init(
            name: exchange.name.name, sentBytes: exchange.command.bytes.count,
            receivedBytes: exchange.response.bytes.count, durationNanoseconds: exchange.stamp.durationNanoseconds,
            waitNanoseconds: exchange.waitNanoseconds, isWaitExact: exchange.isWaitExact, program: program,
            pid: exchange.client.pid)
        resultCode = exchange.resultCode
        isTimed = exchange.isTimed
    }
}

extension String {
    /// The same in one line without a semicolon, with which a part of a note ends.
    var asNotePart: String { String(map { $0 == ";" || $0.isNewline ? "?" : $0 }) }
}

extension ExchangeNote {
    /// Reads a comment; nil for one that is no exchange's.
    package init?(_ text: String) {
        let parts = text.split(separator: "; ", omittingEmptySubsequences: false)
        guard parts.count >= 5 else { return nil }
        let lengths = parts[1].split(separator: " ")
        guard lengths.count == 5, let sent = Self.count(lengths[0]), let received = Self.count(lengths[3]),
            let duration = parts[2] == Self.untimed ? 0 : Self.nanoseconds(parts[2]), let client = Self.client(parts[4])
        else { return nil }
        let isExact = !parts[3].hasPrefix("waited at most ")
        guard parts[3].hasPrefix("waited "),
            let wait = Self.nanoseconds(parts[3].dropFirst(isExact ? 7 : 15))
        else { return nil }
        self.init(
            name: String(parts[0]), sentBytes: sent, receivedBytes: received, durationNanoseconds: duration,
            waitNanoseconds: wait, isWaitExact: isExact, program: client.program, pid: client.pid)
        isTimed = parts[2] != Self.untimed
        for part in parts.dropFirst(5) { read(part) }
    }

    private mutating func read(_ part: Substring) {
        let words = part.split(separator: " ")
        switch (words.first, words.count) {
        case ("sent", 3): lengthField = words[2] == "nothing" ? [] : Self.bytes(words[2])
        case ("Le", 2): expectedField = Self.bytes(words[1])
        case ("PC/SC", 3): resultCode = UInt32(words[1], radix: 16) ?? 0
        case ("no", 3): hasNoStatusWord = true
        case ("response", 5): isContinued = true
        case ("test", 2...): tests.append(String(part.dropFirst(5)))
        case ("trace", 2): trace = String(words[1])
        default:
            if let count = words.first.flatMap(Self.count), part.hasSuffix(" bytes cut") {
                cutBytes = count
            } else if let count = words.first.flatMap(Self.count), part.hasSuffix(" bytes left out") {
                leftOutBytes = count
            } else {
                remark = String(part)
            }
        }
    }

    /// A number of bytes; nil for more than a command and its response can have.
    private static func count(_ digits: Substring) -> Int? {
        Int(digits).flatMap { (0...(2 * 65_548)).contains($0) ? $0 : nil }
    }

    private static func client(_ part: Substring) -> (program: String, pid: Int32)? {
        guard part.last == "]", let bracket = part.lastIndex(of: "["),
            let pid = Int32(part[part.index(after: bracket)...].dropLast())
        else { return nil }
        return (String(part[..<bracket]), pid)
    }

    private static func nanoseconds(_ part: Substring) -> UInt64? {
        let number = part.split(separator: " ").first?.split(separator: ".") ?? []
        guard number.count == 2, part.hasSuffix(" ms"), number[1].utf8.count == 6, let whole = UInt64(number[0]),
            let fraction = UInt64(number[1]), whole < 1 << 43
        else { return nil }
        return whole * 1_000_000 + fraction
    }

    private static func bytes(_ digits: Substring) -> [UInt8] {
        var rest = digits.utf8.map { Character(UnicodeScalar($0)) }[...]
        var bytes: [UInt8] = []
        while rest.count >= 2 {
            guard let byte = UInt8(String(rest.prefix(2)), radix: 16) else { break }
            bytes.append(byte)
            rest = rest.dropFirst(2)
        }
        return bytes
    }
}

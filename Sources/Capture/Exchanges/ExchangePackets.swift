package import ProbeEvents
internal import SmartCard

/// The packets of one exchange, written as a T=0 card would have had it: `CLA INS P1 P2 P3 [data] SW1 SW2`.
///
/// Dissectors know nothing else. They take P3 for the number of bytes that are there, so it is the length of the data;
/// where the program sent something else, the note tells it. Data both ways in one packet is not told apart (tshark
/// 4.0 shows no response then): the response goes into a second packet, a GET RESPONSE that nobody sent, marked so. An
/// exchange without an answer has status word 0000, which no card gives, since a packet without one is malformed.
package struct ExchangePackets: Hashable, Sendable {
    /// The packet that counts as the exchange.
    package let payload: [UInt8]
    /// Its comment.
    package let note: ExchangeNote
    /// The packet that carries the response data of a command with data both ways.
    package let synthetic: [UInt8]?

    /// Of `cutBytes` bytes of the exchange it is known that they were written as 00; `remark` the tests during which it
    /// was sent, and its trace go into the note.
    package init(
        _ exchange: APDUExchange, cutBytes: Int, remark: String = "", tests: [CapturedTest] = [], trace: String? = nil
    ) {
        let parts = CommandParts(exchange.command.bytes)
        let answer = Answer(exchange)
        let isContinued = !parts.data.isEmpty && !answer.data.isEmpty
        let body = parts.data.isEmpty ? answer.data : parts.data
        let p3 = Self.count(body.count)
        let first = Self.packet(
            parts.header + [p3], body, isContinued ? [0x61, Self.count(answer.data.count)] : answer.statusWord)
        let second = Self.packet(
            [parts.header[0], 0xC0, 0x00, 0x00, Self.count(answer.data.count)], answer.data, answer.statusWord)
        payload = first.bytes
        synthetic = isContinued ? second.bytes : nil

        var note = ExchangeNote(exchange)
        note.lengthField = parts.lengthField == [p3] ? nil : parts.lengthField
        note.expectedField = parts.expectedField
        note.hasNoStatusWord = !answer.isThere
        note.isContinued = isContinued
        note.cutBytes = cutBytes
        note.leftOutBytes = first.leftOut + (isContinued ? second.leftOut : 0)
        note.remark = remark
        note.tests = tests.map(\.name)
        note.trace = tests.lazy.compactMap(\.trace).first ?? trace ?? ""
        self.note = note
    }

    private static func packet(_ header: [UInt8], _ data: [UInt8], _ ending: [UInt8]) -> (bytes: [UInt8], leftOut: Int)
    {
        let kept = data.prefix(GSMTAP.longestPayload - header.count - ending.count)
        return (header + kept + ending, data.count - kept.count)
    }

    /// The length of data as P3; more than it can say is 255, since dissectors take 0 for none.
    private static func count(_ bytes: Int) -> UInt8 { UInt8(clamping: bytes) }
}

/// A response taken apart.
private struct Answer {
    var data: [UInt8] = []
    var statusWord: [UInt8] = [0, 0]
    /// Whether there was a status word.
    var isThere = false

    init(_ exchange: APDUExchange) {
        let bytes = exchange.response.bytes
        guard exchange.resultCode == 0, bytes.count >= 2 else { return }
        (data, statusWord, isThere) = (Array(bytes.dropLast(2)), Array(bytes.suffix(2)), true)
    }
}

/// A command taken apart so that its parts, put together again, are the command.
struct CommandParts: Hashable {
    /// CLA INS P1 P2; zeros where the command has fewer bytes.
    var header: [UInt8]
    /// What stands between the header and the data: nothing, P3, or an extended length.
    var lengthField: [UInt8]
    var data: [UInt8]
    /// What stands behind the data.
    var expectedField: [UInt8]

    init(_ bytes: [UInt8]) {
        let command = CommandAPDU(bytes)
        header = Array(bytes.prefix(4)) + [UInt8](repeating: 0, count: max(0, 4 - bytes.count))
        // Where lengths contradict one another, all behind P3 is taken for data.
        let isWrong = command.isMalformed
        let range = isWrong || command.lc == 0 ? bytes.count..<bytes.count : command.dataRange
        let start = isWrong ? min(5, bytes.count) : range.lowerBound
        let end = isWrong ? bytes.count : range.upperBound
        lengthField = Array(bytes[min(4, start)..<start])
        data = Array(bytes[start..<end])
        expectedField = Array(bytes[end...])
    }
}

/// The answer of a function of an eUICC, as far as it may be shown: its tag, its result, and what counts what it lists
/// (SGP.22, 5.7).
///
/// What redaction leaves of an answer is enough. Of one that comes in several pieces (61XX) the first is.
public struct ESIMAnswer: Hashable, Sendable {
    /// Whose answer it is.
    public let function: ESIMFunction
    /// The bytes of the whole, its tag and length too.
    public let length: Int
    /// What came of it.
    public private(set) var result: ESIMResult
    /// The code that says so; nil where data does, or where none could be read.
    public private(set) var code: UInt8?
    /// How many notifications or profiles it lists; nil for another function, and when not all could be seen.
    public private(set) var listed: Int?
    /// The number of the notification that tells the server of an installation.
    public private(set) var notification: UInt32?
    /// Which part of the package the installation failed at.
    public private(set) var failedCommand: BoundProfileCommand?
    /// Why a session was cancelled.
    public private(set) var cancelReason: ESIMCancelReason?
    /// Which bytes were read, counted from the response's first.
    let kept: [Range<Int>]
    /// The serial numbers that it tells: the card's, or those of its profiles, as far as they were not cut.
    public let identities: [Identity]

    /// A serial number.
    public struct Identity: Hashable, Sendable {
        /// Whose: ``CardSecret/eid`` or ``CardSecret/iccid``.
        public let kind: CardSecret
        /// Where it stands, counted from the response's first byte.
        public let range: Range<Int>
        /// The same with its tag and length.
        let object: Range<Int>
    }

    /// Why a response is no answer.
    public enum Fault: Error, Hashable, Sendable {
        /// It has no status word.
        case noStatusWord
        /// Its data begins with no tag that is known.
        case unknownTag
        /// Its tag and length are not there as a whole.
        case truncated
        /// Its length is not that of its data, or of more after 61XX.
        case lengthMismatch
    }

    /// Reads a response to STORE DATA, or to the first GET RESPONSE after it.
    public init(_ response: [UInt8]) throws(Fault) {
        let reply = ResponseAPDU(response)
        guard let statusWord = reply.statusWord else { throw .noStatusWord }
        let range = reply.dataRange
        guard let first = range.first.map({ response[$0] }) else { throw .truncated }
        guard first == 0xBF else { throw .unknownTag }
        guard range.count > 1 else { throw .truncated }
        guard let function = ESIMFunction(answerTag: response[1]) else { throw .unknownTag }
        var walk = TLVWalk(response, in: range)
        guard let end = walk.enter(0xBF, response[1], within: .max) else { throw .truncated }
        let isWhole = statusWord.sw1 != 0x61
        guard isWhole ? end == range.upperBound : end > range.upperBound else { throw .lengthMismatch }
        self.function = function
        length = end
        let seen = Seen(function, &walk, end)
        (code, listed, notification) = (seen.code, seen.listed, seen.notification)
        failedCommand = seen.failedCommand.map(BoundProfileCommand.init(code:))
        cancelReason = seen.cancelReason.map(ESIMCancelReason.init(code:))
        result =
            seen.isData ? .ok : seen.code.map { function.row.codes[$0] ?? .other } ?? .unread
        kept = walk.kept
        identities = seen.identities
    }

    /// What stays of it at a level, in order.
    func kept(at level: Redaction.Level) -> [Range<Int>] {
        guard level >= .captureFiles, !identities.isEmpty else { return kept }
        return (kept + identities.map(\.object)).sorted { $0.lowerBound < $1.lowerBound }
    }

    /// What its walk met.
    private struct Seen {
        var isData = false
        var code: UInt8?
        var listed: Int?
        var notification: UInt32?
        var failedCommand: UInt8?
        var cancelReason: UInt8?
        var identities: [Identity] = []

        init(_ function: ESIMFunction, _ walk: inout TLVWalk, _ end: Int) {
            let answer = function.row.answer
            switch answer {
            case .data:
                isData = true
                if function == .getEid { identify(.eid, bytes: 16, &walk, end) }
            case .code: code = walk.onlyByte(0x80, end)
            case .installation: install(&walk, end)
            case .choice, .cancellation, .list, .transaction:
                if let inner = walk.enter(0xA0, within: end) {
                    isData = true
                    if answer == .list { list(&walk, inner) }
                    if answer == .cancellation { cancel(&walk, inner) }
                } else if answer == .transaction {
                    fail(&walk, end)
                } else {
                    code = walk.onlyByte(0x81, end)
                }
            }
        }

        // AuthenticateResponseError, PrepareDownloadResponseError
        private mutating func fail(_ walk: inout TLVWalk, _ end: Int) {
            guard let inner = walk.enter(0xA1, within: end), inner == end, walk.skip(0x80, within: inner) else {
                return
            }
            code = walk.onlyByte(0x02, inner)
        }

        // NotificationMetadata, PendingNotification, ProfileInfo: what is listed is counted by its lengths alone.
        private mutating func list(_ walk: inout TLVWalk, _ end: Int) {
            var count = 0
            while walk.index < end {
                if let profile = walk.enter(0xE3, within: end) {
                    identify(.iccid, bytes: 10, &walk, profile)
                    walk.leave(profile)
                } else {
                    guard
                        walk.skip(0xBF, 0x2F, within: end) || walk.skip(0xBF, 0x37, within: end)
                            || walk.skip(0x30, within: end)
                    else { return }
                }
                count += 1
            }
            listed = count
        }

        // The first object of its template (SGP.22, 5.7.20, and ProfileInfo in 5.7.15).
        private mutating func identify(_ kind: CardSecret, bytes: Int, _ walk: inout TLVWalk, _ end: Int) {
            guard let object = walk.whole(0x5A, bytes: bytes, within: end) else { return }
            identities.append(
                Identity(kind: kind, range: (object.upperBound - bytes)..<object.upperBound, object: object))
        }

        // EuiccCancelSessionSigned: transaction, server, reason
        private mutating func cancel(_ walk: inout TLVWalk, _ end: Int) {
            guard let signed = walk.enter(0x30, within: end), walk.skip(0x80, within: signed),
                walk.skip(0x81, within: signed)
            else { return }
            cancelReason = walk.onlyByte(0x82, signed)
        }

        // ProfileInstallationResult
        private mutating func install(_ walk: inout TLVWalk, _ end: Int) {
            guard let data = walk.enter(0xBF, 0x27, within: end), walk.skip(0x80, within: data),
                let metadata = walk.enter(0xBF, 0x2F, within: data)
            else { return }
            notification = walk.number(0x80, within: metadata)
            walk.leave(metadata)
            guard walk.skip(0x06, within: data), let final = walk.enter(0xA2, within: data) else { return }
            if walk.enter(0xA0, within: final) != nil {
                isData = true
            } else if let error = walk.enter(0xA1, within: final) {
                failedCommand = walk.byte(0x80, within: error)
                if failedCommand != nil { code = walk.byte(0x81, within: error) }
            }
        }
    }
}

/// Goes from tag to tag in the order in which they must come, and notes which bytes it read.
///
/// What follows may lie behind the end of what is there: it is then not met, and nothing behind it is.
struct TLVWalk {
    private let bytes: [UInt8]
    private let end: Int
    /// Where it is.
    private(set) var index: Int
    /// What it read: tags, lengths, and the values that it was asked for.
    private(set) var kept: [Range<Int>] = []

    init(_ bytes: [UInt8], in range: Range<Int>) {
        (self.bytes, index, end) = (bytes, range.lowerBound, range.upperBound)
    }

    /// Goes into an object with this tag; the end of its value, which is at most `limit`.
    mutating func enter(_ tag: UInt8..., within limit: Int) -> Int? {
        let start = index + tag.count
        guard start < end, bytes[index..<start].elementsEqual(tag),
            let length = TLVLength(bytes, at: start, end: end, longest: 3),
            length.value <= limit - start - length.width
        else { return nil }
        kept.append(index..<(start + length.width))
        index = start + length.width
        return index + length.value
    }

    /// Goes behind an object with this tag.
    mutating func skip(_ tag: UInt8..., within limit: Int) -> Bool {
        guard let value = tag.count == 1 ? enter(tag[0], within: limit) : enter(tag[0], tag[1], within: limit) else {
            return false
        }
        index = value
        return true
    }

    /// Goes to the end of an object that it is in.
    mutating func leave(_ value: Int) { index = value }

    /// The value of an object with this tag that has one byte, and goes behind it.
    mutating func byte(_ tag: UInt8, within limit: Int) -> UInt8? {
        guard index + 2 < end, limit - index >= 3, bytes[index] == tag, bytes[index + 1] == 1 else { return nil }
        kept.append(index..<(index + 3))
        index += 3
        return bytes[index - 1]
    }

    /// The same of an object with which everything ends.
    mutating func onlyByte(_ tag: UInt8, _ limit: Int) -> UInt8? {
        limit - index == 3 ? byte(tag, within: limit) : nil
    }

    /// An object with this tag and so many bytes of value, all of them there; its value is not read.
    func whole(_ tag: UInt8, bytes count: Int, within limit: Int) -> Range<Int>? {
        let stop = index + 2 + count
        guard stop <= min(end, limit), bytes[index] == tag, Int(bytes[index + 1]) == count else { return nil }
        return index..<stop
    }

    /// The value of an object with this tag that has one to four bytes, and goes behind it.
    mutating func number(_ tag: UInt8, within limit: Int) -> UInt32? {
        guard index + 1 < end, bytes[index] == tag, (1...4).contains(bytes[index + 1]) else { return nil }
        let stop = index + 2 + Int(bytes[index + 1])
        guard stop <= min(end, limit) else { return nil }
        kept.append(index..<stop)
        defer { index = stop }
        return bytes[(index + 2)..<stop].reduce(0) { $0 << 8 | UInt32($1) }
    }
}

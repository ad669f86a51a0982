/// A function that an eUICC was asked for, as far as it was followed.
public struct DoneFunction: Hashable, Sendable {
    /// Which.
    public let function: ESIMFunction
    /// When its first block was sent, nanoseconds of the caller's clock.
    public let startNanoseconds: UInt64
    /// When the last that was seen of it was over.
    public internal(set) var endNanoseconds: UInt64
    /// STORE DATA commands that it took.
    public internal(set) var blocks: UInt32 = 0
    /// Segments of a bound profile package that were sent whole; 0 for other functions.
    public internal(set) var segments: UInt32 = 0
    /// Bytes of its request that were sent.
    public internal(set) var sentBytes: UInt32 = 0
    /// Bytes of a bound profile package, those too that were not sent; nil for other functions.
    public let packageBytes: UInt32?
    /// Bytes of its answer that came.
    public internal(set) var receivedBytes: UInt32 = 0
    /// What it answered; nil when nothing came that could be read.
    public internal(set) var answer: ESIMAnswer?
    /// Whether the card refused a block of it.
    public internal(set) var isRefused = false
    /// Whether the card did not come to its end.
    public internal(set) var isAbandoned = false

    /// What came of it.
    public var result: ESIMResult {
        if isRefused { return .refused }
        return answer?.result ?? (isAbandoned ? .abandoned : .unread)
    }
}

/// Follows what one session asks of an eUICC: from the first block of a function to the end of its answer, and of a bound
/// profile package from its first segment to the result of the installation.
///
/// Takes STORE DATA and GET RESPONSE in their order; anything else is let go. What redaction leaves of them is enough.
public struct ESIMTracker: Hashable, Sendable {
    private struct Open: Hashable {
        var done: DoneFunction
        let channel: Int
        /// P2 of the block that must come next; nil between segments, and when the answer is awaited.
        var nextBlock: UInt8?
        /// Whether GET RESPONSE brings its answer.
        var awaitsAnswer = false
    }

    private var open: Open?

    /// A session in which nothing was asked for.
    public init() {}

    /// Takes a command and its response, which came within that time; the functions that end by it, the older first.
    public mutating func observe(
        command bytes: [UInt8], response: [UInt8], fromNanoseconds start: UInt64, toNanoseconds end: UInt64
    ) -> [DoneFunction] {
        let command = CommandAPDU(bytes)
        // A wrong length and a card that is busy: the same comes again.
        guard let statusWord = ResponseAPDU(response).statusWord, statusWord.category(cla: command.cla) != .retry
        else { return [] }
        let channel = command.classByte.logicalChannel
        if ESIMBlock.isStoreData(command) {
            let ended = command.p2 == 0 ? begin(bytes, command, channel, atNanoseconds: start) : []
            guard open?.channel == channel, open?.nextBlock == command.p2 else { return ended }
            open?.done.blocks &+= 1
            open?.done.sentBytes &+= UInt32(clamping: command.lc)
            return ended + take(response, statusWord, isLast: command.p1 & 0x80 != 0, atNanoseconds: end)
        }
        guard command.ins == 0xC0, !command.isMalformed, Redaction.isPlain(command.cla), command.cla != 0xFF,
            open?.channel == channel, open?.awaitsAnswer == true
        else { return [] }
        return take(response, statusWord, isLast: true, atNanoseconds: end)
    }

    /// The card was reset or is gone, or nobody follows it any more; the function that it did not finish.
    public mutating func reset() -> DoneFunction? { abandon() }

    private mutating func begin(
        _ bytes: [UInt8], _ command: CommandAPDU, _ channel: Int, atNanoseconds start: UInt64
    ) -> [DoneFunction] {
        let block = try? ESIMBlock(bytes, command)
        switch block?.content {
        case .segment:
            // One without a package, or behind something else, is nobody's.
            if open?.done.function == .loadBoundProfilePackage, open?.nextBlock == nil, open?.awaitsAnswer == false,
                open?.channel == channel
            {
                open?.nextBlock = 0
                return []
            }
            return abandon().map { [$0] } ?? []
        case .function(let function):
            let ended = abandon()
            let package = block.map { UInt32(clamping: $0.length + $0.head.count) }
            open = Open(
                done: DoneFunction(
                    function: function, startNanoseconds: start, endNanoseconds: start,
                    packageBytes: function == .loadBoundProfilePackage ? package : nil),
                channel: channel, nextBlock: 0)
            return ended.map { [$0] } ?? []
        case nil: return abandon().map { [$0] } ?? []
        }
    }

    private mutating func take(
        _ response: [UInt8], _ statusWord: StatusWord, isLast: Bool, atNanoseconds end: UInt64
    ) -> [DoneFunction] {
        let data = ResponseAPDU(response).dataRange
        open?.done.endNanoseconds = end
        if !data.isEmpty, open?.done.receivedBytes == 0 { read(response) }
        open?.done.receivedBytes &+= UInt32(clamping: data.count)
        let goesOn = statusWord.sw1 == 0x61
        open?.awaitsAnswer = goesOn
        let next = open?.nextBlock.map { $0 &+ 1 }
        open?.nextBlock = isLast || goesOn ? nil : next
        if goesOn { return [] }
        if Self.isRefusal(statusWord) {
            open?.done.isRefused = true
            return finish()
        }
        guard isLast || open?.done.answer != nil else { return [] }
        if isLast { noteSegment() }
        // A package goes on with its next segment until the card tells what came of it.
        let goesOnWithSegments =
            open?.done.function == .loadBoundProfilePackage && open?.done.receivedBytes == 0
        return goesOnWithSegments ? [] : finish()
    }

    private mutating func noteSegment() {
        if open?.done.function == .loadBoundProfilePackage { open?.done.segments &+= 1 }
    }

    /// An answer with another function's tag is none.
    private mutating func read(_ response: [UInt8]) {
        guard let answer = try? ESIMAnswer(response), answer.function == open?.done.function else { return }
        open?.done.answer = answer
    }

    private mutating func finish() -> [DoneFunction] {
        defer { open = nil }
        return open.map { [$0.done] } ?? []
    }

    private mutating func abandon() -> DoneFunction? {
        defer { open = nil }
        open?.done.isAbandoned = true
        return open?.done
    }

    private static func isRefusal(_ statusWord: StatusWord) -> Bool {
        (0x64...0x6F).contains(statusWord.sw1) || statusWord.sw1 == 0x98
    }
}

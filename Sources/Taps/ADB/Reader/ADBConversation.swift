package import ProbeEvents

/// Reads one connection between a client and the adb server, as both sides see it.
///
/// A request is four hex digits of length and the service's text; the answer begins with OKAY or FAIL. Takes any bytes in
/// any pieces; what is not adb's ends the reading, and nothing else.
package struct ADBConversation: Sendable {
    /// What comes next; the operation that it belongs to is `open`.
    private enum Stage {
        /// A request of the client's: its length, then its text.
        case request, requestText(Int)
        /// The server's OKAY or FAIL: the first one for this service, or a second.
        case status(ADBService), secondStatus
        /// The length of FAIL's reason, and the reason.
        case reasonLength, reason(Int)
        /// The number of a transport.
        case transportNumber
        /// The length of a block, and the block; the operation ends with it.
        case blockLength, block
        /// Bytes that nobody reads.
        case stream
        /// A packet of the shell protocol.
        case shellPackets
        /// Requests for files.
        case sync(SyncConversation)
        /// What was asked for has been answered, or is not read any more.
        case over
    }

    /// Of a request's text so much is looked at: name and serial number stand at its beginning.
    private static let longestName = 512
    /// Of a reason for a refusal so much is looked at.
    private static let longestReason = 256
    /// Requests that a client sends ahead of an answer.
    private static let longestAhead = 131_072

    private var stage = Stage.request
    private var open: ADBOpenOperation?
    private var phone: String?
    private var client = ADBFields()
    private var server = ADBFields()
    /// What the client sent while an answer was due, behind which it may belong to another request.
    private var ahead: [UInt8] = []
    private var firstToClose: RelaySide?

    /// A connection that nobody has used.
    package init() {}

    // MARK: What comes

    /// Takes bytes that a side has sent; gives what they complete.
    package mutating func received<Bytes>(_ bytes: Bytes, from side: RelaySide, at clock: EventClock) -> [ADBNews]
    where Bytes: RandomAccessCollection<UInt8>, Bytes.SubSequence == Bytes {
        side == .client ? fromClient(bytes, clock) : fromServer(bytes, clock)
    }

    /// A side sends no more; told again when it is gone.
    package mutating func closed(by side: RelaySide, at clock: EventClock) -> [ADBNews] {
        firstToClose = firstToClose ?? side
        // A client may have said all that it has to say, and wait for the answer.
        return side == .server ? finish(at: clock) : []
    }

    /// Both sides are gone, or nobody relays them any more.
    package mutating func ended(at clock: EventClock) -> [ADBNews] { finish(at: clock) }

    private mutating func fromClient<Bytes>(_ bytes: Bytes, _ clock: EventClock) -> [ADBNews]
    where Bytes: RandomAccessCollection<UInt8>, Bytes.SubSequence == Bytes {
        var rest = bytes
        while !rest.isEmpty {
            switch stage {
            case .request:
                if open == nil { open = newOperation(clock) }
                guard let digits = client.take(4, from: &rest) else { return [] }
                guard let length = ADBFields.length(hex: digits), length > 0 else { return giveUp() }
                stage = .requestText(length)
            case .requestText(let length):
                let known = min(length, Self.longestName)
                guard let text = client.take(known, from: &rest) else { return [] }
                client.skip(length - known)
                ask(ADBService(String(decoding: text, as: UTF8.self)))
            case .sync(var sync):
                // Emptied meanwhile, so that its queue is not copied.
                stage = .over
                sync.client(&rest, &client, receivedBytes: server.takenBytes, at: clock)
                stage = .sync(sync)
                if sync.isUnreadable { return giveUp() }
            case .stream, .shellPackets, .over: client.pass(all: &rest)
            case .status, .secondStatus, .reasonLength, .reason, .transportNumber, .blockLength, .block:
                guard client.skipped(from: &rest) else { return [] }
                guard ahead.count + rest.count <= Self.longestAhead else { return giveUp() }
                ahead += rest
                return []
            }
        }
        return []
    }

    private mutating func fromServer<Bytes>(_ bytes: Bytes, _ clock: EventClock) -> [ADBNews]
    where Bytes: RandomAccessCollection<UInt8>, Bytes.SubSequence == Bytes {
        var rest = bytes
        var news: [ADBNews] = []
        while !rest.isEmpty {
            switch stage {
            case .request, .requestText:
                // Nobody has asked.
                return news + giveUp()
            case .stream, .over: server.pass(all: &rest)
            case .sync(var sync):
                stage = .over
                news += sync.server(&rest, &server, sentBytes: client.takenBytes, at: clock)
                stage = .sync(sync)
                if sync.isUnreadable { return news + giveUp() }
            case .shellPackets:
                guard let header = server.take(5, from: &rest) else {
                    continue
                }
                server.skip(ADBFields.number(header.suffix(4)))
                // The exit code: what the command said of itself is not how the service did.
                if header[0] == 3 {
                    news += end(.success, at: clock)
                    stage = .over
                }
            case .status, .secondStatus, .reasonLength, .reason, .transportNumber, .blockLength, .block:
                guard let step = answer(&rest, clock) else { return news }
                news += step
            }
            news += takeAhead(clock)
        }
        return news
    }

    /// What the client sent ahead, once it can be read.
    private mutating func takeAhead(_ clock: EventClock) -> [ADBNews] {
        switch stage {
        case .request, .sync, .stream, .shellPackets, .over:
            guard !ahead.isEmpty else { return [] }
            let bytes = ahead
            ahead = []
            return fromClient(bytes[...], clock)
        case .requestText, .status, .secondStatus, .reasonLength, .reason, .transportNumber, .blockLength, .block:
            return []
        }
    }

    // MARK: A request and its answer

    private func newOperation(_ clock: EventClock) -> ADBOpenOperation {
        ADBOpenOperation(
            operation: .other, phone: phone, began: clock, sentBefore: client.takenBytes,
            receivedBefore: server.takenBytes)
    }

    private mutating func ask(_ service: ADBService) {
        phone = service.phone ?? phone
        open?.operation = service.operation
        open?.phone = phone
        stage = .status(service)
    }

    /// The next field of an answer; nil as long as it is not there whole.
    private mutating func answer<Bytes>(_ rest: inout Bytes, _ clock: EventClock) -> [ADBNews]?
    where Bytes: RandomAccessCollection<UInt8>, Bytes.SubSequence == Bytes {
        switch stage {
        case .status(let service): return server.take(4, from: &rest).map { status($0, of: service, clock) }
        case .secondStatus: return server.take(4, from: &rest).map { status($0, of: nil, clock) }
        case .reasonLength:
            guard let digits = server.take(4, from: &rest) else { return nil }
            guard let length = ADBFields.length(hex: digits) else { return giveUp() }
            guard length > 0 else { return refused([], clock) }
            stage = .reason(length)
        case .reason(let length):
            let known = min(length, Self.longestReason)
            guard let reason = server.take(known, from: &rest) else { return nil }
            server.skip(length - known)
            return refused(reason, clock)
        case .transportNumber:
            guard server.take(8, from: &rest) != nil else { return nil }
            stage = .request
            return end(.success, at: clock)
        case .blockLength:
            guard let digits = server.take(4, from: &rest) else { return nil }
            guard let length = ADBFields.length(hex: digits) else { return giveUp() }
            guard length > 0 else { return answered(clock) }
            server.skip(length - 1)
            stage = .block
        case .block:
            // Its last byte.
            guard server.take(1, from: &rest) != nil else { return nil }
            return answered(clock)
        case .request, .requestText, .stream, .shellPackets, .sync, .over: break
        }
        return []
    }

    private mutating func status(_ word: [UInt8], of service: ADBService?, _ clock: EventClock) -> [ADBNews] {
        switch String(decoding: word, as: UTF8.self) {
        case "OKAY": break
        case "FAIL":
            stage = .reasonLength
            return []
        default: return giveUp()
        }
        guard let service else { return answered(clock) }
        switch service.answer {
        case .transport:
            stage = .request
            return end(.success, at: clock)
        case .numberedTransport: stage = .transportNumber
        case .block, .blocks: stage = .blockLength
        case .secondStatus: stage = .secondStatus
        case .stream: stage = .stream
        case .shellPackets: stage = .shellPackets
        case .sync:
            stage = .sync(SyncConversation(phone: phone))
            return end(.success, at: clock)
        }
        return []
    }

    private mutating func answered(_ clock: EventClock) -> [ADBNews] {
        stage = .over
        return end(.success, at: clock)
    }

    private mutating func refused(_ reason: [UInt8], _ clock: EventClock) -> [ADBNews] {
        stage = .over
        return end(.failed, DeviceErrorType(adbReason: reason), at: clock)
    }

    // MARK: Ends

    private mutating func end(
        _ status: OperationStatus, _ error: DeviceErrorType? = nil, at clock: EventClock
    )
        -> [ADBNews]
    {
        guard let done = open.take() else { return [] }
        return [
            done.report(status, error, sent: client.takenBytes, received: server.takenBytes, at: clock)
        ]
    }

    private mutating func giveUp() -> [ADBNews] {
        (stage, open, ahead) = (.over, nil, [])
        return [.unreadable]
    }

    private mutating func finish(at clock: EventClock) -> [ADBNews] {
        let last = stage
        (stage, ahead) = (.over, [])
        let (status, error): (OperationStatus, DeviceErrorType?) =
            firstToClose == .server ? (.failed, .communication) : (.cancelled, nil)
        switch last {
        case .over, .request, .requestText:
            // An unfinished request is none.
            open = nil
            return []
        // How its end came about is not told: a service that has done its work ends the connection, too.
        case .stream: return end(.success, at: clock)
        case .sync(var sync):
            return sync.ended(status, error, sent: client.takenBytes, received: server.takenBytes, at: clock)
        case .status, .secondStatus, .reasonLength, .reason, .transportNumber, .blockLength, .block, .shellPackets:
            return end(status, error, at: clock)
        }
    }
}

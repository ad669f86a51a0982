internal import ProbeEvents

/// The protocol for files inside a connection to a phone: each request and its answer is an operation.
///
/// A request is a name of four bytes and a length; clients send many before the first is answered, and answers come in
/// order. Of paths and contents only the length is looked at.
struct SyncConversation {
    private enum Kind {
        case push, pull, list, stat
    }

    private struct Request {
        var kind: Kind
        var isVersion2: Bool
        var open: ADBOpenOperation
    }

    /// What the next bytes of the server are.
    private enum Expected {
        case name
        /// Of an answer of this name: as many bytes as it has before what is skipped.
        case rest(String)
    }

    /// A path is shorter than that (adb's own limit is 1,024); anything else is another protocol.
    private static let longestPath = 65_536
    /// Requests that wait for their answer.
    private static let waitingLimit = 16_384

    private let phone: String?
    private var waiting: [Request] = []
    private var firstWaiting = 0
    private var isSending = false
    private var expected = Expected.name
    private(set) var isUnreadable = false

    init(phone: String?) { self.phone = phone }

    // MARK: The client

    mutating func client<Bytes>(
        _ rest: inout Bytes, _ fields: inout ADBFields, receivedBytes: UInt64, at clock: EventClock
    ) where Bytes: RandomAccessCollection<UInt8>, Bytes.SubSequence == Bytes {
        while !rest.isEmpty, !isUnreadable {
            guard let header = fields.take(8, from: &rest) else { return }
            let before = fields.takenBytes - 8
            let name = String(decoding: header.prefix(4), as: UTF8.self)
            let length = ADBFields.number(header.suffix(4))
            switch (name, isSending) {
            case ("DATA", true): fields.skip(length)
            case ("DONE", true): isSending = false
            case ("QUIT", false): break
            case (_, false): request(name, length, &fields, before, receivedBytes, clock)
            case (_, true): isUnreadable = true
            }
        }
        // What is skipped is passed over even when it ends with the last byte.
        _ = fields.skipped(from: &rest)
    }

    private mutating func request(
        _ name: String, _ length: Int, _ fields: inout ADBFields, _ before: UInt64, _ received: UInt64,
        _ clock: EventClock
    ) {
        guard let row = Self.requests[name], length <= Self.longestPath,
            waiting.count - firstWaiting < Self.waitingLimit
        else {
            isUnreadable = true
            return
        }
        let open = ADBOpenOperation(
            operation: row.operation, phone: phone, began: clock, sentBefore: before, receivedBefore: received)
        waiting.append(Request(kind: row.kind, isVersion2: row.isVersion2, open: open))
        fields.skip(length + row.setupBytes)
        isSending = row.kind == .push
    }

    private struct Row {
        var kind: Kind
        var operation: ADBOperation
        var isVersion2 = false
        /// What stands behind the path.
        var setupBytes = 0
    }

    private static let requests: [String: Row] = [
        "SEND": Row(kind: .push, operation: .push), "RECV": Row(kind: .pull, operation: .pull),
        "LIST": Row(kind: .list, operation: .list), "STAT": Row(kind: .stat, operation: .stat),
        "SND2": Row(kind: .push, operation: .push, isVersion2: true, setupBytes: 12),
        "RCV2": Row(kind: .pull, operation: .pull, isVersion2: true, setupBytes: 8),
        "LIS2": Row(kind: .list, operation: .list, isVersion2: true),
        "STA2": Row(kind: .stat, operation: .stat, isVersion2: true),
        "LST2": Row(kind: .stat, operation: .stat, isVersion2: true),
    ]

    // MARK: The server

    mutating func server<Bytes>(
        _ rest: inout Bytes, _ fields: inout ADBFields, sentBytes: UInt64, at clock: EventClock
    ) -> [ADBNews] where Bytes: RandomAccessCollection<UInt8>, Bytes.SubSequence == Bytes {
        var news: [ADBNews] = []
        while !rest.isEmpty, !isUnreadable {
            switch expected {
            case .name:
                guard fields.skipped(from: &rest), let bytes = fields.take(4, from: &rest) else { return news }
                expected = .rest(String(decoding: bytes, as: UTF8.self))
            case .rest(let name):
                guard firstWaiting < waiting.count, let count = Self.restBytes(name, waiting[firstWaiting]) else {
                    isUnreadable = true
                    return news
                }
                guard let bytes = fields.take(count, from: &rest) else { return news }
                expected = .name
                news += answered(name, bytes, &fields, sentBytes, clock)
            }
        }
        _ = fields.skipped(from: &rest)
        return news
    }

    /// How many bytes an answer has behind its name, before what is skipped; nil for one that does not fit.
    private static func restBytes(_ name: String, _ request: Request) -> Int? {
        switch (request.kind, name) {
        case (_, "FAIL"), (.push, "OKAY"), (.pull, "DATA"), (.pull, "DONE"): 4
        case (.stat, "STAT") where !request.isVersion2: 12
        case (.stat, "STA2") where request.isVersion2, (.stat, "LST2") where request.isVersion2: 68
        case (.list, "DENT") where !request.isVersion2: 16
        case (.list, "DNT2") where request.isVersion2: 72
        case (.list, "DONE"): request.isVersion2 ? 72 : 16
        default: nil
        }
    }

    private mutating func answered(
        _ name: String, _ bytes: [UInt8], _ fields: inout ADBFields, _ sent: UInt64, _ clock: EventClock
    ) -> [ADBNews] {
        let length = ADBFields.number(bytes.suffix(4))
        switch name {
        case "DATA", "DENT", "DNT2":
            fields.skip(length)
            return []
        case "FAIL":
            fields.skip(length)
            return ended(.failed, .other, sent, fields.takenBytes, clock)
        // A file that is not there is an answer of STAT's, too.
        default: return ended(.success, nil, sent, fields.takenBytes, clock)
        }
    }

    private mutating func ended(
        _ status: OperationStatus, _ error: DeviceErrorType?, _ sent: UInt64, _ received: UInt64, _ clock: EventClock
    ) -> [ADBNews] {
        let open = waiting[firstWaiting].open
        firstWaiting += 1
        // Seldom, so that each request is moved but once.
        if firstWaiting * 2 >= waiting.count {
            waiting.removeFirst(firstWaiting)
            firstWaiting = 0
        }
        return [open.report(status, error, sent: sent, received: received, at: clock)]
    }

    /// What was not answered when the connection ended.
    mutating func ended(
        _ status: OperationStatus, _ error: DeviceErrorType?, sent: UInt64, received: UInt64, at clock: EventClock
    ) -> [ADBNews] {
        defer { (waiting, firstWaiting) = ([], 0) }
        return waiting[firstWaiting...].map { $0.open.report(status, error, sent: sent, received: received, at: clock) }
    }
}

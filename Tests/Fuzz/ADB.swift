import ProbeEvents

@testable import Taps

/// libFuzzer: whatever a client and an adb server say, each operation is told once, with no more bytes than were said.
///
/// An input is a talk: pieces of one byte for who sends (1), whether that side ends (4) and the piece is cut into bytes (8),
/// one for the length, and their bytes. The same bytes are read as lists of phones and lines of a radio log, too.
@_cdecl("LLVMFuzzerTestOneInput")
public func takeADB(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    var conversation = ADBConversation()
    var said: [RelaySide: UInt64] = [.client: 0, .server: 0]
    var now: UInt64 = 0
    var list = DeviceList()
    var log = RadioLog(phone: "P")
    var hasGivenUp = false

    func note(_ news: [ADBNews]) {
        for item in news {
            switch item {
            case .operation(let report):
                precondition(report.sentBytes <= said[.client] ?? 0 && report.receivedBytes <= said[.server] ?? 0)
                precondition(report.endedNanoseconds >= report.began.monotonicNanoseconds)
                precondition((report.error == nil) || report.status == .failed)
            case .unreadable:
                precondition(!hasGivenUp)
                hasGivenUp = true
            }
        }
    }

    var rest = UnsafeBufferPointer(start: start, count: count)[...]
    while let kind = rest.first, let length = rest.dropFirst().first {
        let side: RelaySide = kind & 1 == 0 ? .client : .server
        let bytes = Array(rest.dropFirst(2).prefix(Int(length)))
        now += 1
        let clock = EventClock(monotonicNanoseconds: now, wallNanoseconds: now)
        said[side, default: 0] += UInt64(bytes.count)
        let piece = kind & 8 == 0 ? max(1, bytes.count) : 1
        var left = bytes[...]
        while !left.isEmpty {
            note(conversation.received(left.prefix(piece), from: side, at: clock))
            left = left.dropFirst(piece)
        }
        if kind & 4 != 0 { note(conversation.closed(by: side, at: clock)) }
        for phones in list.received(bytes) { precondition(phones.count <= 256) }
        _ = log.received(bytes, at: clock)
        rest = rest.dropFirst(2 + Int(length))
    }
    let clock = EventClock(monotonicNanoseconds: now, wallNanoseconds: now)
    note(conversation.ended(at: clock))
    precondition(conversation.ended(at: clock).isEmpty)
    _ = log.ended(at: clock)
    return 0
}

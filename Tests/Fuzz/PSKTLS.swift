internal import ProbeEvents
internal import Taps

/// libFuzzer: whatever two sides say, one handshake at most is told and one end, all bytes are counted, and no more is read
/// than was said. What a capture has of it is as long, and the same however it is cut.
///
/// An input is a talk: pieces of one byte for who sends, how it is cut and how long it waits, two for the length, and their
/// bytes. It is told once as a connection, and once as what is inside of one.
@_cdecl("LLVMFuzzerTestOneInput")
public func takeConnection(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    var connection = Connection()
    var rest = UnsafeBufferPointer(start: start, count: count)[...]
    while let kind = rest.first, let length = rest.dropFirst().first {
        connection.take(kind, Array(rest.dropFirst(2).prefix(Int(length))))
        rest = rest.dropFirst(2 + Int(length))
    }
    connection.end()
    return 0
}

private struct Connection {
    private var conversation = TLSConversation(keys: Self.keys)
    private var session = AdministrationSession()
    private var mask = TLSStreamMask(showsIdentities: false, hasher: nil)
    private var tornMask = TLSStreamMask(showsIdentities: false, hasher: nil)
    private var said: [TLSPeer: UInt64] = [.client: 0, .server: 0]
    private var handshakes = 0
    private var now: UInt64 = 0

    private static let keys: TLSKeyRing = {
        guard
            let table = try? PSKTable(
                parsing: "89490200001234567890/A0000001510000:00\nClient_identity:0102\n", path: "")
        else { preconditionFailure("no keys") }
        return TLSKeyRing(table)
    }()

    mutating func take(_ kind: UInt8, _ bytes: [UInt8]) {
        let peer: TLSPeer = kind & 1 == 0 ? .client : .server
        now += kind & 2 == 0 ? 1 : 11_000_000_000
        let clock = EventClock(monotonicNanoseconds: now, wallNanoseconds: now)
        if kind & 4 != 0 { conversation.closed(by: peer) }
        said[peer, default: 0] += UInt64(bytes.count)
        let piece = kind & 8 == 0 ? max(1, bytes.count) : 1
        var rest = bytes[...]
        while !rest.isEmpty {
            note(conversation.received(rest.prefix(piece), from: peer, at: clock))
            rest = rest.dropFirst(piece)
        }
        let shown = mask.masked(bytes, from: peer)
        precondition(shown.bytes.count == bytes.count && shown.cutBytes <= bytes.count)
        precondition(shown.bytes == bytes.flatMap { tornMask.masked([$0], from: peer).bytes })
        note(session.received(TLSApplicationData(peer: peer, bytes: bytes, began: clock, ended: clock)))
    }

    mutating func end() {
        let clock = EventClock(monotonicNanoseconds: now, wallNanoseconds: now)
        let news = conversation.ended(at: clock)
        guard case .closed(let ending) = news.last else { preconditionFailure("no end") }
        note(news.dropLast())
        precondition(ending.fromClient.bytes == said[.client] && ending.fromServer.bytes == said[.server])
        precondition(handshakes <= 1 && conversation.ended(at: clock).isEmpty)
        note(session.ended(at: clock))
    }

    private mutating func note(_ news: [TLSNews]) {
        for item in news {
            switch item {
            case .handshake(let report):
                handshakes += 1
                precondition((report.error == nil) == (report.result == .success))
            case .data(let data): precondition(UInt64(data.bytes.count) <= said[data.peer] ?? 0)
            case .closed: preconditionFailure("ended twice")
            }
        }
    }

    private func note(_ news: [AdministrationNews]) {
        let whole = said.values.reduce(0, +)
        for case .script(let run) in news {
            precondition(run.exchanges.reduce(0) { $0 + UInt64($1.command.count + $1.response.count) } <= whole)
        }
    }
}

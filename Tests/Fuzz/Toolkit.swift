@testable import SmartCard

/// libFuzzer: whatever a card, a terminal or a modem gives as toolkit data is a value or an error, and no byte is counted
/// that was not there.
///
/// An input is a talk: messages of one byte for the kind, one for the length, and their bytes.
@_cdecl("LLVMFuzzerTestOneInput")
public func takeTalk(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    var talk = Talk()
    var rest = UnsafeBufferPointer(start: start, count: count)[...]
    while let kind = rest.first, let length = rest.dropFirst().first {
        let message = Array(rest.dropFirst(2).prefix(Int(length)))
        talk.take(kind, message)
        rest = rest.dropFirst(2 + Int(length))
    }
    talk.end()
    return 0
}

private struct Talk {
    private var tracker = BIPTracker()
    private var open: Set<UInt64> = []
    private var opened: Set<UInt64> = []
    private var given = 0
    private var counted = 0
    private var now: UInt64 = 0

    mutating func take(_ kind: UInt8, _ bytes: [UInt8]) {
        now += 1
        given += bytes.count
        switch kind & 7 {
        case 0, 1:
            guard let command = try? ProactiveCommand(bytes) else { return }
            look(at: command.objects)
            note(tracker.observe(command, atNanoseconds: now))
        case 2, 3:
            guard let answer = try? TerminalResponse(bytes) else { return }
            look(at: answer.objects)
            note(tracker.observe(answer, atNanoseconds: now))
        case 4:
            guard let envelope = try? ToolkitEnvelope(bytes) else { return }
            look(at: envelope.objects)
            note(tracker.observe(envelope, atNanoseconds: now))
        case 5: _ = SecuredMessage(bytes)
        default: note(tracker.reset(atNanoseconds: now))
        }
    }

    mutating func end() {
        note(tracker.reset(atNanoseconds: now))
        precondition(open.isEmpty && tracker.channels.isEmpty)
        precondition(counted <= given)
    }

    private mutating func note(_ steps: [BIPStep]) {
        for step in steps {
            switch step {
            case .opened(let channel):
                precondition(opened.insert(channel.opening).inserted)
                open.insert(channel.opening)
            case .closed(let channel, _, _): precondition(open.remove(channel.opening) != nil)
            case .transferred(let transfer, let channel):
                precondition(open.contains(channel.opening) && channel.number != nil)
                counted += transfer.bytes
            case .dataAvailable(_, let channel), .linkChanged(_, let channel):
                precondition(open.contains(channel.opening))
            case .failed(let failure):
                precondition(failure.channel.map { opened.contains($0.opening) } ?? true)
                _ = failure.result?.meaning
            }
        }
        precondition(tracker.channels.count <= 7 && tracker.channels.keys.allSatisfy { (1...7).contains($0) })
    }

    private func look(at objects: ToolkitObjects) {
        _ = (objects.devices?.source, objects.bearer, objects.transport, objects.bufferSize, objects.dataLength)
        _ = (objects.channelStatuses, objects.addresses.map(\.text), objects.networkAccessName?.text)
        _ = objects.value(0x0B).map { SecuredMessage($0) }
    }
}

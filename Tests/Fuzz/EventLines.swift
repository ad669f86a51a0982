import ProbeEvents

@testable import Taps

/// libFuzzer: whatever a sender of events says, each line is an event, a fault or a word of the socket's own. The cuts
/// between reads change nothing, and what is told is read the same from its own line.
///
/// An input is a connection: a byte of flags (1: of a recording, whose own sights are taken, too), then what is said.
@_cdecl("LLVMFuzzerTestOneInput")
public func takeLines(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    let bytes = UnsafeBufferPointer(start: start, count: count)
    guard let flags = bytes.first else { return 0 }
    let isRecording = flags & 1 != 0
    var whole = Heard(isRecording: isRecording)
    var torn = Heard(isRecording: isRecording)
    whole.take(bytes.dropFirst())
    for byte in bytes.dropFirst() { torn.take(CollectionOfOne(byte)) }
    whole.end()
    torn.end()
    precondition(whole.events == torn.events && whole.lost == torn.lost && whole.faults == torn.faults)
    precondition(whole.connection.receipt == torn.connection.receipt && whole.questions == torn.questions)
    precondition(whole.lost >= whole.connection.receipt.skipped)
    for event in whole.events {
        guard let line = try? EventLine.encode(event), let read = try? EventLine.decode(line) else {
            preconditionFailure("no line of an event")
        }
        precondition(read == event && !line.contains(0x0A))
    }
    return 0
}

private struct Heard {
    var connection: EventConnection
    var events: [ProbeEvent] = []
    var faults: [LineFault] = []
    var questions: [TestSuiteRun] = []
    /// By all that was told as lost: what is skipped is told once for each read.
    var lost: UInt64 = 0
    private let clock = EventClock(monotonicNanoseconds: 1_000_000_000_000, wallNanoseconds: 2_000_000_000_000)

    init(isRecording: Bool) { connection = EventConnection(tellsFaults: true, isRecording: isRecording) }

    mutating func take(_ bytes: some Collection<UInt8>) { note(connection.received(bytes, clock: clock)) }

    mutating func end() { note(connection.ended(clock: clock)) }

    private mutating func note(_ actions: EventConnection.Actions) {
        for event in actions.told {
            if case .eventsDropped(let loss) = event { lost &+= loss.count } else { events.append(event) }
        }
        faults += actions.faults
        questions += actions.questions
    }
}

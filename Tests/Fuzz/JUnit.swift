import ProbeEvents

@testable import Taps

/// libFuzzer: whatever a test report says, it is read to its end, all that begins ends, and what is told is within the
/// bounds of the event socket.
///
/// An input: a byte for how long the pieces are, then the report.
@_cdecl("LLVMFuzzerTestOneInput")
public func takeReport(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    let bytes = UnsafeBufferPointer(start: start, count: count)
    guard let piece = bytes.first else { return 0 }
    let report = Array(bytes.dropFirst())
    _ = JUnitReader.isReport(report)
    let reader = JUnitReader()
    var open = OpenWork()
    var faults = 0
    var tests = 0

    func take(_ result: EventReader.Result) {
        faults += result.faults.count
        for fault in result.faults {
            precondition(fault.line <= report.count + 1 && !fault.error.isEmpty && !fault.error.contains("\n"))
        }
        for event in result.events {
            guard let line = try? EventLine.encode(event) else { preconditionFailure("no line of an event") }
            precondition(event.isWithinBounds && (try? EventLine.decode(line)) == event)
            precondition(open.admit(event, clock: EventClock(monotonicNanoseconds: 1, wallNanoseconds: 1)) != nil)
            tests += 1
        }
    }

    var rest = report[...]
    while !rest.isEmpty {
        take(reader.received(rest.prefix(1 + Int(piece))))
        rest = rest.dropFirst(1 + Int(piece))
    }
    take(reader.ended())
    precondition(open.isEmpty && faults <= 1 && UInt64(tests) == reader.eventCount)
    precondition(faults == 1 || tests > 0)
    return 0
}

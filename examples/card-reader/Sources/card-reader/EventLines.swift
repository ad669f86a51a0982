internal import Foundation
internal import ProbeEvents

/// Writes each event as a line of JSON; what may not be shown of commands and answers is cut already.
final class EventLines: EventSink {
    func receive(_ event: ProbeEvent) {
        guard let line = try? EventLine.encode(event) else { return }
        try? FileHandle.standardOutput.write(contentsOf: line + Data("\n".utf8))
    }
}

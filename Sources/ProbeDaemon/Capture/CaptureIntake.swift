internal import Observability
internal import ProbeEvents
internal import SmartCard

/// The door of a capture: a queue, so that nobody who tells waits for a disk or a socket.
final class CaptureIntake: EventSink, WireSink {
    /// What comes in.
    enum Item: Sendable {
        case event(ProbeEvent)
        case sight(WireSight)
    }

    let level: Redaction.Level
    let showsIdentities: Bool

    private let queue: BoundedQueue<Item>

    /// What waits for the file: some seconds of a fast card.
    private static let capacity = 8_192
    /// Bytes that wait at most, beside the events themselves.
    private static let byteLimit = 8 << 20

    /// A door before what writes; of all that is dropped it is told.
    init(_ recorder: CaptureRecorder, level: Redaction.Level, showsIdentities: Bool) {
        (self.level, self.showsIdentities) = (level, showsIdentities)
        queue = BoundedQueue(
            name: "capture", capacity: Self.capacity, weightLimit: Self.byteLimit, weight: \.bytes,
            onDrop: { _ in recorder.noteDropped() }, take: { recorder.take($0) })
    }

    /// How much waits.
    var length: Int { queue.length }

    func receive(_ event: ProbeEvent) {
        if CaptureRecorder.needs(event) { queue.append(.event(event)) }
    }

    func receive(_ sight: WireSight) { queue.append(.sight(sight)) }

    /// Takes nothing more, and waits a little for what is here.
    func finish() { queue.finish(within: .seconds(2)) }
}

extension CaptureIntake.Item {
    /// Of payloads.
    fileprivate var bytes: Int {
        switch self {
        case .event(.apdu(let exchange)): exchange.command.bytes.count + exchange.response.bytes.count
        case .event: 0
        case .sight(.stream(let sight)):
            if case .sent(let bytes) = sight.deed { bytes.count } else { 0 }
        case .sight(.line(let sight)): sight.line.count
        case .sight(.toolkit(let sight)): sight.bytes.count
        }
    }
}

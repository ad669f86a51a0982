internal import NIOCore
internal import ProbeEvents

/// Tells as events what clients ask the adb server for in one connection.
struct ADBTeller: RelayReader {
    private let sink: any EventSink
    private var conversation = ADBConversation()

    init(into sink: any EventSink) { self.sink = sink }

    mutating func opened(from client: SocketAddress?, to listener: SocketAddress?) {}

    mutating func received(_ bytes: ByteBufferView, from side: RelaySide, at clock: EventClock) {
        tell(conversation.received(bytes, from: side, at: clock), at: clock)
    }

    mutating func closed(by side: RelaySide, isReset: Bool) {
        let clock = EventClock.now
        tell(conversation.closed(by: side, at: clock), at: clock)
    }

    mutating func stopped() {}

    mutating func ended() {
        let clock = EventClock.now
        tell(conversation.ended(at: clock), at: clock)
    }

    private func tell(_ news: [ADBNews], at clock: EventClock) {
        for item in news {
            switch item {
            case .operation(let report): sink.receive(.phone(.operation(ADBOperationDone(report))))
            case .unreadable:
                sink.receive(.eventsDropped(EventsDropped(stamp: .now(source: .adb), reason: .malformed, count: 1)))
            }
        }
    }
}

extension ADBOperationDone {
    fileprivate init(_ report: ADBReport) {
        let start = report.began.monotonicNanoseconds
        self.init(
            stamp: EventStamp(
                source: .adb, startNanoseconds: start, durationNanoseconds: report.endedNanoseconds &- start,
                clock: report.began),
            phone: report.phone, operation: report.operation, status: report.status, error: report.error,
            sentBytes: report.sentBytes, receivedBytes: report.receivedBytes)
    }
}

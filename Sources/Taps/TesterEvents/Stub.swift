package import ProbeEvents
package final class EventSocket: EventSource {
    package init(path: String) {}
    package func start(into sink: any EventSink) throws {}
    package func stop() {}
}
package final class EventForwarder: EventSink {
    package static func connect(path: String) throws -> EventForwarder? { nil }
    package func receive(_ event: ProbeEvent) {}
    package func finish(within: Duration) -> UInt64 { 0 }
}
extension ShimReceiver { package var isListening: Bool { true } }

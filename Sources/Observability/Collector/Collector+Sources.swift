internal import ProbeEvents
internal import PrometheusClient

extension Collector {
    func apply(_ loss: EventsDropped) {
        countDropped(loss.count, source: loss.stamp.source, reason: loss.reason)
    }

    /// Shows the number of devices as soon as somebody watches them: 0 is told, and not left out.
    func apply(_ state: SourceState) {
        switch state.stamp.source {
        case .readerMonitor: catalog.devicesConnected[.reader].show()
        case .modem: catalog.devicesConnected[.modem].show()
        case .adb: catalog.devicesConnected[.phone].show()
        case .shim, .cardReader, .testerSocket, .atTap, .pskTlsTap, .store: break
        }
    }
}

import CProbe
import Foundation
import ProbeEvents
import TestSupport
import Testing

@testable import Taps

/// A client's ring told as events, in their order.
@Suite struct ShimClientTests {
    /// Who judges an APDU by the ones before it has to know first that one of them is missing.
    @Test func lossesAreToldBeforeWhatComesBehindThem() throws {
        let ring = try TestRing()
        let (transmit, payload) = TestRing.transmit([0x00, 0xA4, 0x00, 0x00], [0x90, 0x00])
        var nonsense = transmit
        nonsense.kind = 99
        ring.write(transmit, payload: payload)
        ring.write(nonsense, payload: payload)
        ring.write(nonsense, payload: payload)
        ring.write(transmit, payload: payload)
        ring.header.pointee.dropped = 5
        let sink = RecordingSink()
        let client = ShimClient(pid: getpid(), number: 1)
        let hello = ring_message(kind: UInt32(RING_HELLO), layout: UInt32(RING_LAYOUT))
        #expect(client.hear(hello, file: dup(ring.file), sink: sink))
        client.detach()
        let told = sink.events.compactMap { event -> String? in
            switch event {
            case .clientAttached: "attached"
            case .apdu: "apdu"
            case .eventsDropped(let loss): "\(loss.reason.name) \(loss.count)"
            default: nil
            }
        }
        #expect(told == ["attached", "ring_full 5", "apdu", "malformed 2", "apdu"])
    }
}

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
        let client = ShimClient(pid: getpid(), number: 1, inherited: ProcessEnvironment([] as [[UInt8]]))
        #expect(client.hear(Self.hello, file: dup(ring.file), sink: sink))
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

    /// A program may end before it is asked what it was started with; it is still of the run that started it.
    @Test func whoHasEndedWasStartedWithWhatTheRunHas() throws {
        let inherited = ProcessEnvironment([Array("CARDLINK_TESTER_VERSION=7.8".utf8)])
        for (pid, version) in [(-1, "7.8"), (getpid(), nil)] {
            let sink = RecordingSink()
            let client = ShimClient(pid: pid, number: 1, inherited: inherited)
            let ring = try TestRing()
            #expect(withExtendedLifetime(ring) { client.hear(Self.hello, file: dup(ring.file), sink: sink) })
            client.detach()
            let versions = sink.events.compactMap { if case .clientAttached(let told) = $0 { told } else { nil } }
                .map(\.testerVersion)
            #expect(versions == [version])
        }
    }

    private static let hello = ring_message(kind: UInt32(RING_HELLO), layout: UInt32(RING_LAYOUT))
}

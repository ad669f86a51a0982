import Foundation
import Glibc
import ProbeEvents
import TestSupport
import Testing

@testable import Modem

/// A modem of another process, watched over its terminal.
@Suite struct ModemPollerTests {
    private let folder: TemporaryFolder
    private let sink = RecordingSink()

    init() throws { folder = try TemporaryFolder() }

    private func poller(_ modem: SimulatedModem, intervals: PollIntervals = PollIntervals()) -> ModemPoller {
        var settings = ATPortSettings(path: modem.link, modem: "modem-a")
        settings.serial.lockDirectory = folder.path
        settings.retry = .milliseconds(100)
        return ModemPoller(settings, intervals: intervals) { kind, number in
            "\(kind.name)-\(number.count)"
        }
    }

    /// Vendor, signal and technology by profile, and that each command is in both logs.
    @Test(arguments: [
        ("quectel-ec25", ModemVendor.quectel, SignalReading(.eutran, rssi: -73, rsrp: -95, rsrq: -11, sinr: 10)),
        ("cinterion-pls8", .cinterion, SignalReading(.eutran, rssi: -73, rsrp: -95, rsrq: -11)),
        ("telit-le910", .telit, SignalReading(.eutran, rssi: -73, rsrp: -95, rsrq: -11)),
        ("sierra-em7455", .sierra, SignalReading(.eutran, rssi: -73, rsrp: -95, rsrq: -11, sinr: 10)),
        ("simcom-sim7600", .simcom, SignalReading(.eutran, rssi: -73, rsrp: -95, rsrq: -11, sinr: 15)),
        ("ublox-sara-u2", .ublox, SignalReading(.eutran, rssi: -73)),
        ("mediatek", .mediatek, SignalReading(.eutran, rsrp: -95, rsrq: -11)),
        ("unisoc", .unisoc, SignalReading(.eutran, rsrp: -95, rsrq: -11)),
        ("generic", .unknown, SignalReading(.eutran, rsrp: -95, rsrq: -11)),
    ])
    func profiles(_ profile: String, _ vendor: ModemVendor, _ signal: SignalReading) async throws {
        let modem = try SimulatedModem(["--profile", profile])
        let poller = poller(modem)
        poller.start(into: sink)
        #expect(await poller.firstRound(within: .seconds(10)))
        let reading = poller.reading
        await poller.stopped()
        #expect(reading.vendor == vendor)
        #expect(reading.sim == .ready && reading.operatorChoice?.name == "CardLink Test")
        #expect(reading.registrations[.eps]?.state == .home)
        #expect(reading.identities[.iccid].map { String(decoding: $0, as: UTF8.self) } == "8988211000000000003")
        #expect(reading.signals[signal.technology]?.rsrp == signal.rsrp)
        #expect(reading.signals[signal.technology]?.sinr == signal.sinr)
        // The first commands are the channel's own question.
        let logged = modem.logged("command").drop { $0 == "AT" }
        #expect(logged.count == sink.commands.count)
        let identified = sink.events.compactMap { if case .modemIdentified(let event) = $0 { event } else { nil } }
        #expect(identified.last?.identities.map(\.hash) == ["imei-15", "imsi-15", "iccid-19"])
    }

    /// Pulled in the middle of an answer, and back as another terminal within two seconds.
    @Test func unpluggedInTheMiddleOfAnAnswer() async throws {
        let modem = try SimulatedModem(
            script: """
                profile: quectel-ec25
                rules:
                  - { command: AT+COPS?, hangUpAfter: 9, returnAfter: 300, times: 1 }
                """)
        let poller = poller(modem)
        poller.start(into: sink)
        #expect(
            try await eventually(within: 10) { sink.changes == ["modem_came", "modem_went unavailable", "modem_came"] })
        #expect(await poller.firstRound(within: .seconds(10)))
        #expect(sink.commands.contains("AT+COPS port_lost"))
        #expect(poller.reading.operatorChoice?.name == "CardLink Test")
        let log = modem.folder.read("log").split(separator: "\n").map { $0.split(separator: " ") }
        let back = log.filter { $0[1] == "plugged" }.last.flatMap { UInt64($0[0]) } ?? 0
        let noticed =
            sink.events.last { if case .modemChanged = $0 { true } else { false } }?.stamp.startNanoseconds ?? 0
        #expect(noticed > back && noticed - back < 2_000_000_000)
        await poller.stopped()
    }

    @Test func silentForEverAndThenBack() async throws {
        let modem = try SimulatedModem()
        var intervals = PollIntervals()
        intervals.signal = .milliseconds(200)
        let poller = poller(modem, intervals: intervals)
        poller.start(into: sink)
        #expect(await poller.firstRound(within: .seconds(10)))
        try modem.order("silent on")
        #expect(try await eventually(within: 20) { sink.changes.last == "stopped_answering unresponsive" })
        #expect(!poller.reading.isAnswering)
        #expect(sink.commands.contains { $0.hasSuffix("timeout") })
        try modem.order("silent off")
        let start = EventClock.now.monotonicNanoseconds
        #expect(try await eventually(within: 10) { sink.changes.last == "answers_again" })
        #expect(EventClock.now.monotonicNanoseconds - start < 2_500_000_000)
        #expect(await poller.firstRound(within: .seconds(10)))
        await poller.stopped()
    }

    @Test func withoutACard() async throws {
        let modem = try SimulatedModem(script: "card: none\nnetwork: { state: 2 }")
        let poller = poller(modem)
        poller.start(into: sink)
        #expect(await poller.firstRound(within: .seconds(10)))
        #expect(poller.reading.sim == .absent)
        #expect(poller.reading.registrations[.eps]?.state == .searching)
        await poller.stopped()
    }
}

import Foundation
import ProbeEvents
import TestSupport
import Testing

@testable import Taps

/// Phones of a real adb server as they come and go.
@Suite struct PhoneTrackerTests {
    private let bench: ADBBench

    init() throws { bench = try ADBBench() }

    private final class Tracked {
        let tracker: PhoneTracker
        let sink = RecordingSink()

        init(_ server: RelayEnds.Endpoint, radioLog: Bool = false) {
            var settings = PhoneTracker.Settings(server: server)
            settings.firstPause = .milliseconds(20)
            settings.readsRadioLog = radioLog
            tracker = PhoneTracker(settings)
            tracker.start(into: sink)
        }

        deinit { tracker.stop() }

        var words: [String] {
            sink.events.map { event in
                switch event {
                case .phone(.changed(let change)): "\(change.phone) \(change.state.name) \(change.model)"
                case .phone(.identified(let known)):
                    [known.phone, known.model, known.release, known.baseband, known.operatorName, known.simState]
                        .joined(separator: "|")
                case .sourceState(let state): state.isWorking ? "works" : state.message
                default: event.channelWords ?? "\(event)"
                }
            }
        }

        func waitFor(_ word: String) -> Bool { eventually { words.contains(word) } }
    }

    @Test func phonesComeAndGo() throws {
        let tracked = Tracked(bench.endpoint)
        #expect(tracked.waitFor("works"))
        let phone = try bench.phone()
        let serial = phone.serial
        #expect(tracked.waitFor("\(serial)|Pixel 7|14|g5300g-230905-231024|CardLink Test|LOADED"))
        #expect(tracked.tracker.standing == PhoneTracker.Standing(refusal: nil, isTold: true, unusable: [:]))
        // What is asked of it, and nothing that identifies it.
        #expect(!"\(tracked.sink.events)".contains("R58N00SECRET") && !"\(tracked.sink.events)".contains("00101"))
        #expect(try phone.asked() == ["shell": 1])
        #expect(try bench.adb(["disconnect", serial]).status == 0)
        #expect(tracked.waitFor("\(serial) gone Pixel_7"))
        #expect(try bench.adb(["connect", serial]).status == 0)
        #expect(eventually { tracked.words.count { $0 == "\(serial) device Pixel_7" } == 2 })
        let states = tracked.words.filter { $0.hasPrefix(serial + " ") }
        // The server may tell of the states in between.
        #expect(
            states.filter { !$0.contains(" offline") && !$0.contains(" connecting") } == [
                "\(serial) device Pixel_7", "\(serial) gone Pixel_7", "\(serial) device Pixel_7",
            ])
    }

    @Test func aLockedPhoneCannotBeUsed() throws {
        let tracked = Tracked(bench.endpoint)
        let phone = try bench.phone("--locked")
        #expect(tracked.waitFor("\(phone.serial) unauthorized "))
        #expect(eventually { tracked.tracker.standing.unusable == [phone.serial: .unauthorized] })
        #expect(try phone.asked().isEmpty)
    }

    /// A server that is not there is told of once and waited for; its phones are gone while it is.
    @Test func theServerGoesAndComesBack() throws {
        let phone = try bench.phone()
        let tracked = Tracked(bench.endpoint)
        #expect(tracked.waitFor("\(phone.serial) device Pixel_7"))
        bench.killServer()
        #expect(tracked.waitFor("\(phone.serial) gone Pixel_7"))
        let gone = "the adb server at \(bench.endpoint) has ended the connection; run: adb start-server"
        #expect(tracked.waitFor(gone))
        #expect(tracked.tracker.standing.refusal == gone)
        try bench.startServer()
        _ = try bench.adb(["connect", phone.serial])
        #expect(eventually { tracked.words.count { $0 == "\(phone.serial) device Pixel_7" } == 2 })
        #expect(tracked.words.filter { $0.hasPrefix("the adb server") || $0 == "works" } == ["works", gone, "works"])
    }

    @Test func noServerIsToldOnce() throws {
        let port = try freePort()
        let tracked = Tracked(RelayEnds.Endpoint(host: "127.0.0.1", port: port))
        let words = "the adb server at 127.0.0.1:\(port) cannot be reached: Connection refused; run: adb start-server"
        #expect(tracked.waitFor(words))
        #expect(tracked.tracker.standing.refusal == words)
        #expect(PhoneList.of(RelayEnds.Endpoint(host: "127.0.0.1", port: port)) == nil)
    }

    @Test func theListIsAskedForOnce() throws {
        let phone = try bench.phone()
        #expect(PhoneList.of(bench.endpoint) == [.init(name: phone.serial, state: .device, model: "Pixel_7")])
    }

    /// The radio log of a phone whose modem tells of its card, and the log that ends with it.
    @Test func channelsOfTheRadioLog() throws {
        let phone = try bench.phone()
        let tracked = Tracked(bench.endpoint, radioLog: true)
        try phone.waitForReader()
        for line in RadioLogTests.session { try phone.say("log \(line)") }
        #expect(tracked.waitFor("sent 8 on 1"))
        try phone.say("gone")
        #expect(tracked.waitFor("closed 1 failed source_gone 8 sent 0 received"))
        #expect(tracked.words.filter { $0.hasPrefix("opened") } == ["opened 1 packet udp_client 44444 buffer 1400"])
        #expect(!"\(tracked.sink.events)".contains("310260000000000"))
        try phone.say("back")
        _ = try bench.adb(["connect", phone.serial])
        try phone.waitForReader()
    }
}

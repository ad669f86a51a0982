import Foundation
import Modem
import Observability
import ProbeEvents
import TestSupport
import Testing

@testable import ProbeDaemon

/// Modems that are looked for, on a bench whose hardware is not here.
@Suite struct ModemSourcesTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func plug(_ place: String, _ tty: String) throws {
        let device = "/sys/bus/usb/devices/\(place)"
        try folder.plant([
            "\(device)/idVendor": "2c7c\n", "\(device)/idProduct": "0125\n", "\(device)/product": "EC25\n",
            "\(device):1.2/bInterfaceNumber": "02\n",
            "\(device):1.2/driver": "-> ../../../../bus/usb/drivers/option",
            "\(device):1.2/\(tty)/port_number": "0\n",
        ])
    }

    private func pull(_ place: String) throws {
        for name in [place, "\(place):1.2"] {
            try FileManager.default.removeItem(atPath: "\(folder.path)/sys/bus/usb/devices/\(name)")
        }
    }

    private func link(_ name: String, _ tty: String) throws {
        try folder.plant(["/dev/serial/by-id/\(name)": "-> ../../\(tty)"])
    }

    /// One that comes back under another number, or gets a name that lasts, is one modem and not two.
    @Test func aModemIsWatchedUnderItsNewName() async throws {
        let settings = try await ConfigSources(options: ["modems.ports": ["auto"]]).load()
        let sources = ModemSources(
            settings, in: RuntimeDirectory(named: folder.path), machine: Machine(root: folder.path))
        func names() -> [String] { sources.standings.map(\.modem) }

        try plug("1-1", "ttyUSB9071")
        try plug("1-2", "ttyUSB9072")
        try sources.start(into: RecordingSink())
        defer { sources.stop() }
        #expect(try await eventually { names() == ["ttyUSB9071", "ttyUSB9072"] })
        try pull("1-1")
        try plug("1-1", "ttyUSB9073")
        #expect(try await eventually { names() == ["ttyUSB9072", "ttyUSB9073"] })
        try link("usb-Quectel_EC25-if02-port0", "ttyUSB9073")
        #expect(try await eventually { names() == ["usb-Quectel_EC25-if02-port0", "ttyUSB9072"] })
        // One that was pulled is still watched: that it is missing is a fault.
        try pull("1-2")
        try await Task.sleep(for: .seconds(3))
        #expect(names() == ["usb-Quectel_EC25-if02-port0", "ttyUSB9072"])
    }

    /// What is watched under a name goes with it to another place; who takes the first place then is another modem.
    @Test func aNameThatMovesKeepsItsWatch() {
        func poller(_ path: String) -> ModemPoller { ModemPoller(ATPortSettings(path: path, modem: "m")) }
        let (first, second) = (poller("/dev/serial/by-id/a"), poller("/dev/ttyUSB1"))
        var state = ModemSources.State()
        func starts(_ poller: ModemPoller, at place: String, insteadOf former: ModemPoller? = nil) -> Bool {
            let taken = state.take(poller, at: place)
            #expect(taken.former === former)
            return taken.isNew
        }
        #expect(starts(first, at: "1-1") && !starts(poller("/dev/serial/by-id/a"), at: "1-2"))
        #expect(starts(second, at: "1-1"))
        #expect(state.found["1-2"] === first && state.found["1-1"] === second)
        // Two of one make have one name, which names the last that came.
        #expect(!starts(poller("/dev/serial/by-id/a"), at: "1-1", insteadOf: second))
        #expect(state.found.count == 1 && state.found["1-1"] === first)
        state.isStopped = true
        #expect(!starts(second, at: "1-3"))
    }
}

import Foundation
import Modem
import TestSupport
import Testing

@testable import ProbeDaemon

/// What `modems` shows of a bench whose hardware is not here, without asking.
@Suite struct ModemOverviewTests {
    private func table(_ files: [String: String]) async throws -> String {
        let folder = try TemporaryFolder()
        try folder.plant(files)
        let machine = Machine(root: folder.path)
        let overview = await ModemOverview.take(machine: machine, ports: [], isAsking: false, speed: 115_200)
        return overview.table
    }

    private static let quectel = [
        "/sys/bus/usb/devices/1-1/idVendor": "2c7c\n", "/sys/bus/usb/devices/1-1/idProduct": "0125\n",
        "/sys/bus/usb/devices/1-1/product": "EC25\n",
        "/sys/bus/usb/devices/1-1:1.2/bInterfaceNumber": "02\n",
        "/sys/bus/usb/devices/1-1:1.2/driver": "-> ../../../../bus/usb/drivers/option",
        "/sys/bus/usb/devices/1-1:1.2/ttyUSB2/port_number": "0\n",
        "/dev/serial/by-id/usb-Quectel_EC25-if02-port0": "-> ../../ttyUSB2",
    ]

    @Test func aModemWithAFreePort() async throws {
        #expect(
            try await table(Self.quectel).split(separator: "\n").map {
                $0.split(separator: " ", omittingEmptySubsequences: true)
            }
                == [
                    ["MODEM", "MODEL", "STATE", "SIM", "REGISTERED", "OPERATOR", "SIGNAL"],
                    ["usb-Quectel_EC25-if02-port0", "EC25", "(2c7c:0125)", "present", "-", "-", "-", "-"],
                    ["port", "/dev/serial/by-id/usb-Quectel_EC25-if02-port0", "=", "/dev/ttyUSB2", "at"],
                ])
    }

    /// It holds the port, or only runs: the way out is told.
    @Test(arguments: [true, false])
    func modemManagerRuns(holdsPort: Bool) async throws {
        var files = Self.quectel.merging(["/proc/812/comm": "ModemManager\n"]) { $1 }
        if holdsPort { files["/proc/812/fd/9"] = "-> /dev/ttyUSB2" }
        let text = try await table(files)
        #expect(text.contains("ModemManager (812) runs, and may open these ports; to keep one from it:"))
        #expect(text.contains("do: mmcli --inhibit-device=/sys/bus/usb/devices/1-1 (as long as it runs)"))
        #expect(text.contains("in use") == holdsPort)
        #expect(text.contains("ModemManager (812) has /dev/serial/by-id/usb-Quectel_EC25-if02-port0 open") == holdsPort)
    }

    @Test func aModemThatSpeaksMBIMOnly() async throws {
        let text = try await table([
            "/sys/bus/usb/devices/2-3/idVendor": "1199\n", "/sys/bus/usb/devices/2-3/idProduct": "9091\n",
            "/sys/bus/usb/devices/2-3:1.12/driver": "-> ../../../../bus/usb/drivers/cdc_mbim",
            "/sys/bus/usb/devices/2-3:1.12/usbmisc/cdc-wdm0/dev": "180:0\n",
        ])
        #expect(
            text.contains("no AT port") && text.contains("it speaks MBIM only") && text.contains("do: switch it to"))
    }
}

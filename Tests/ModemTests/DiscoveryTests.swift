import Foundation
import ProbeEvents
import TestSupport
import Testing

@testable import Modem

/// Modems by sysfs and `/dev` as a bench has them, in a folder.
@Suite struct DiscoveryTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func modems(_ files: [String: String]) throws -> [ModemPorts.Modem] { try ports(files).modems }

    private func ports(_ files: [String: String]) throws -> ModemPorts {
        try folder.plant(files)
        let machine = Machine(root: folder.path)
        return ModemPorts(machine, usb: USBDevices(machine))
    }

    /// A modem with a serial port on each interface.
    private static func device(
        _ id: String, _ product: String, ports: [Int], driver: String = "option"
    ) -> [String: String] {
        let parts = id.split(separator: ":")
        let folder = "/sys/bus/usb/devices/1-1"
        var files = [
            "\(folder)/idVendor": "\(parts[0])\n", "\(folder)/idProduct": "\(parts[1])\n",
            "\(folder)/product": "\(product)\n",
        ]
        for port in ports {
            files["\(folder):1.\(port)/bInterfaceNumber"] = "0\(port)\n"
            files["\(folder):1.\(port)/bInterfaceClass"] = "ff\n"
            files["\(folder):1.\(port)/driver"] = "-> ../../../../bus/usb/drivers/\(driver)"
            files["\(folder):1.\(port)/ttyUSB\(port)/port_number"] = "0\n"
        }
        return files
    }

    @Test func rolesAndLastingNames() throws {
        var files = Self.device("2c7c:0125", "EC25-EUX", ports: [0, 1, 2, 3])
        for port in 0...3 {
            files["/dev/serial/by-id/usb-Quectel_EC25-EUX-if0\(port)-port0"] = "-> ../../ttyUSB\(port)"
            files["/dev/serial/by-path/pci-0000:00:14.0-usb-0:1:1.\(port)-port0"] = "-> ../../ttyUSB\(port)"
        }
        let modem = try #require(try modems(files).first)
        #expect(modem.vendor == .quectel && modem.controlProtocol == nil)
        #expect(modem.ports.map(\.role) == [.diag, .gps, .at, .at2])
        #expect(modem.commandPorts.map(\.device) == ["/dev/ttyUSB3", "/dev/ttyUSB2"])
        #expect(modem.commandPorts.first?.path == "/dev/serial/by-id/usb-Quectel_EC25-EUX-if03-port0")
        #expect(modem.name == "usb-Quectel_EC25-EUX-if03-port0")
        #expect(modem.uid == "/sys/bus/usb/devices/1-1")
    }

    @Test(arguments: [("1e0e:9001", ModemVendor?.some(.simcom)), ("2c7c:0125", .quectel), ("9999:0001", nil)])
    func theMakerOfAPort(id: String, vendor: ModemVendor?) throws {
        let ports = try ports(Self.device(id, "Modem", ports: [0, 2]))
        #expect(ports.vendor(ofPort: "/dev/ttyUSB2") == vendor)
        #expect(ports.vendor(ofPort: "/dev/ttyUSB9") == nil && ports.vendor(ofPort: "/dev/pts/0") == nil)
    }

    /// The name goes into labels: one that holds an IMEI is not used.
    @Test(arguments: [
        ("usb-Maker_Model_356938035643809-if02-port0", false), ("usb-Maker_Model_356938035643808-if02-port0", true),
        ("usb-Maker_Model_3569380356438091-if02-port0", false), ("usb-Maker_Model_0123456789ABCDEF-if02-port0", true),
    ])
    func namesWithAnIdentity(_ link: String, _ isUsed: Bool) throws {
        var files = Self.device("2c7c:0125", "EC25", ports: [2])
        files["/dev/serial/by-id/\(link)"] = "-> ../../ttyUSB2"
        files["/dev/serial/by-path/pci-1-port0"] = "-> ../../ttyUSB2"
        #expect(try modems(files).first?.name == (isUsed ? link : "pci-1-port0"))
    }

    @Test func aModemOfNoTableIsTriedOnEachPort() throws {
        let modem = try #require(try modems(Self.device("9999:0001", "New", ports: [0, 1])).first)
        #expect(modem.vendor == nil)
        #expect(modem.commandPorts.map(\.device) == ["/dev/ttyUSB0", "/dev/ttyUSB1"])
        #expect(modem.name == "ttyUSB0")
    }

    @Test(arguments: [("cdc_mbim", "MBIM"), ("qmi_wwan", "QMI")])
    func modemsWithoutAPort(_ driver: String, _ name: String) throws {
        let files = [
            "/sys/bus/usb/devices/2-3/idVendor": "1199\n", "/sys/bus/usb/devices/2-3/idProduct": "9091\n",
            "/sys/bus/usb/devices/2-3:1.12/driver": "-> ../../../../bus/usb/drivers/\(driver)",
            "/sys/bus/usb/devices/2-3:1.12/usbmisc/cdc-wdm0/dev": "180:0\n",
        ]
        let modem = try #require(try modems(files).first)
        #expect(modem.controlProtocol == name && modem.controlDevices == ["/dev/cdc-wdm0"])
        #expect(modem.ports.isEmpty && modem.commandPorts.isEmpty && modem.name == "2-3")
    }
}

import Foundation
import Modem
import ProbeStore
import TestSupport
import Testing

@testable import ProbeDaemon

/// Readers by name, with the list of the CCID driver that is installed here and a sysfs in a folder.
@Suite struct ReaderDriversTests {
    struct Device: Sendable {
        var place: String
        var id: String
        var release = "0518"
        var serial = ""
    }

    struct Row: Sendable {
        var devices: [Device]
        var reader: String
        var hardware: DeviceHardware
    }

    private static let acs = Device(place: "1-2.3", id: "072f:90cc", release: "0100")
    private static let yubikey = "Yubico YubiKey OTP+FIDO+CCID"

    private static let rows = [
        Row(
            devices: [acs], reader: "ACS ACR 38U-CCID 00 00", hardware: DeviceHardware(port: "1-2.3", firmware: "1.00")),
        Row(
            devices: [acs, Device(place: "1-4", id: "1050:0407")], reader: "\(yubikey) 01 00",
            hardware: DeviceHardware(port: "1-4", firmware: "5.18")),
        // Behind the name stand interface and serial number.
        Row(
            devices: [acs], reader: "ACS ACR 38U-CCID [CCID Interface] (A1) 00 00",
            hardware: DeviceHardware(port: "1-2.3", firmware: "1.00")),
        // Two of a kind: where they are told apart, and where not.
        Row(
            devices: [
                Device(place: "1-4", id: "1050:0407", serial: "A1"),
                Device(place: "3-1", id: "1050:0407", release: "1207", serial: "A2"),
            ], reader: "\(yubikey) (A2) 01 00", hardware: DeviceHardware(port: "3-1", firmware: "12.07")),
        Row(
            devices: [Device(place: "1-4", id: "1050:0407"), Device(place: "3-1", id: "1050:0407")],
            reader: "\(yubikey) 00 00", hardware: DeviceHardware(firmware: "5.18")),
        Row(
            devices: [Device(place: "1-4", id: "1050:0407"), Device(place: "3-1", id: "1050:0407", release: "0519")],
            reader: "\(yubikey) 00 00", hardware: DeviceHardware()),
        // One that is on no USB, and one whose name only begins like another's.
        Row(devices: [acs], reader: "Virtual PCD 00 00", hardware: DeviceHardware()),
        Row(devices: [acs], reader: "ACS ACR 38U-CCID-NG 00 00", hardware: DeviceHardware()),
        Row(devices: [acs], reader: "", hardware: DeviceHardware()),
    ]

    @Test(arguments: rows) func areFoundByName(_ row: Row) throws {
        let folder = try TemporaryFolder()
        func write(_ text: String, _ path: String) throws {
            let place = URL(filePath: folder.path + path)
            try FileManager.default.createDirectory(
                at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
            try text.write(to: place, atomically: false, encoding: .utf8)
        }
        let drivers = "/usr/lib/pcsc/drivers"
        try write(
            try String(contentsOfFile: "\(drivers)/ifd-ccid.bundle/Contents/Info.plist", encoding: .utf8),
            "\(drivers)/ifd-ccid.bundle/Contents/Info.plist")
        try write("no list", "\(drivers)/other.bundle/Contents/Info.plist")
        for device in row.devices {
            let parts = device.id.split(separator: ":")
            let place = "/sys/bus/usb/devices/\(device.place)"
            try write("\(parts[0])\n", "\(place)/idVendor")
            try write("\(parts[1])\n", "\(place)/idProduct")
            try write("\(device.release)\n", "\(place)/bcdDevice")
            if !device.serial.isEmpty { try write("\(device.serial)\n", "\(place)/serial") }
        }
        let machine = Machine(root: folder.path)
        #expect(ReaderDrivers(machine).hardware(of: row.reader, USBDevices(machine)) == row.hardware)
    }
}

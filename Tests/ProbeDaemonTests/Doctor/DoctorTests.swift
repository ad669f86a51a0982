import CardReader
import Foundation
import Modem
import TestSupport
import Testing

@testable import ProbeDaemon

/// What `doctor` says to a bench whose hardware is not here: sysfs and `/proc` as such a bench has them, in a folder.
@Suite struct DoctorTests {
    /// A machine in a folder: files by path, links as `-> TARGET`.
    private static func machine(_ files: [String: String]) throws -> (TemporaryFolder, Machine) {
        let folder = try TemporaryFolder()
        try folder.plant(files)
        return (folder, Machine(root: folder.path))
    }

    /// A Quectel EC25 as the kernel shows it: four serial ports and QMI.
    private static let quectel = [
        "/sys/bus/usb/devices/1-1/idVendor": "2c7c\n", "/sys/bus/usb/devices/1-1/idProduct": "0125\n",
        "/sys/bus/usb/devices/1-1/product": "EC25-EUX\n",
        "/sys/bus/usb/devices/1-1:1.2/bInterfaceClass": "ff\n",
        "/sys/bus/usb/devices/1-1:1.2/driver": "-> ../../../../bus/usb/drivers/option",
        "/sys/bus/usb/devices/1-1:1.2/ttyUSB2/port_number": "0\n",
        "/sys/bus/usb/devices/1-1:1.4/bInterfaceClass": "ff\n",
        "/sys/bus/usb/devices/1-1:1.4/driver": "-> ../../../../bus/usb/drivers/qmi_wwan",
        "/sys/bus/usb/devices/1-1:1.4/usbmisc/cdc-wdm0/dev": "180:0\n",
        "/dev/ttyUSB2": "",
    ]

    /// A Sierra EM7565 with MBIM alone.
    private static let mbim = [
        "/sys/bus/usb/devices/2-3/idVendor": "1199\n", "/sys/bus/usb/devices/2-3/idProduct": "9091\n",
        "/sys/bus/usb/devices/2-3/product": "EM7565\n",
        "/sys/bus/usb/devices/2-3:1.12/bInterfaceClass": "02\n",
        "/sys/bus/usb/devices/2-3:1.12/driver": "-> ../../../../bus/usb/drivers/cdc_mbim",
        "/sys/bus/usb/devices/2-3:1.12/usbmisc/cdc-wdm0/dev": "180:0\n",
    ]

    /// An ACR39U; whose driver has it is added.
    private static let reader = [
        "/sys/bus/usb/devices/1-2/idVendor": "072f\n", "/sys/bus/usb/devices/1-2/idProduct": "b100\n",
        "/sys/bus/usb/devices/1-2/product": "ACR39U ICC Reader\n",
        "/sys/bus/usb/devices/1-2:1.0/bInterfaceClass": "0b\n",
    ]

    private static let ccid = "/usr/lib/pcsc/drivers/ifd-ccid.bundle/Contents/Info.plist"

    private func findings(_ files: [String: String], _ look: (Doctor, USBDevices) -> [Finding]) throws -> [String] {
        let (folder, machine) = try Self.machine(files)
        defer { withExtendedLifetime(folder) {} }
        return look(Doctor(Doctor.Request(), machine: machine), USBDevices(machine)).map { finding in
            (["\(finding.state.rawValue) \(finding.lookedAt): \(finding.found)"] + finding.remedies)
                .joined(separator: " | ").replacing(machine.root, with: "")
        }
    }

    @Test func modemWithAFreePort() throws {
        #expect(
            try findings(Self.quectel) { $0.modems($1) } == ["ok /dev/ttyUSB2: a port of EC25-EUX (2c7c:0125), free"])
    }

    @Test func modemManagerHasThePort() throws {
        let files = Self.quectel.merging([
            "/proc/812/comm": "ModemManager\n", "/proc/812/fd/9": "-> /dev/ttyUSB2", "/proc/1/comm": "systemd\n",
        ]) { $1 }
        #expect(
            try findings(files) { $0.modems($1) } == [
                "fault /dev/ttyUSB2: ModemManager (812) has this port of EC25-EUX (2c7c:0125) open"
                    + " | mmcli --inhibit-device=/sys/bus/usb/devices/1-1 (as long as it runs)"
                    + " | or for good: a udev rule that sets ENV{ID_MM_PORT_IGNORE}=\"1\" for it, "
                    + "then: sudo udevadm control --reload && sudo udevadm trigger"
            ])
    }

    @Test func anotherProgramHasThePort() throws {
        let files = Self.quectel.merging(["/proc/99/comm": "minicom\n", "/proc/99/fd/3": "-> /dev/ttyUSB2"]) { $1 }
        #expect(
            try findings(files) { $0.modems($1) } == [
                "fault /dev/ttyUSB2: minicom (99) has this port of EC25-EUX (2c7c:0125) open | end that program"
            ])
    }

    @Test func modemWithoutATPort() throws {
        let said = try findings(Self.mbim) { $0.modems($1) }
        #expect(said.count == 1)
        #expect(
            said[0].hasPrefix(
                "fault /dev/cdc-wdm0: EM7565 (1199:9091) speaks MBIM and has no AT port to tap | switch it"))
    }

    @Test(
        arguments: [
            (
                [:],
                "fault pcscd and USB: no reader is plugged in | plug one in; without hardware: "
                    + "cardlink-probe simulate bench -- PROGRAM"
            ),
            (
                reader,
                "fault USB: ACR39U ICC Reader (072f:b100) is plugged in and pcscd has no driver for it"
                    + " | sudo apt install libccid && sudo systemctl restart pcscd"
            ),
            (
                reader.merging([ccid: "", "/sys/bus/usb/devices/1-2:1.0/driver": "-> ../drivers/pn533_usb"]) { $1 },
                "fault USB: ACR39U ICC Reader (072f:b100) is taken by the kernel's driver pn533_usb"
                    + " | sudo modprobe -r pn533_usb && sudo systemctl restart pcscd"
            ),
            (
                reader.merging([
                    ccid: "", "/sys/bus/usb/devices/1-2:1.0/driver": "-> ../drivers/usbfs",
                    "/proc/70/comm": "scdaemon\n",
                ]) { $1 },
                "fault USB: ACR39U ICC Reader (072f:b100) is held by scdaemon (70), past pcscd"
                    + " | echo disable-ccid >> ~/.gnupg/scdaemon.conf && gpgconf --kill scdaemon"
            ),
            (
                reader.merging([ccid: ""]) { $1 },
                "fault USB: ACR39U ICC Reader (072f:b100) is plugged in and pcscd does not have it"
                    + " | sudo systemctl restart pcscd; then see: journalctl -u pcscd"
            ),
        ] as [([String: String], String)])
    func pcscdHasNoReader(files: [String: String], says: String) throws {
        #expect(try findings(files) { [$0.withoutReaders($1)] } == [says])
    }

    @Test(
        arguments: [
            (0x8010_001D, "sudo pcscd"),
            (0x8010_001E, "sudo apt install --reinstall pcscd libpcsclite1 && sudo systemctl restart pcscd"),
            (
                0x8010_006A,
                "run as root, or allow it: put a rule for org.debian.pcsc-lite.access_pcsc and .access_card "
                    + "into /etc/polkit-1/rules.d"
            ),
        ] as [(UInt32, String)])
    func pcscdRefuses(code: UInt32, remedy: String) throws {
        let (_, machine) = try Self.machine([:])
        let doctor = Doctor(Doctor.Request(), machine: machine)
        #expect(doctor.command(for: .failed(.establishContext, code: code)) == remedy)
    }

    /// A library without the calls that a shim forwards.
    @Test func oldLibrary() throws {
        let folder = try TemporaryFolder()
        let source = try folder.write("long SCardEstablishContext(void) { return 0; }\n", to: "old.c")
        try FileManager.default.createDirectory(atPath: folder.file("usr/lib"), withIntermediateDirectories: true)
        let made = try Command.run(["cc", "-shared", "-o", folder.file("usr/lib/libpcsclite.so.1"), source])
        try #require(made.ending == .exited(0))
        let found = Doctor(Doctor.Request(), machine: Machine(root: folder.path)).library()
        #expect(found.map(\.state) == [.fault])
        #expect(found.first?.found == "has no SCardTransmit: too old, or not a PC/SC library")
    }

    @Test func noLibrary() throws {
        let folder = try TemporaryFolder()
        let found = Doctor(Doctor.Request(), machine: Machine(root: folder.path)).library()
        #expect(found.map(\.remedies) == [["sudo apt install libpcsclite1"]])
    }

    /// A sysfs that makes no sense gives no findings, and no end.
    @Test func garbage() throws {
        #expect(
            try findings([
                "/sys/bus/usb/devices/1-1/idVendor": "\u{0}\u{FFFF}", "/sys/bus/usb/devices/1-1:x/bInterfaceClass": "",
                "/sys/bus/usb/devices/:/idVendor": "", "/proc/x/comm": "", "/proc/5": "a file",
            ]) { $0.modems($1) } == [])
    }
}

import ProbeEvents
import Testing

@testable import Observability

/// Ports of modems in settings.
@Suite struct ModemPortTests {
    @Test(
        arguments: [
            ("auto", ModemPort.auto, "auto"),
            ("/dev/serial/by-id/usb-A-if02", ModemPort(port: "/dev/serial/by-id/usb-A-if02"), "usb-A-if02"),
            ("/dev/a=b", ModemPort(port: "/dev/a=b"), "a=b"),
            ("bench-a=/dev/ttyUSB2", ModemPort(name: "bench-a", port: "/dev/ttyUSB2"), "bench-a"),
        ])
    func ports(text: String, port: ModemPort, modem: String) throws {
        let read = try ConfigKeys.table.modemPorts.type.read([text])
        #expect(read == [port])
        #expect(read.map(\.modem) == [modem])
        #expect(ConfigKeys.table.modemPorts.type.texts(read) == [text])
    }

    @Test(
        arguments: [
            ("tester=/dev/ttyUSB2", ModemPort(name: "tester", port: "/dev/ttyUSB2"), "tester"),
            ("/tmp/my-modem=/dev/ttyUSB2", ModemPort(name: "/tmp/my-modem", port: "/dev/ttyUSB2"), "my-modem"),
            (
                "a=simcom:/dev/serial/by-path/pci-0:1",
                ModemPort(name: "a", port: "/dev/serial/by-path/pci-0:1", vendor: .simcom), "a"
            ), ("a=/dev/b:c", ModemPort(name: "a", port: "/dev/b:c"), "a"),
        ])
    func taps(text: String, port: ModemPort, modem: String) throws {
        let read = try ConfigKeys.table.modemTaps.type.read([text])
        #expect(read == [port])
        #expect(read.map(\.modem) == [modem])
        #expect(ConfigKeys.table.modemTaps.type.texts(read) == [text])
    }

    @Test(arguments: ["", "ttyUSB2", "a/b=/dev/ttyUSB2", "=/dev/ttyUSB2", "a=ttyUSB2", "a=", "..=/dev/ttyUSB2"])
    func noPorts(text: String) {
        #expect(throws: SettingRefusal.self) { try ConfigKeys.table.modemPorts.type.read([text]) }
        #expect(throws: SettingRefusal.self) { try ConfigKeys.table.modemTaps.type.read([text]) }
    }

    @Test(arguments: [
        "/dev/ttyUSB2", "auto", "/tmp/=/dev/ttyUSB2", "a=nokia:/dev/ttyUSB2", "a=unknown:/dev/ttyUSB2", "a=telit:",
        "a=:/dev/ttyUSB2", "a=telit:ttyUSB2",
    ])
    func noTaps(text: String) {
        #expect(throws: SettingRefusal.self) { try ConfigKeys.table.modemTaps.type.read([text]) }
    }

    /// The line names what was given, whole.
    @Test func aRefusalNamesWhatWasGiven() {
        #expect {
            try ConfigKeys.table.modemTaps.type.read(["a=telit:ttyUSB2"])
        } throws: { error in
            let reason = (error as? SettingRefusal)?.reason ?? ""
            return reason.hasPrefix("'a=telit:ttyUSB2' is not NAME=PORT") && reason.contains("huawei")
        }
    }
}

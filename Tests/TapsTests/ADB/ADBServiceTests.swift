import ProbeEvents
import Testing

@testable import Taps

/// What a request's text asks for.
@Suite struct ADBServiceTests {
    @Test(arguments: [
        ("host:version", "version"), ("host:devices-l", "devices"), ("host:track-devices-l", "track_devices"),
        ("host:track-devices-proto-text", "track_devices"), ("host:transport-any", "transport"),
        ("host:transport:R58N", "transport R58N"), ("host:transport:127.0.0.1:5555", "transport 127.0.0.1:5555"),
        ("host:tport:serial:emulator-5554", "transport emulator-5554"), ("host:tport:any", "transport"),
        ("host:transport-id:7", "transport"), ("host-serial:emulator-5554:get-state", "get_state emulator-5554"),
        ("host-serial:127.0.0.1:5555:get-serialno", "get_state 127.0.0.1:5555"),
        ("host-serial:127.0.0.1:5555:forward:tcp:1;tcp:2", "forward 127.0.0.1:5555"),
        ("host-serial:[::1]:5555:features", "features [::1]:5555"), ("host-transport-id:3:get-state", "get_state"),
        ("host-usb:get-state", "get_state"), ("host:forward:norebind:tcp:0;tcp:2", "forward"),
        ("host:killforward-all", "forward"), ("host:list-forward", "forward"),
        ("host-serial:R58N:wait-for-any-device", "wait_for R58N"), ("host:connect:127.0.0.1:5555", "connect"),
        ("host:kill", "other"), ("host:mdns:check", "other"), ("host:", "other"), ("host-serial:R58N", "other R58N"),
        ("shell:pm list packages", "shell"), ("shell,v2,TERM=xterm,raw:true", "shell"), ("shell:", "shell"),
        ("exec:cat /x", "exec"), ("abb_exec:package\u{0}install", "exec"), ("sync:", "sync"),
        ("reverse:forward:tcp:1;tcp:2", "reverse"), ("tcp:80", "socket"), ("localabstract:x", "socket"),
        ("reboot:bootloader", "reboot"), ("root:", "root"), ("remount:", "root"), ("sideload-host:1:2", "sideload"),
        ("framebuffer:", "other"), ("", "other"), ("host", "other"), ("HOST:version", "other"),
    ])
    func textsAreServices(_ text: String, _ expected: String) {
        let service = ADBService(text)
        #expect(service.operation.name + (service.phone.map { " \($0)" } ?? "") == expected)
    }

    @Test(arguments: [
        ("device 'X' not found", "unavailable"), ("no devices/emulators found", "unavailable"),
        ("device unauthorized.\nThis adb server's $ADB_VENDOR_KEYS is not set", "access_denied"),
        ("device offline", "unresponsive"), ("device still connecting", "unresponsive"),
        ("more than one device/emulator", "unavailable"), ("closed", "communication"),
        ("unknown host service", "protocol_mismatch"), ("", "other"), ("\u{FF}", "other"),
    ])
    func reasonsAreErrors(_ reason: String, _ expected: String) {
        #expect(DeviceErrorType(adbReason: reason.utf8).name == expected)
    }
}

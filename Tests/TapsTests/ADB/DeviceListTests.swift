import ProbeEvents
import TestSupport
import Testing

@testable import Taps

/// Lists of phones as adb servers tell them.
@Suite struct DeviceListTests {
    private static func words(_ phone: ListedPhone) -> String {
        [phone.name, phone.state.name, phone.model, phone.transport].joined(separator: "|")
    }

    @Test(arguments: [
        ("", []), ("\n", []), ("R58N\n", []), ("R58N\tdevice\n", ["R58N|device||transport:R58N"]),
        (
            "R58N                   device usb:1-2 product:a model:Pixel_7 device:b transport_id:3\n",
            ["R58N|device|Pixel_7|transport-id:3"]
        ),
        (
            "emulator-5554          offline transport_id:1\n127.0.0.1:5555         unauthorized transport_id:2\n",
            ["emulator-5554|offline||transport-id:1", "127.0.0.1:5555|unauthorized||transport-id:2"]
        ),
        (
            "????????????           no permissions (missing udev rules? user is in the plugdev group); see "
                + "[http://developer.android.com/tools/device.html] usb:1-2 transport_id:4\n",
            ["????????????|no_permissions||transport-id:4"]
        ),
        ("(no serial number)     device usb:1-3 transport_id:5\n", ["usb:1-3|device||transport-id:5"]),
        ("a\tdevice\na\toffline\n", ["a|device||transport:a"]),
        (
            "a\tgone\nb\tno_permissions\nc\tdetached\n",
            ["a|other||transport:a", "b|other||transport:b", "c|other||transport:c"]
        ),
        (
            "a\trecovery\nb\tsideload\nc\tauthorizing\nd\tbootloader\ne\tconnecting\nf\trescue\ng\thost\n",
            [
                "a|recovery||transport:a", "b|sideload||transport:b", "c|authorizing||transport:c",
                "d|bootloader||transport:d", "e|connecting||transport:e", "f|rescue||transport:f",
                "g|host||transport:g",
            ]
        ),
    ])
    func linesArePhones(_ text: String, _ expected: [String]) {
        #expect(DeviceList.phones(text).map(Self.words) == expected)
    }

    @Test func listsComeInPieces() {
        var list = DeviceList()
        let bytes = Array("00000009a\tdevice\n0009b\tdevice\n".utf8)
        let lists = bytes.flatMap { list.received([$0]) }
        #expect(lists.map { $0.map(\.name) } == [[], ["a"], ["b"]])
        _ = list.received(Array("nope".utf8))
        #expect(list.isUnreadable && list.received(Array("0000".utf8)).isEmpty)
    }

    @Test func anythingIsReadAsAList() {
        var random = SeededGenerator(seed: 7)
        for _ in 0..<randomRounds / 10 {
            let text = String(decoding: random.bytes(0...200), as: UTF8.self)
            #expect(DeviceList.phones(text).count <= 256)
            var call = ADBCall(["host:version", "shell:x"])
            for _ in 0..<3 { _ = call.received(random.bytes(0...20)) }
            _ = RadioLogLine(random.bytes(0...200))
        }
    }

    @Test func propertiesAreFiveLines() {
        let stamp = EventStamp(source: .adb, startNanoseconds: 0, wallNanoseconds: 0)
        let known = PhoneProperties.identity(
            of: "p", "Pixel 7\r\n14\r\n\r\nA\u{1B}B\r\nLOADED,ABSENT\r\n", stamp: stamp)
        #expect(known?.model == "Pixel 7" && known?.release == "14" && known?.baseband == "")
        #expect(known?.operatorName == "AB" && known?.simState == "LOADED,ABSENT")
        #expect(PhoneProperties.identity(of: "p", "error: closed\n", stamp: stamp) == nil)
    }
}

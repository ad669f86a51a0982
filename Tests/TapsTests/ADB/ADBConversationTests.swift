import Foundation
import ProbeEvents
import TestSupport
import Testing

@testable import Taps

/// Connections to the adb server, as both sides say them.
@Suite struct ADBConversationTests {
    /// `>` before what the client says, `<` before what the server says; `x` is the client's end, `X` the server's.
    private static func words(_ talk: [String], pieces: Int = .max) -> [String] {
        var conversation = ADBConversation()
        var now: UInt64 = 0
        var news: [ADBNews] = []
        func tick() -> EventClock {
            now += 1_000_000
            return EventClock(monotonicNanoseconds: now, wallNanoseconds: now)
        }
        for line in talk {
            switch line.first {
            case ">", "<":
                let side: RelaySide = line.first == ">" ? .client : .server
                var rest = bytes(line.dropFirst())[...]
                while !rest.isEmpty {
                    news += conversation.received(rest.prefix(pieces), from: side, at: tick())
                    rest = rest.dropFirst(pieces)
                }
            case "x": news += conversation.closed(by: .client, at: tick())
            default: news += conversation.closed(by: .server, at: tick())
            }
        }
        news += conversation.ended(at: tick())
        return news.map(words)
    }

    /// Text in which `\xx` is a byte in hex.
    private static func bytes(_ text: Substring) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\") else {
                bytes.append(byte)
                continue
            }
            bytes += hex(String(decoding: rest.prefix(2), as: UTF8.self))
            rest = rest.dropFirst(2)
        }
        return bytes
    }

    private static func words(_ news: ADBNews) -> String {
        guard case .operation(let report) = news else { return "unreadable" }
        let parts = [
            report.operation.name, report.phone, report.status.name, report.error?.name,
            "\(report.sentBytes)/\(report.receivedBytes)",
        ]
        return parts.compactMap(\.self).joined(separator: " ")
    }

    private static let shell = [
        ">001Dhost:tport:serial:127.0.0.1:1", "<OKAY\\01\\00\\00\\00\\00\\00\\00\\00", ">0018shell,v2,TERM=xterm:true",
    ]
    private static let sync = [">0012host:transport:R58", "<OKAY", ">0005sync:", "<OKAY"]

    static let talks: [([String], [String])] = [
        (["X"], []), (["x", "X"], []), ([">000Chost:ver", "X"], []),
        ([">000chost:version", "<OKAY00040029", "X"], ["version success 16/12"]),
        ([">000Chost:devices", "<OKAY0000", "X"], ["devices success 16/8"]),
        ([">000Chost:devices", "<OKAY000", "X"], ["devices failed communication 16/7"]),
        ([">000Chost:devices", "x", "X"], ["devices cancelled 16/0"]),
        ([">0012host:track-devices", "<OKAY0000", "<0003abc", "x", "X"], ["track_devices success 22/8"]),
        ([">0009host:boo!", "<FAIL0014unknown host service", "X"], ["other failed protocol_mismatch 13/28"]),
        ([">0016host:transport:nowhere", "<FAIL000Adevice off", "X"], ["transport nowhere failed other 26/18"]),
        (
            [">0012host:transport:R58", "<OKAY", ">000Aframebuffe", "<FAIL0006closed", "X"],
            ["transport R58 success 22/4", "other R58 failed communication 14/14"]
        ),
        ([">000bhost:kill:x", "<OKAY", "X"], ["other success 15/4"]),
        (
            [">000ehost:tport:any", ">0014host:killforward-all", "<OKAY\\08\\00\\00\\00\\00\\00\\00\\00OKAYOKAY", "X"],
            ["transport success 18/12", "forward success 24/8"]
        ),
        ([">001chost:forward:tcp:1234;tcp:80", "<OKAY", "<FAIL0006cannot", "X"], ["forward failed other 32/18"]),
        // The exit code ends a command; without it nobody knows.
        (
            shell + ["<OKAY\\01\\02\\00\\00\\00hi\\03\\01\\00\\00\\00\\07", "X"],
            ["transport 127.0.0.1:1 success 33/12", "shell 127.0.0.1:1 success 28/16"]
        ),
        (
            shell + ["<OKAY\\01\\02\\00\\00\\00hi", "X"],
            ["transport 127.0.0.1:1 success 33/12", "shell 127.0.0.1:1 failed communication 28/11"]
        ),
        (
            shell + ["<OKAY", "x", "X"],
            ["transport 127.0.0.1:1 success 33/12", "shell 127.0.0.1:1 cancelled 28/4"]
        ),
        (
            shell + ["X"],
            ["transport 127.0.0.1:1 success 33/12", "shell 127.0.0.1:1 failed communication 28/0"]
        ),
        (
            sync + [
                ">STAT\\02\\00\\00\\00/x", "<STAT\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00",
                ">QUIT\\00\\00\\00\\00", "X",
            ],
            ["transport R58 success 22/4", "sync R58 success 9/4", "stat R58 success 10/16"]
        ),
        (
            sync + [
                ">SEND\\04\\00\\00\\00/x,0", ">DATA\\03\\00\\00\\00abcDONE\\00\\00\\00\\00", "<OKAY\\00\\00\\00\\00",
                ">SEND\\04\\00\\00\\00/y,0DATA\\01\\00\\00\\00aDONE\\00\\00\\00\\00RECV\\02\\00\\00\\00/z",
                "<FAIL\\02\\00\\00\\00noDATA\\02\\00\\00\\00okDONE\\00\\00\\00\\00", "X",
            ],
            [
                "transport R58 success 22/4", "sync R58 success 9/4", "push R58 success 31/8",
                "push R58 failed other 39/8", "pull R58 success 10/28",
            ]
        ),
        (
            sync + [
                ">LIST\\01\\00\\00\\00/", "<DENT\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\01\\00\\00\\00a",
                "<DONE\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00", "X",
            ],
            ["transport R58 success 22/4", "sync R58 success 9/4", "list R58 success 9/41"]
        ),
        (
            sync + [">RECV\\02\\00\\00\\00/zRECV\\02\\00\\00\\00/z", "<DATA\\09\\00\\00\\00a", "X"],
            [
                "transport R58 success 22/4", "sync R58 success 9/4", "pull R58 failed communication 20/9",
                "pull R58 failed communication 10/9",
            ]
        ),
        (
            sync + [">NONE\\02\\00\\00\\00/z", "X"],
            ["transport R58 success 22/4", "sync R58 success 9/4", "unreadable"]
        ),
        (
            sync + ["<OKAY\\00\\00\\00\\00", "X"],
            ["transport R58 success 22/4", "sync R58 success 9/4", "unreadable"]
        ),
        ([">GET / HTTP/1.1\\0D\\0A\\0D\\0A", "<HTTP/1.1 400", "X"], ["unreadable"]),
        ([">+00Chost:version", "X"], ["unreadable"]), ([">0000", "X"], ["unreadable"]),
        (["<OKAY", "X"], ["unreadable"]),
        ([">000Chost:version", "<NOPE", "X"], ["unreadable"]),
    ]

    @Test(arguments: talks) func operationsAreTold(_ talk: [String], _ expected: [String]) {
        #expect(Self.words(talk) == expected)
    }

    /// Cuts change nothing but what was sent ahead when an answer came.
    @Test(arguments: talks) func bytesComeOneByOne(_ talk: [String], _ expected: [String]) {
        #expect(Self.words(talk, pieces: 1) == expected)
    }

    /// A request's text is not kept, however long it is.
    @Test func aLongCommandIsPassedOver() {
        let text = "shell:" + String(repeating: "x", count: 60_000)
        let talk = [">" + String(text.utf8.count, radix: 16) + text, "<OKAY", "<done", "X"]
        #expect(Self.words(talk) == ["shell success 60010/8"])
    }

    /// Nothing that anybody says is more than a reading that ends: no trap, no more bytes than there were.
    @Test func randomTalk() {
        var random = SeededGenerator(seed: 0xADB)
        let pieces = Self.talks.flatMap(\.0).filter { $0.count > 1 }.map { Self.bytes($0.dropFirst()) }
        for _ in 0..<randomRounds {
            var conversation = ADBConversation()
            var said: [RelaySide: UInt64] = [.client: 0, .server: 0]
            var now: UInt64 = 0
            for _ in 0..<Int.random(in: 1...12, using: &random) {
                let side: RelaySide = Bool.random(using: &random) ? .client : .server
                var bytes = pieces.randomElement(using: &random) ?? []
                switch UInt8.random(in: 0...5, using: &random) {
                case 0: bytes = random.bytes(0...40)
                case 1: bytes = Array(bytes.prefix(Int.random(in: 0...bytes.count, using: &random)))
                case 2: if !bytes.isEmpty { bytes[Int.random(in: bytes.indices, using: &random)] ^= 0xFF }
                default: break
                }
                now += 1
                let clock = EventClock(monotonicNanoseconds: now, wallNanoseconds: now)
                said[side, default: 0] += UInt64(bytes.count)
                var news = conversation.received(bytes[...], from: side, at: clock)
                if UInt8.random(in: 0...9, using: &random) == 0 { news += conversation.closed(by: side, at: clock) }
                for case .operation(let report) in news {
                    #expect(report.sentBytes <= said[.client] ?? 0 && report.receivedBytes <= said[.server] ?? 0)
                    #expect(report.endedNanoseconds >= report.began.monotonicNanoseconds)
                }
            }
        }
    }
}

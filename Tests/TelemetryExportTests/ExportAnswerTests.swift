import ProbeEvents
import Testing

@testable import TelemetryExport

@Suite struct ExportAnswerTests {
    @Test(
        arguments: [
            (200, nil, [], .taken(rejected: 0, message: "")), (202, nil, [], .taken(rejected: 0, message: "")),
            // partial_success { rejected_spans: 2, error_message: "old" }
            (200, nil, [0x0A, 7, 8, 2, 0x12, 3, 0x6F, 0x6C, 0x64], .taken(rejected: 2, message: "old")),
            (200, nil, [0xFF, 0xFF], .taken(rejected: 0, message: "")),
            (429, "7", [], .later(.other, "status 429", after: .seconds(7))),
            (503, nil, [], .later(.other, "status 503", after: nil)),
            (503, "-1", [], .later(.other, "status 503", after: .zero)),
            (503, "soon", [], .later(.other, "status 503", after: nil)),
            (503, "Tue, 14 Nov 2023 22:13:50 GMT", [], .later(.other, "status 503", after: .seconds(30))),
            (503, "Tue, 14 Nov 2000 22:13:50 GMT", [], .later(.other, "status 503", after: .zero)),
            (502, nil, [], .later(.other, "status 502", after: nil)),
            (504, nil, [], .later(.other, "status 504", after: nil)),
            (400, nil, [], .refused("status 400")), (413, nil, [], .refused("status 413")),
            (500, nil, [], .refused("status 500")), (301, nil, [], .refused("status 301")),
        ] as [(Int, String?, [UInt8], ExportAnswer)])
    func answers(status: Int, retryAfter: String?, body: [UInt8], answer: ExportAnswer) {
        #expect(ExportAnswer(status: status, retryAfter: retryAfter, body: body, now: 1_700_000_000) == answer)
    }

    @Test func theBackOffGrowsToALimit() {
        var backoff = Backoff(first: .seconds(1), longest: .seconds(10))
        for due in [1.0, 2, 4, 8, 10, 10] {
            let pause = backoff.pause(asked: nil)
            #expect(pause >= .seconds(due / 2) && pause <= .seconds(due * 1.5))
        }
        #expect(backoff.pause(asked: .seconds(3)) == .seconds(3))
        #expect(backoff.pause(asked: .seconds(86_400)) == .seconds(300))
        for _ in 0..<100 { #expect(backoff.pause(asked: nil) <= .seconds(15)) }
    }
}

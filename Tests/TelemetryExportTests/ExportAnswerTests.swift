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

    /// The protocol's list; RESOURCE_EXHAUSTED counts as "later" only when the server says when.
    @Test(
        arguments: [
            (1, nil, .later(.other, "CANCELLED why", after: nil)),
            (4, nil, .later(.timeout, "DEADLINE_EXCEEDED why", after: nil)),
            (8, nil, .refused("RESOURCE_EXHAUSTED why")),
            (8, 7, .later(.other, "RESOURCE_EXHAUSTED why", after: .seconds(7))),
            (10, nil, .later(.other, "ABORTED why", after: nil)),
            (11, nil, .later(.other, "OUT_OF_RANGE why", after: nil)),
            (14, 7, .later(.unreachable, "UNAVAILABLE why", after: .seconds(7))),
            (15, nil, .later(.other, "DATA_LOSS why", after: nil)),
            (3, 7, .refused("INVALID_ARGUMENT why")), (13, nil, .refused("INTERNAL why")),
            (99, nil, .refused("code 99 why")),
        ] as [(Int, UInt8?, ExportAnswer)])
    func answersOverGRPC(code: Int, seconds: UInt8?, answer: ExportAnswer) {
        let type = Array("type.googleapis.com/google.rpc.RetryInfo".utf8)
        // google.rpc.Status { details { type_url value { retry_delay { seconds } } } }
        let details = seconds.map { seconds in
            [0x1A, UInt8(type.count + 8), 0x0A, UInt8(type.count)] + type + [0x12, 4, 0x0A, 2, 8, seconds]
        }
        #expect(ExportAnswer(code: code, message: "why", details: details, isLocal: false) == answer)
        for length in 0..<(details?.count ?? 0) {
            // What is cut short is no advice; whatever the bytes are, there is an answer.
            _ = ExportAnswer(code: code, message: "why", details: Array(details?.prefix(length) ?? []), isLocal: false)
        }
    }

    @Test func whatFailsOnOurSideIsTriedAgain() {
        #expect(
            ExportAnswer(code: 13, message: "no name", details: nil, isLocal: true)
                == .later(.unreachable, "INTERNAL no name", after: nil))
    }

    @Test func theBackOffGrowsToALimit() {
        var backoff = Backoff(first: .seconds(1), longest: .seconds(10))
        for due in [1.0, 2, 4, 8, 10, 10] {
            let pause = backoff.pause(asked: nil)
            #expect(pause >= .seconds(due / 2) && pause <= .seconds(due * 1.5))
        }
        #expect(backoff.pause(asked: .seconds(3)) == .seconds(3))
        #expect(backoff.pause(asked: .zero) == .seconds(1))
        #expect(backoff.pause(asked: .seconds(86_400)) == .seconds(300))
        for _ in 0..<100 { #expect(backoff.pause(asked: nil) <= .seconds(15)) }
    }
}

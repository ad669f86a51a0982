import ProbeEvents
import SmartCard
import TestSupport
import Testing

@testable import Observability

/// What eUICCs are asked for, in a trace.
@Suite struct ESIMSpansTests {
    private static let wall = Story.wall

    private static func link(client: UInt64 = 7) -> ESIMLink {
        ESIMLink(
            device: "R", interface: .pcsc, client: ClientProcess(id: client, pid: 1, program: "p"), session: 1)
    }

    private static func stamp(_ seconds: UInt64, lasting: UInt64) -> EventStamp {
        EventStamp(
            source: .shim, startNanoseconds: 5_000 + seconds * 1_000_000_000,
            durationNanoseconds: lasting * 1_000_000_000, wallNanoseconds: wall + seconds * 1_000_000_000)
    }

    private static func function(_ result: ESIMResult, client: UInt64 = 7) -> ProbeEvent {
        .esim(
            .function(
                ESIMFunctionDone(
                    stamp: stamp(1, lasting: 2), link: link(client: client), function: .deleteProfile, result: result,
                    code: 3, blocks: 1, sentBytes: 15, receivedBytes: 6)))
    }

    private static let download = ProbeEvent.esim(
        .download(
            ESIMDownloadDone(
                stamp: stamp(4, lasting: 5), link: link(), result: .failed,
                steps: [
                    ESIMStep(function: .authenticateServer, result: .ok, afterNanoseconds: 0, durationNanoseconds: 9),
                    ESIMStep(
                        function: .loadBoundProfilePackage, result: .dataMismatch, afterNanoseconds: 2_000_000_000,
                        durationNanoseconds: 3_000_000_000),
                ], segments: 9, loadedBytes: 2_731, packageBytes: 3_068, failedCommand: .storeMetadata)))

    @Test func bothAreSpansUnderTheirSession() throws {
        let spans = Spans()
        let sink = SpanSink(spans.manager)
        var story = Story()
        [story.opened(), Self.function(.disallowedByPolicy), Self.download, story.closed()].forEach(sink.receive)
        let told = spans.take()
        #expect(told.map(\.name) == ["ES10c.DeleteProfile", "eSIM download", "reader session"])
        #expect(told[0].parent == told[2].context && told[1].parent == told[2].context)
        #expect(told[0].startNanoseconds == Self.wall + 1_000_000_000)
        #expect(told[0].endNanoseconds == Self.wall + 3_000_000_000)
        #expect(told[0].status == .error("") && told[1].status == .error(""))
        #expect(
            told[0].attributes.kept == [
                Attribute("cardlink.interface", "pcsc"), Attribute("cardlink.reader", "R"),
                Attribute("cardlink.esim.function", "delete_profile"),
                Attribute("cardlink.esim.result", "disallowed_by_policy"), Attribute("cardlink.esim.blocks", 1),
                Attribute("cardlink.esim.sent_bytes", 15), Attribute("cardlink.esim.received_bytes", 6),
                Attribute("cardlink.esim.code", 3), Attribute("error.type", "disallowed_by_policy"),
            ])
        #expect(
            told[1].attributes.kept == [
                Attribute("cardlink.interface", "pcsc"), Attribute("cardlink.reader", "R"),
                Attribute("cardlink.esim.result", "failed"), Attribute("cardlink.esim.segments", 9),
                Attribute("cardlink.esim.loaded_bytes", 2731), Attribute("cardlink.esim.package_bytes", 3068),
                Attribute("cardlink.esim.failed_command", "store_metadata"), Attribute("error.type", "data_mismatch"),
            ])
        #expect(
            told[1].events.map { "\(($0.wallNanoseconds - Self.wall) / 1_000_000_000) \($0.name)" }
                == ["4 AuthenticateServer", "6 LoadBoundProfilePackage"])
        #expect(
            told[1].events[1].attributes.kept == [
                Attribute("cardlink.esim.result", "data_mismatch"), Attribute("cardlink.esim.seconds", .number(3)),
            ])
    }

    /// Of a session whose begin was not seen they are the run's; of one that another probe exports they are not told.
    @Test func withoutASession() {
        let spans = Spans()
        let root = spans.manager.start("run")
        let sink = SpanSink(spans.manager, root: root.context)
        sink.receive(
            .clientAttached(
                ClientAttached(
                    stamp: Self.stamp(0, lasting: 0), client: Self.link(client: 8).client, library: "/l",
                    isWaitExact: true, isTraced: true)))
        [Self.function(.ok), Self.function(.ok, client: 8)].forEach(sink.receive)
        let told = spans.take()
        #expect(told.map(\.name) == ["ES10c.DeleteProfile"])
        #expect(told[0].parent == root.context && told[0].status == .unset)
    }
}

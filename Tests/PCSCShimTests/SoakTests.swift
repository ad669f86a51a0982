import Foundation
import TestSupport
import Testing

/// A daemon under steady traffic of 200 commands a second and a scrape every five: what it takes, and that it takes no
/// more at the end than at the beginning. Ten minutes in a long run.
@Suite struct SoakTests {
    private static let rate = 200
    private static let seconds = isLongRun ? 600 : 16
    /// By then everything that is made once is made, and what remembers the last 2,000 commands has them.
    private static let settling = isLongRun ? 60 : 11

    @Test func takesLittleAndNoMore() throws {
        let folder = try TemporaryFolder()
        let probe = try ServingProbe(
            sockets: folder.file("sockets"), environment: ["PCSCLITE_CSOCK_NAME": folder.file("no-pcscd")])
        let client = try AskedClient(environment: Workshop.shared.environment(receiver: probe.receiverSocket))
        try client.ask(["establish", "connect"])
        try client.say("paced \(Self.rate) \(Self.seconds)")
        var settled: ProcessReading?
        let start = try ProcessReading(probe.pid)
        for second in 1...Self.seconds {
            sleep(1)
            if second % 5 == 0 { _ = try probe.get("/metrics") }
            if second == Self.settling { settled = try ProcessReading(probe.pid) }
        }
        let sent = Self.rate * Self.seconds
        #expect(try client.hear() == "paced good=\(sent)")
        let told = try probe.sum("cardlink_apdu_commands_total")
        #expect(told == Double(sent))
        #expect(try probe.sum("cardlink_events_dropped_total") == 0)

        let first = try #require(settled)
        var last = try ProcessReading(probe.pid)
        // The connection of the last scrape may not be closed yet, and a thread that has nothing to do waits for some.
        _ = try eventually(within: 20) {
            last = try ProcessReading(probe.pid)
            return last.descriptors <= first.descriptors && last.threads <= first.threads
        }
        let share = (last.processorSeconds - start.processorSeconds) / (last.seconds - start.seconds)
        print(
            """
            serve, \(Self.rate) commands a second for \(Self.seconds) s: \(Int(told)) of \(sent) told, \
            \(String(format: "%.2f", share * 100))% of a core, resident \(first.residentKilobytes) kB after \
            \(Self.settling) s and \(last.residentKilobytes) kB at the end, \(last.ownKilobytes) kB of it its own, \
            descriptors \(first.descriptors) and \(last.descriptors), threads \(first.threads) and \(last.threads)
            """)
        #expect(isSanitized || last.ownKilobytes < 20_000)
        #expect(isSanitized || last.residentKilobytes - first.residentKilobytes < 1_000, "\(first) \(last)")
        #expect(last.descriptors <= first.descriptors && last.threads <= first.threads, "\(first) \(last)")
        // Without optimisation, and with other programs at work, it says nothing about the bar of 1%.
        #expect(isSanitized || share < 0.1)
    }
}

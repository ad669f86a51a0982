import SmartCard
import Testing

@testable import ProbeDaemon

@Suite struct TapEnvironmentTests {
    static let shim = ShimLibrary(directory: "/opt/probe/lib/cardlink-probe")

    static func environment(_ entries: [String]) -> [String] {
        TapEnvironment(
            entries.map { Array($0.utf8) }, shim: shim, receiverSocket: "/run/r.sock", eventSocket: "/run/e.sock"
        ).entries.map { String(decoding: $0, as: UTF8.self) }
    }

    @Test func aPlainEnvironmentGainsFiveVariables() {
        #expect(
            Self.environment(["PATH=/bin", "HOME=/root"]) == [
                "PATH=/bin", "HOME=/root", "LD_LIBRARY_PATH=/opt/probe/lib/cardlink-probe",
                "LD_AUDIT=/opt/probe/lib/cardlink-probe/libpcsclite-audit.so",
                "LIBPCSCLITE_DELEGATE=/opt/probe/lib/cardlink-probe/libpcsclite.so.1", "CARDLINK_RECEIVER=/run/r.sock",
                "CARDLINK_EVENTS=/run/e.sock",
            ])
    }

    @Test(arguments: [
        ("LD_LIBRARY_PATH=/a:/b", "LD_LIBRARY_PATH=/opt/probe/lib/cardlink-probe:/a:/b"),
        ("LD_LIBRARY_PATH=", "LD_LIBRARY_PATH=/opt/probe/lib/cardlink-probe"),
        ("LD_LIBRARY_PATH=:/a", "LD_LIBRARY_PATH=/opt/probe/lib/cardlink-probe::/a"),
        ("LD_AUDIT=/x.so", "LD_AUDIT=/opt/probe/lib/cardlink-probe/libpcsclite-audit.so:/x.so"),
    ])
    func whatIsThereStaysBehindTheShim(before: String, after: String) {
        #expect(Self.environment([before]).first == after)
    }

    @Test func aRunInARunAddsNothingTwice() {
        let once = Self.environment(["LD_LIBRARY_PATH=/a"])
        #expect(Self.environment(once) == once)
    }

    /// What a run around this one asked for is not meant for this one's receiver.
    @Test(arguments: [
        (Redaction.Level.standard, nil), (.capture, "CARDLINK_CAPTURE=commands"),
        (.captureFiles, "CARDLINK_CAPTURE=files"),
    ])
    func theLevelIsThisRuns(level: Redaction.Level, entry: String?) {
        for before in [[], ["CARDLINK_CAPTURE=files"], ["CARDLINK_CAPTURE=commands"]] {
            let entries = TapEnvironment(
                before.map { Array($0.utf8) }, shim: Self.shim, receiverSocket: "/run/r.sock",
                eventSocket: "/run/e.sock",
                level: level
            ).entries.map { String(decoding: $0, as: UTF8.self) }
            #expect(entries.filter { $0.hasPrefix("CARDLINK_CAPTURE") } == (entry.map { [$0] } ?? []))
        }
    }

    @Test func eventsGoWhereTheCallerSays() {
        #expect(Self.environment(["CARDLINK_EVENTS=/mine"]).first == "CARDLINK_EVENTS=/mine")
        #expect(Self.environment(["CARDLINK_EVENTS="]).first == "CARDLINK_EVENTS=/run/e.sock")
    }

    @Test func aDelegateOfTheUsersComesBehindTheShim() {
        let entries = Self.environment(["LIBPCSCLITE_DELEGATE=/opt/spy/libpcscspy.so.0"])
        #expect(entries.contains("CARDLINK_PCSC_LIBRARY=/opt/spy/libpcscspy.so.0"))
        #expect(entries.first == "LIBPCSCLITE_DELEGATE=/opt/probe/lib/cardlink-probe/libpcsclite.so.1")
        let named = Self.environment(["CARDLINK_PCSC_LIBRARY=/mine.so", "LIBPCSCLITE_DELEGATE=/other.so"])
        #expect(named.first == "CARDLINK_PCSC_LIBRARY=/mine.so")
    }
}

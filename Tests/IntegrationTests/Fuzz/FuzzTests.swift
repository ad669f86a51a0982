import TestSupport
import Testing

/// The decoders and what the shim lets out, under libFuzzer: first the inputs of `Tests/Fuzz/Corpus`, then new ones.
@Suite(.serialized) struct FuzzTests {
    /// Whatever a card, a terminal, a tester, a modem, an adb server, a program with the shim, a probe or a file gives is a
    /// value or an error, and what is told of it adds up.
    @Test(arguments: [
        "TLV", "Toolkit", "SecuredPackets", "APDU", "ATLines", "ADB", "ESIM", "EventLines", "Captures", "Ring", "Logs",
        "JUnit", "Configuration", "WebConfigs", "Scripts", "MetricPages",
    ])
    func anyBytesAreTaken(harness: String) throws {
        try Fuzzer(swift: harness).run(with: harness)
    }

    /// What the shim keeps is what the list allows.
    @Test func nothingElseLeaves() throws {
        try Fuzzer(c: "allow.c").run(with: "Exchange")
    }

    /// The shim keeps what `Redaction` keeps.
    @Test func twinsAgree() throws {
        try Fuzzer(c: "allow.c", twin: "Twin").run(with: "Exchange")
    }
}

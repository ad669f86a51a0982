import TestSupport
import Testing

/// The example of the documentation does what its text says.
@Suite struct DocumentationExampleTests {
    @Test func exchangesAreDescribed() {
        var line = ExchangeLine()
        #expect(
            line.describe(command: hex("00 A4 00 04 02 3F 00"), response: hex("6A 82"))
                == "SELECT of 2 bytes: 6A82, file or application not found")
        #expect(
            line.describe(command: hex("00 20 00 01 08 31 32 33 34 FF FF FF FF"), response: hex("63 C2"))
                == "VERIFY of 8 bytes: 63C2, verification failed, tries left; or internal retries; "
                + "shown: [0, 32, 0, 1, 8, 0, 0, 0, 0, 0, 0, 0, 0]")
        // The same bytes are another command once an application of another maker than 3GPP's was selected.
        #expect(line.describe(command: hex("80 CB 00 00 00"), response: hex("90 00")).hasPrefix("RETRIEVE DATA of"))
        _ = line.describe(command: hex("00 A4 04 00 05 A0 00 00 01 51"), response: hex("90 00"))
        #expect(line.describe(command: hex("80 CB 00 00 00"), response: hex("90 00")).hasPrefix("GET DATA of"))
        #expect(line.describe(command: [], response: []) == "MALFORMED: no status word")
    }
}

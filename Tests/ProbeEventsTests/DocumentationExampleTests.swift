import Testing

/// The example of the documentation does what its text says.
@Suite struct DocumentationExampleTests {
    @Test func commandsAreCountedAndOtherLinesExplained() {
        let sink = CommandsByProgram()
        let lines = EventLineTests.rows.map(\.line) + [EventLineTests.rows[0].line, #"{"v":2}"#, "[]"]
        #expect(
            tellEvents(of: lines.joined(separator: "\n"), to: sink)
                == ["event version 2; this program reads version 1", "not a JSON object"])
        #expect(sink.snapshot == ["opensc-tool": 4])
    }
}

import ProbeEvents
import SmartCard
import Testing

/// Rules of what a tester means to see.
@Suite struct ExpectedOutcomeTests {
    @Test(
        arguments: [
            ("VERIFY=63CX", "VERIFY", 0x63C2, "VERIFY=63CX"),
            (" verify = 63cx ", "VERIFY", 0x63C0, "VERIFY=63CX"),
            ("READ BINARY=6982", "READ BINARY", 0x6982, "READ BINARY=6982"),
            ("SELECT=not_found", "SELECT", 0x6A82, "SELECT=not_found"),
            ("select=NOT_FOUND", "SELECT", 0x6A83, "SELECT=not_found"),
            ("*=6XXX", "GET DATA", 0x6A88, "*=6XXX"),
            ("OTHER=XXXX", "OTHER", 0x6D00, "OTHER=XXXX"),
        ])
    func meets(rule: String, name: String, statusWord: Int, written: String) throws {
        let expected = try ExpectedOutcome(rule)
        let command = try #require(CommandName(named: name))
        let word = StatusWord(UInt16(statusWord))
        let error = try #require(word.errorType(command: command, cla: 0))
        #expect(expected.matches(command, word, error))
        #expect(expected.description == written)
        #expect(try ExpectedOutcome(written) == expected)
    }

    @Test(arguments: [
        ("VERIFY=63CX", "VERIFY", 0x6983), ("VERIFY=63CX", "CHANGE PIN", 0x63C2), ("VERIFY=6A88", "VERIFY", 0x6A86),
        ("SELECT=not_found", "SELECT", 0x6D00), ("*=63CX", "VERIFY", 0x6300),
    ])
    func passesOver(rule: String, name: String, statusWord: Int) throws {
        let word = StatusWord(UInt16(statusWord))
        let command = CommandName(named: name) ?? .other
        let error = try #require(word.errorType(command: command, cla: 0))
        #expect(try !ExpectedOutcome(rule).matches(command, word, error))
    }

    /// One without a status word is met by its kind alone.
    @Test func withoutAnAnswer() throws {
        #expect(try ExpectedOutcome("*=card_removed").matches(.select, nil, .cardRemoved))
        #expect(try !ExpectedOutcome("*=XXXX").matches(.select, nil, .cardRemoved))
    }

    @Test(
        arguments: [
            ("", .form), ("VERIFY", .form), ("VERIFY=", .form), ("=63CX", .form), ("VERIFY=63C1=2", .form),
            ("VERIFI=63CX", .command("VERIFI")), ("VERIFY=63C", .outcome("63C")), ("VERIFY=63CXX", .outcome("63CXX")),
            ("VERIFY=63G1", .outcome("63G1")), ("VERIFY=refused", .outcome("refused")),
            ("VERIFY=９000", .outcome("９000")), ("SELECT=9000", .success(StatusWord(0x9000))),
            ("SELECT=6C10", .success(StatusWord(0x6C10))),
        ] as [(String, ExpectedOutcome.Fault)])
    func whatIsNoRule(text: String, fault: ExpectedOutcome.Fault) {
        #expect(throws: fault) { try ExpectedOutcome(text) }
    }
}

import Testing

@testable import BenchSimulator

@Suite struct CommandPatternTests {
    @Test(arguments: [
        ("00A4", "00A4000C022FE2", true), ("00 A4 ?? 0C", "00A4040C022FE2", true), ("00A404", "00A4000C022FE2", false),
        ("??", "80", true), ("00A4000C02", "00A4000C", false),
    ])
    func bytesMatchFromTheStart(_ pattern: String, _ command: String, _ matches: Bool) throws {
        let pattern = try #require(CommandPattern(hexadecimal: pattern))
        #expect(pattern.matches(bytes(hexadecimal: command) ?? []) == matches)
    }

    @Test(arguments: ["", "0", "0?", "XY", "00A", "0x00"])
    func noPatternIn(_ text: String) {
        #expect(CommandPattern(hexadecimal: text) == nil)
    }

    @Test(arguments: [
        ("READ BINARY", "00B0000000", true), ("read binary", "00B0000000", true), ("READ BINARY", "00B2010400", false),
        ("ENVELOPE", "80C2000000", true), ("SELECT", "A0A40000023F00", true), ("SELECT", "00", false),
    ])
    func namesMatchByTheCommandTable(_ name: String, _ command: String, _ matches: Bool) throws {
        let pattern = try #require(CommandPattern(commandName: name))
        #expect(pattern.matches(bytes(hexadecimal: command) ?? []) == matches)
    }

    @Test(arguments: CommandPattern.commandNames)
    func everyNameOfTheTableIsTaken(_ name: String) {
        #expect(CommandPattern(commandName: name) != nil)
    }
}

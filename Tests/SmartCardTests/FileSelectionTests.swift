import SmartCard
import TestSupport
import Testing

/// Which file a command works on, and when nobody can tell.
@Suite struct FileSelectionTests {
    struct Row: CustomTestStringConvertible, Sendable {
        var what: String
        /// Commands and their responses; that of the last one is what is asked about.
        var exchanges: [(String, String)]
        var target: FileSelection.Target
        var testDescription: String { what }
    }

    static let usim = ("00 A4 04 04 07 A0 00 00 00 87 10 02", "61 20")
    static let read = ("00 B0 00 00 0A", "90 00")

    static func file(_ identifier: UInt16) -> FileSelection.Target { .file(CardFile(identifier)) }

    static let rows = [
        Row(what: "nothing selected", exchanges: [read], target: .unknown),
        Row(what: "by identifier", exchanges: [("00 A4 00 04 02 2F E2", "61 1E"), read], target: file(0x2FE2)),
        Row(
            what: "by identifier, case 4", exchanges: [("00 A4 00 04 02 6F 07 00", "62 00 90 00"), read],
            target: file(0x6F07)),
        Row(what: "with a warning", exchanges: [("00 A4 00 0C 02 6F 07", "62 83"), read], target: file(0x6F07)),
        Row(
            what: "class A0", exchanges: [("A0 A4 00 00 02 6F 07", "9F 0F"), ("A0 B0 00 00 09", "90 00")],
            target: file(0x6F07)),
        Row(
            what: "by path from MF", exchanges: [("00 A4 08 04 04 7F FF 6F 07", "61 20"), read], target: file(0x6F07)),
        Row(
            what: "by path from the current directory",
            exchanges: [usim, ("00 A4 09 04 02 6F 40", "61 20"), ("00 B2 01 04 1C", "90 00")],
            target: file(0x6F40)),
        Row(
            what: "under the current directory", exchanges: [("00 A4 02 0C 02 6F 46", "90 00"), read],
            target: file(0x6F46)),
        Row(
            what: "a directory",
            exchanges: [("00 A4 00 04 02 2F E2", "61 1E"), ("00 A4 00 04 02 7F 10", "61 20"), read], target: .unknown),
        Row(what: "an application", exchanges: [("00 A4 00 04 02 2F E2", "61 1E"), usim, read], target: .unknown),
        Row(
            what: "the parent", exchanges: [("00 A4 00 04 02 2F E2", "61 1E"), ("00 A4 03 04 00", "61 20"), read],
            target: .unknown),
        Row(
            what: "half an identifier",
            exchanges: [("00 A4 00 04 02 2F E2", "61 1E"), ("00 A4 00 04 01 2F", "90 00"), read], target: .unknown),
        Row(
            what: "a SELECT that failed",
            exchanges: [("00 A4 00 04 02 2F E2", "61 1E"), ("00 A4 00 04 02 6F 07", "6A 82"), read], target: .unknown),
        Row(
            what: "a transmission that failed",
            exchanges: [("00 A4 00 04 02 2F E2", "61 1E"), ("00 C0 00 00 1E", ""), read], target: .unknown),
        Row(
            what: "secure messaging",
            exchanges: [("00 A4 00 04 02 2F E2", "61 1E"), ("0C A4 00 04 02 6F 07", "90 00"), read], target: .unknown),
        Row(
            what: "a command nobody knows",
            exchanges: [("00 A4 00 04 02 2F E2", "61 1E"), ("00 5A 00 00 00", "90 00"), read], target: .unknown),
        Row(
            what: "a command that cannot be read",
            exchanges: [("00 A4 00 04 02 2F E2", "61 1E"), ("00 A4 00 04 05 6F", "90 00"), read], target: .unknown),
        Row(
            what: "SELECT in a class that has none",
            exchanges: [("00 A4 00 04 02 2F E2", "61 1E"), ("80 A4 00 04 02 6F 46", "90 00"), read], target: .unknown),
        Row(
            what: "a file created",
            exchanges: [("00 A4 00 04 02 2F E2", "61 1E"), ("00 E0 00 00 01 62", "90 00"), read], target: .unknown),
        Row(
            what: "a reader's escape",
            exchanges: [("00 A4 00 04 02 2F E2", "61 1E"), ("FF 00 00 00 01 D4", "90 00"), read], target: .unknown),
        Row(
            what: "GET RESPONSE in between",
            exchanges: [("00 A4 00 04 02 2F E2", "61 1E"), ("00 C0 00 00 1E", "62 00 90 00"), read],
            target: file(0x2FE2)),
        Row(
            what: "STATUS in between",
            exchanges: [("00 A4 00 04 02 2F E2", "61 1E"), ("80 F2 00 00 00", "90 00"), read], target: file(0x2FE2)),
        Row(
            what: "another channel",
            exchanges: [("00 A4 00 04 02 2F E2", "61 1E"), ("01 A4 00 04 02 6F 46", "61 1E"), read],
            target: file(0x2FE2)),
        Row(
            what: "on another channel", exchanges: [("41 A4 00 04 02 6F 07", "61 1E"), ("41 B0 00 00 09", "90 00")],
            target: file(0x6F07)),
        Row(
            what: "on one that was closed",
            exchanges: [("01 A4 00 04 02 6F 07", "61 1E"), ("00 70 80 01", "90 00"), ("01 B0 00 00 09", "90 00")],
            target: .unknown),
        Row(
            what: "on one that was opened",
            exchanges: [
                ("01 A4 00 04 02 6F 07", "61 1E"), ("00 70 00 00 01", "01 90 00"), ("01 B0 00 00 09", "90 00"),
            ], target: .unknown),
        Row(
            what: "short identifier in MF",
            exchanges: [("00 A4 00 04 02 3F 00", "61 1E"), ("00 B0 82 00 0A", "90 00")], target: file(0x2FE2)),
        Row(what: "short identifier in USIM", exchanges: [usim, ("00 B0 87 00 09", "90 00")], target: file(0x6F07)),
        Row(what: "and the file stays", exchanges: [usim, ("00 B0 87 00 09", "90 00"), read], target: file(0x6F07)),
        Row(what: "unless that failed", exchanges: [usim, ("00 B0 87 00 09", "69 82"), read], target: .unknown),
        Row(
            what: "short identifier of a record",
            exchanges: [("00 A4 00 04 02 3F 00", "61 1E"), ("00 B2 01 F4 26", "90 00")], target: file(0x2F00)),
        Row(what: "one that the table has not", exchanges: [usim, ("00 B0 99 00 09", "90 00")], target: .unknown),
        Row(
            what: "one elsewhere", exchanges: [("00 A4 00 04 02 7F 10", "61 1E"), ("00 B0 87 00 09", "90 00")],
            target: .unknown),
        Row(
            what: "and then nothing is",
            exchanges: [
                ("00 A4 00 04 02 7F 10", "61 1E"), ("00 A4 02 04 02 6F 3A", "61 1E"), ("00 B2 01 3C 09", "90 00"),
                ("00 B2 01 04 09", "90 00"),
            ], target: .unknown),
        Row(
            what: "odd instruction, by identifier", exchanges: [("00 B1 6F 07 02 54 00", "90 00")], target: file(0x6F07)
        ),
        Row(
            what: "odd instruction, current file",
            exchanges: [("00 A4 00 04 02 2F E2", "61 1E"), ("00 B1 00 00 02 54 00", "90 00")], target: file(0x2FE2)),
        Row(
            what: "RETRIEVE DATA", exchanges: [("00 A4 00 04 02 6F 07", "61 1E"), ("80 CB 80 00 01 5A", "90 00")],
            target: file(0x6F07)),
        Row(what: "GET DATA, which is no file", exchanges: [("80 CA 00 5A 00", "90 00")], target: .none),
        Row(what: "a block of a storage card", exchanges: [("FF B0 00 04 10", "90 00")], target: .none),
        Row(what: "SELECT itself", exchanges: [("00 A4 00 04 02 2F E2", "61 1E")], target: .none),
    ]

    @Test(arguments: rows)
    func follows(row: Row) {
        var selection = FileSelection()
        var target = FileSelection.Target.none
        for (command, response) in row.exchanges {
            target = selection.observe(command: hex(command), response: hex(response))
        }
        #expect(target == row.target)
    }

    @Test func forgetsAll() {
        var selection = FileSelection()
        _ = selection.observe(command: hex("00 A4 00 04 02 2F E2"), response: hex("61 1E"))
        selection.forget()
        #expect(selection.observe(command: hex("00 B0 00 00 0A"), response: hex("90 00")) == .unknown)
        #expect(selection == FileSelection())
    }

    @Test func anyBytesHaveAnAnswer() {
        var random = SeededGenerator(seed: 11)
        var selection = FileSelection()
        for _ in 0..<randomRounds {
            var command = random.bytes(0...12)
            if command.count > 1, Bool.random(using: &random) {
                command[1] = [0xA4, 0xB0, 0xB2, 0x70, 0xCB, 0xB1].randomElement(using: &random) ?? 0
            }
            _ = selection.observe(command: command, response: random.bytes(0...4))
        }
    }
}

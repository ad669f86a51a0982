import Testing

@testable import Taps

@Suite struct LineSplitterTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var chunks: [String]
        var lines: [String]
        var last: String?

        var testDescription: String { chunks.joined(separator: "|") }
    }

    /// Lines of at most 5 bytes; `#` stands for one that was too long.
    @Test(arguments: [
        Row(chunks: [], lines: [], last: nil),
        Row(chunks: [""], lines: [], last: nil),
        Row(chunks: ["a\n"], lines: ["a"], last: nil),
        Row(chunks: ["a\nb"], lines: ["a"], last: "b"),
        Row(chunks: ["\n\n"], lines: ["", ""], last: nil),
        Row(chunks: ["ab", "cd", "\n", "e"], lines: ["abcd"], last: "e"),
        Row(chunks: ["12345\n123456\n1\n"], lines: ["12345", "#", "1"], last: nil),
        Row(chunks: ["123", "456", "789", "\n1\n"], lines: ["#", "1"], last: nil),
        Row(chunks: ["123456"], lines: [], last: "#"),
        Row(chunks: ["123456", "\n"], lines: ["#"], last: nil),
        Row(chunks: ["\u{0}a\n"], lines: ["\u{0}a"], last: nil),
    ])
    func cuts(_ row: Row) {
        var splitter = LineSplitter(longestBytes: 5)
        let lines = row.chunks.flatMap { splitter.received(Array($0.utf8)) }
        #expect(lines.map(show) == row.lines)
        #expect(splitter.ended().map(show) == row.last)
        #expect(splitter.ended() == nil)
    }

    private func show(_ piece: LineSplitter.Piece) -> String {
        switch piece {
        case .line(let bytes): String(decoding: bytes, as: UTF8.self)
        case .tooLong: "#"
        }
    }
}

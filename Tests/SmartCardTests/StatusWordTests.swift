import Testing

@testable import SmartCard

@Suite struct StatusWordTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let word: UInt16
        let cla: UInt8
        let label: String
        let category: StatusWordCategory
        let success: Bool
        let error: String?

        init(
            _ word: UInt16, cla: UInt8 = 0x00, _ label: String, _ category: StatusWordCategory, _ success: Bool,
            _ error: String? = nil
        ) {
            (self.word, self.cla, self.label) = (word, cla, label)
            (self.category, self.success, self.error) = (category, success, error)
        }

        var testDescription: String { "\(StatusWord(word)) under \(String(cla, radix: 16))" }
    }

    static let rows: [Row] = [
        Row(0x9000, "9000", .success, true),
        Row(0x9001, "OTHER", .error, false, "other"),
        Row(0x9100, cla: 0x80, "91XX", .success, true), Row(0x91FF, cla: 0x00, "91XX", .success, true),
        Row(0x9130, cla: 0xA0, "91XX", .success, true),
        Row(0x91AE, cla: 0x90, "91XX", .error, false, "security"),
        Row(0x911C, cla: 0x90, "91XX", .error, false, "not_supported"),
        Row(0x9100, cla: 0x90, "91XX", .warning, false), Row(0x91AF, cla: 0x90, "91XX", .warning, false),
        Row(0x9177, cla: 0x90, "91XX", .error, false, "other"), Row(0x91A0, cla: 0x91, "91XX", .success, true),
        Row(0x9200, "92XX", .success, true), Row(0x920F, cla: 0xA0, "92XX", .success, true),
        Row(0x9240, cla: 0xA0, "9240", .error, false, "memory"), Row(0x9240, cla: 0x00, "92XX", .warning, false),
        Row(0x9210, cla: 0xA0, "92XX", .error, false, "memory"),
        Row(0x9300, "9300", .retry, false), Row(0x9301, "OTHER", .error, false, "other"),
        Row(0x6100, "61XX", .continued, true), Row(0x61FF, "61XX", .continued, true),
        Row(0x9F00, cla: 0xA0, "9FXX", .continued, true), Row(0x9E10, cla: 0xA0, "9EXX", .warning, false, "other"),
        Row(0x6C00, "6CXX", .retry, false), Row(0x6C1A, "6CXX", .retry, false),
        Row(0x6200, "62XX", .warning, true), Row(0x6281, "6281", .warning, true), Row(0x6282, "6282", .warning, true),
        Row(0x6283, "6283", .warning, true), Row(0x6284, "6284", .warning, true), Row(0x6285, "62XX", .warning, true),
        Row(0x62F1, "62XX", .warning, true), Row(0x62F2, "62XX", .warning, true), Row(0x62F3, "62XX", .warning, true),
        Row(0x6300, "6300", .warning, false, "security"), Row(0x6310, "6310", .continued, true),
        Row(0x6311, "63XX", .warning, false, "other"),
        Row(0x63C0, "63CX", .warning, false, "pin_blocked"), Row(0x63C3, "63CX", .warning, false, "security"),
        Row(0x63CF, "63CX", .warning, false, "security"), Row(0x63F1, "63XX", .warning, false),
        Row(0x63F2, "63XX", .warning, false),
        Row(0x6400, "64XX", .error, false, "card_internal"), Row(0x6401, "64XX", .error, false, "card_internal"),
        Row(0x6500, "65XX", .error, false, "card_internal"), Row(0x6581, "6581", .error, false, "memory"),
        Row(0x6700, "6700", .error, false, "wrong_length"), Row(0x6701, "67XX", .error, false, "wrong_length"),
        Row(0x6800, "68XX", .error, false, "not_supported"), Row(0x6881, "68XX", .error, false, "not_supported"),
        Row(0x6882, "68XX", .error, false, "not_supported"), Row(0x6883, "68XX", .error, false, "conditions"),
        Row(0x6884, "68XX", .error, false, "not_supported"),
        Row(0x6900, "6900", .error, false, "conditions"), Row(0x6901, "69XX", .error, false, "conditions"),
        Row(0x6981, "6981", .error, false, "conditions"), Row(0x6982, "6982", .error, false, "security"),
        Row(0x6983, "6983", .error, false, "pin_blocked"), Row(0x6984, "6984", .error, false, "conditions"),
        Row(0x6985, "6985", .error, false, "conditions"), Row(0x6986, "6986", .error, false, "conditions"),
        Row(0x6987, "69XX", .error, false, "security"), Row(0x6988, "69XX", .error, false, "security"),
        Row(0x6989, "6989", .error, false, "security"),
        Row(0x6A80, "6A80", .error, false, "malformed"), Row(0x6A81, "6A81", .error, false, "not_supported"),
        Row(0x6A82, "6A82", .error, false, "not_found"), Row(0x6A83, "6A83", .error, false, "not_found"),
        Row(0x6A84, "6A84", .error, false, "memory"), Row(0x6A85, "6AXX", .error, false, "other"),
        Row(0x6A86, "6A86", .error, false, "malformed"), Row(0x6A87, "6A87", .error, false, "wrong_length"),
        Row(0x6A88, "6A88", .error, false, "not_found"), Row(0x6A89, "6AXX", .error, false, "conditions"),
        Row(0x6A8A, "6AXX", .error, false, "conditions"),
        Row(0x6B00, "6B00", .error, false, "malformed"), Row(0x6B01, "6BXX", .error, false, "malformed"),
        Row(0x6D00, "6D00", .error, false, "not_supported"), Row(0x6D01, "6DXX", .error, false, "not_supported"),
        Row(0x6E00, "6E00", .error, false, "not_supported"), Row(0x6E01, "6EXX", .error, false, "not_supported"),
        Row(0x6F00, "6F00", .error, false, "card_internal"), Row(0x6F01, "6FXX", .error, false, "card_internal"),
        Row(0x9400, cla: 0xA0, "9400", .error, false, "conditions"),
        Row(0x9402, cla: 0xA0, "9402", .error, false, "not_found"),
        Row(0x9404, cla: 0xA0, "9404", .error, false, "not_found"),
        Row(0x9408, cla: 0xA0, "9408", .error, false, "conditions"),
        Row(0x9484, "94XX", .error, false, "not_supported"), Row(0x9485, "94XX", .error, false, "security"),
        Row(0x9802, cla: 0xA0, "9802", .error, false, "security"),
        Row(0x9804, cla: 0xA0, "9804", .error, false, "security"),
        Row(0x9808, "98XX", .error, false, "conditions"), Row(0x9810, "98XX", .error, false, "conditions"),
        Row(0x9840, cla: 0xA0, "9840", .error, false, "pin_blocked"), Row(0x9850, "9850", .error, false, "conditions"),
        Row(0x9862, "9862", .error, false, "security"), Row(0x9863, "9863", .error, false, "security"),
        Row(0x9864, "9864", .error, false, "conditions"), Row(0x9865, "98XX", .error, false, "security"),
        Row(0x9867, "98XX", .error, false, "security"), Row(0x9899, "98XX", .error, false, "security"),
        Row(0x0000, "OTHER", .error, false, "other"), Row(0xFFFF, "OTHER", .error, false, "other"),
        Row(0x6000, "OTHER", .error, false, "other"), Row(0x6600, "OTHER", .error, false, "other"),
        Row(0x6300, cla: 0x80, "6300", .warning, false, "security"),
    ]

    @Test(arguments: rows)
    func rowOfTheReference(_ row: Row) {
        let word = StatusWord(row.word)
        #expect(word.label(cla: row.cla).name == row.label)
        #expect(word.category(cla: row.cla) == row.category)
        #expect(word.isSuccess(cla: row.cla) == row.success)
        #expect(word.errorType(command: .select, cla: row.cla)?.name == row.error)
        #expect(word.meaning(cla: row.cla).isEmpty == false)
        #expect((word.meaning(cla: row.cla) == "unknown status word") == (row.label == "OTHER"))
    }

    /// One look-up says what three say, also where the command counts.
    @Test(arguments: [UInt8(0x00), 0x80, 0x90, 0xA0])
    func readings(_ cla: UInt8) throws {
        let lookup = StatusWordLookup.shared
        for command in [CommandName.select, try #require(CommandName(named: "UPDATE BINARY"))] {
            for value in UInt16.min...UInt16.max {
                let word = StatusWord(value)
                let reading = lookup.reading(word, command: command, cla: cla)
                guard
                    reading.label == lookup.label(word, cla: cla),
                    reading.isSuccess == lookup.isSuccess(word, cla: cla),
                    reading.errorType == lookup.errorType(word, command: command, cla: cla)
                else {
                    Issue.record("\(word) after \(command): \(reading)")
                    return
                }
            }
        }
    }

    /// The labels with fixed digits, and the known SW1, as the contract and the reference list them.
    private static let fixed = Set(
        """
        9000 9300 6281 6282 6283 6284 6300 6310 6581 6700 6900 6981 6982 6983 6984 6985 6986 6989 6A80 6A81 6A82 6A83
        6A84 6A86 6A87 6A88 6B00 6D00 6E00 6F00 9400 9402 9404 9408 9802 9804 9840 9850 9862 9863 9864
        """.split { $0 == " " || $0 == "\n" }.map(String.init))
    private static let known = Set(
        "61 62 63 64 65 67 68 69 6A 6B 6C 6D 6E 6F 91 92 94 98 9E 9F".split(separator: " ").map(String.init))

    /// Every status word in every dialect, against the rule in words.
    @Test(arguments: [UInt8(0x00), 0x80, 0x90, 0xA0, 0xFF])
    func folding(_ cla: UInt8) {
        for value in UInt16.min...UInt16.max {
            let word = StatusWord(value)
            let digits = word.description
            let expected =
                switch digits {
                case _ where Self.fixed.contains(digits): digits
                case "9240" where cla == 0xA0: digits
                case _ where digits.hasPrefix("63C"): "63CX"
                case _ where Self.known.contains(String(digits.prefix(2))): String(digits.prefix(2)) + "XX"
                default: "OTHER"
                }
            #expect(word.label(cla: cla).name == expected)
        }
    }

    /// Every status word in every dialect, against the contract's rule for `success` and `errors_total`.
    @Test(arguments: [UInt8(0x00), 0x80, 0x90, 0xA0])
    func successAndErrors(_ cla: UInt8) {
        for value in UInt16.min...UInt16.max {
            let word = StatusWord(value)
            let success =
                switch (word.sw1, word.sw2) {
                case (0x90, 0x00), (0x61, _), (0x9F, _), (0x92, 0x00...0x0F), (0x62, _), (0x63, 0x10): true
                case (0x91, _): cla != 0x90
                default: false
                }
            #expect(word.isSuccess(cla: cla) == success)
            let error = word.errorType(command: .select, cla: cla)
            if success || word.sw1 == 0x6C || value == 0x9300 { #expect(error == nil) }
            if word.category(cla: cla) == .error { #expect(error != nil) }
        }
    }

    @Test func theCounterMeansTriesOrRetries() {
        let word = StatusWord(0x63C2)
        for name in ["VERIFY", "CHANGE PIN", "UNBLOCK PIN", "EXTERNAL AUTHENTICATE", "OTHER", "VERIFY CHV"] {
            #expect(CommandName(named: name).map { word.errorType(command: $0, cla: 0) } == .security)
            #expect(CommandName(named: name).map { StatusWord(0x63C0).errorType(command: $0, cla: 0) } == .pinBlocked)
        }
        for name in ["UPDATE BINARY", "UPDATE RECORD", "WRITE BINARY", "APPEND RECORD", "INCREASE", "PUT DATA"] {
            #expect(CommandName(named: name).map { word.errorType(command: $0, cla: 0) } == .memory)
            #expect(CommandName(named: name).map { StatusWord(0x63C0).errorType(command: $0, cla: 0) } == .memory)
        }
    }

    @Test func triesLeft() {
        #expect(StatusWord(0x63C3).triesLeft == 3)
        #expect(StatusWord(0x63C0).triesLeft == 0)
        #expect(StatusWord(0x6983).triesLeft == 0)
        #expect(StatusWord(0x9840).triesLeft == 0)
        #expect(StatusWord(0x9804).triesLeft == nil)
        #expect(StatusWord(0x6300).triesLeft == nil)
    }

    @Test func pendingProactiveCommand() {
        #expect(StatusWord(0x911A).pendingProactiveCommand(cla: 0x80) == 26)
        #expect(StatusWord(0x9100).pendingProactiveCommand(cla: 0xA0) == 256)
        #expect(StatusWord(0x91AF).pendingProactiveCommand(cla: 0x90) == nil)
        #expect(StatusWord(0x9000).pendingProactiveCommand(cla: 0x80) == nil)
    }

    @Test func labelsAreDenseAndUnique() {
        #expect(StatusWordLabel.all.map(\.index) == Array(0..<StatusWordLabel.count))
        #expect(Set(StatusWordLabel.all.map(\.name)).count == StatusWordLabel.count)
        #expect(StatusWordLabel.count <= 70)
        #expect(StatusWordLabel.other.name == "OTHER")
        #expect(StatusWordLabel(named: "6A82") == StatusWord(0x6A82).label)
        #expect(StatusWordLabel(named: "6a82") == nil)
        #expect(StatusWordLabel(index: StatusWordLabel.count) == nil)
        #expect(StatusWordLabel.all.allSatisfy { $0.name == $0.name.uppercased() })
    }

    @Test func errorTypesAreTheClosedList() {
        let list = """
            not_found not_supported wrong_length security pin_blocked conditions memory card_internal malformed transport \
            card_removed timeout other
            """
        #expect(APDUErrorType.allCases.map(\.name) == list.split(separator: " ").map(String.init))
        #expect(APDUErrorType.allCases.map { Int($0.rawValue) } == Array(0..<13))
        #expect(StatusWordCategory.allCases.map(\.name) == ["success", "continued", "warning", "retry", "error"])
    }
}

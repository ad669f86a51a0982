import Foundation
import Logging
import TestSupport
import Testing

@testable import Observability

/// Records as lines.
@Suite struct LogLineTests {
    private static func json(_ record: LogRecord) -> String {
        var line: [UInt8] = []
        LogJSON.append(record, to: &line)
        return String(decoding: line, as: UTF8.self)
    }

    private static func text(_ record: LogRecord, _ shape: LogText = LogText()) -> String {
        var line: [UInt8] = []
        shape.append(record, to: &line)
        return String(decoding: line, as: UTF8.self)
    }

    private static let span = SpanContext(
        traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".utf8)

    @Test func aLineOfJSONHasItsKeysInOrder() {
        var record = LogRecord.saying(
            "card inserted", level: .notice,
            fields: [LogField("reader", .text("ACS ACR39U")), LogField("slot", .integer(0))])
        record.span = Self.span
        #expect(
            Self.json(record) == #"{"timestamp":"2025-01-31T23:59:59.123Z","level":"notice","#
                + #""logger":"cardlink-probe.serve","component":"serve","message":"card inserted","#
                + #""fields":{"reader":"ACS ACR39U","slot":0},"#
                + #""trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","span_id":"00f067aa0ba902b7"}"# + "\n")
        #expect(
            Self.json(.saying("")) == #"{"timestamp":"2025-01-31T23:59:59.123Z","level":"info","#
                + #""logger":"cardlink-probe.serve","component":"serve","message":""}"# + "\n")
    }

    private static let odd = [
        "", " ", "plain", "two\nlines\r\n", "tab\tand \"quotes\" and \\ and \\n", "\u{0}\u{1}\u{1F}\u{7F}",
        "\u{85}\u{9B}31m\u{9F}", "\u{1B}[31mred\u{1B}[0m", "\u{2028}\u{2029}\u{202E}evil\u{2066}\u{200F}\u{61C}",
        "Ä ß 漢字 👩‍👩‍👧‍👦 \u{10FFFF}", "\u{FEFF}\u{FFFD}\u{FFFE}", "</script>{}[],:", String(repeating: "x", count: 20_000),
        String(decoding: [0xFF, 0xC0, 0x80, 0xED, 0xA0, 0x80] as [UInt8], as: UTF8.self),
    ]

    /// json.loads gives back what was said, and no reader of Python's takes a line for two.
    @Test func pythonReadsWhatWasSaid() throws {
        var lines = ""
        var said: [String] = []
        for text in Self.odd {
            let values: [LogValue] = [
                .text(text), .list([.text(text), .flag(true), .map([LogField(text, .number(0.5))])]), .integer(.min),
                .integer(.max), .number(1e300), .number(-.infinity), .number(.nan), .list([]), .map([]),
            ]
            let fields = values.enumerated().map { LogField("\($0) \(text)", $1) }
            lines += Self.json(.saying(text, fields: fields))
            said.append(text)
        }
        let script = """
            import json, sys
            lines = sys.stdin.buffer.read().decode("utf-8").splitlines()
            read = [json.loads(line) for line in lines]
            for entry in read:
                text = entry["message"]
                fields = entry["fields"]
                assert list(entry) == ["timestamp", "level", "logger", "component", "message", "fields"], entry
                assert list(fields) == ["%d %s" % (n, text) for n in range(9)], fields
                assert list(fields.values()) == [
                    text, [text, True, {text: 0.5}], -2**63, 2**63 - 1, 1e300, "-inf", "nan", [], {}], fields
            json.dump([entry["message"] for entry in read], sys.stdout)
            """
        let end = try Command.run([Files.python, "-c", script], input: lines)
        #expect(end.errors == "")
        #expect(try JSONDecoder().decode([String].self, from: Data(end.output.utf8)) == said)
    }

    @Test(arguments: odd)
    func aLineForPeopleSteersNoTerminal(_ text: String) {
        for shape in [LogText(), LogText(programName: "x")] {
            let line = Self.text(.saying(text, fields: [LogField(text, .text(text))]), shape)
            let controls = line.dropLast().unicodeScalars.filter {
                $0.properties.generalCategory == .control || $0.properties.isBidiControl
                    || ["\u{2028}", "\u{2029}"].contains($0)
            }
            #expect(controls.isEmpty && line.hasSuffix("\n"))
        }
    }

    @Test func linesForPeople() {
        let fields = [
            LogField("reader", .text("ACS ACR39U")), LogField("slot", .integer(0)), LogField("empty", .text("")),
            LogField("word", .text("ä-1")), LogField("list", .list([.text("a"), .flag(false)])),
        ]
        var record = LogRecord.saying("card\ninserted", level: .warning, fields: fields)
        let end = #"card\ninserted reader="ACS ACR39U" slot=0 empty="" word=ä-1 list=["a",false]"#
        #expect(Self.text(record) == "2025-01-31T23:59:59.123Z warning  serve: \(end)\n")
        #expect(Self.text(record, LogText(programName: "probe")) == "probe: warning: \(end)\n")
        #expect(
            Self.text(record, LogText(programName: "probe", isColoured: true))
                == "probe: \u{1B}[33mwarning\u{1B}[0m: \(end)\n")
        record.level = .debug
        record.fields = []
        #expect(Self.text(record, LogText(programName: "probe")) == #"probe: debug: serve: card\ninserted"# + "\n")
        record.level = .info
        record.span = Self.span
        #expect(
            Self.text(record, LogText(programName: "probe"))
                == #"probe: card\ninserted trace_id=4bf92f3577b34da6a3ce929d0e0e4736 span_id=00f067aa0ba902b7"# + "\n")
        (record.component, record.logger, record.span) = (.program, "tester.db", nil)
        #expect(Self.text(record) == "2025-01-31T23:59:59.123Z info     tester.db: card\\ninserted\n")
        #expect(Self.text(record, LogText(programName: "probe")) == "probe: tester.db: card\\ninserted\n")
    }
}

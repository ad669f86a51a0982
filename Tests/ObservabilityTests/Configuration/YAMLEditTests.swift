import TestSupport
import Testing

@testable import Observability

/// Files as people write them, before and after.
struct YAMLEditTests {
    private static let table: [(before: String, key: String, values: [String], after: String)] = [
        ("", "metrics.port", ["1"], "metrics:\n  port: 1\n"),
        ("# nothing\n", "metrics.port", ["1"], "# nothing\nmetrics:\n  port: 1\n"),
        ("---\n# nothing", "metrics.port", ["1"], "---\n# nothing\nmetrics:\n  port: 1\n"),
        ("metrics:\n  port: 7816  # ours\n", "metrics.port", ["1"], "metrics:\n  port: 1  # ours\n"),
        ("metrics:\n  port: 7816", "metrics.port", ["10000"], "metrics:\n  port: 10000"),
        ("metrics:\r\n  port: 1\r\n", "metrics.path", ["/a"], "metrics:\r\n  port: 1\r\n  path: /a\r\n"),
        ("metrics:\r\n  port: 1 # a\r\n", "metrics.port", ["2"], "metrics:\r\n  port: 2 # a\r\n"),
        ("metrics: {port: 1, path: /a} # b\n", "metrics.port", ["2"], "metrics: {port: 2, path: /a} # b\n"),
        ("metrics: {port: 1, path: /a}\n", "metrics.path", ["/b c"], "metrics: {port: 1, path: '/b c'}\n"),
        ("metrics: {port: 1}\n", "metrics.path", ["/b"], "metrics: {path: /b, port: 1}\n"),
        ("metrics: {}\n", "metrics.path", ["/b"], "metrics: {path: /b}\n"),
        ("{metrics: {port: 1}}\n", "health.port", ["2"], "{health: {port: 2}, metrics: {port: 1}}\n"),
        ("metrics.port: 1\n", "metrics.port", ["2"], "metrics.port: 2\n"),
        ("metrics:\n", "metrics.port", ["2"], "metrics:\n  port: 2\n"),
        (
            "metrics: # all\nhealth: {port: 1}\n", "metrics.port", ["2"],
            "metrics: # all\n  port: 2\nhealth: {port: 1}\n"
        ),
        ("metrics: ~\n", "metrics.port", ["2"], "metrics: {port: 2}\n"),
        ("metrics:\n  port:\n  path: /a\n", "metrics.port", ["2"], "metrics:\n  port: 2\n  path: /a\n"),
        ("metrics:\n  port: ''\n", "metrics.port", ["2"], "metrics:\n  port: 2\n"),
        ("metrics:\n  path: 'it''s' # a\n", "metrics.path", ["/a#b"], "metrics:\n  path: '/a#b' # a\n"),
        ("metrics:\n  path: \"a\\\"b\" # a\n", "metrics.path", ["/a'b"], "metrics:\n  path: '/a''b' # a\n"),
        ("metrics:\n  path: /ü/é # a\n", "metrics.path", ["/ö"], "metrics:\n  path: '/ö' # a\n"),
        (
            "# top\nmetrics:\n  # the port\n  port: 1\n\n# below\nhealth:\n  port: 2\n", "metrics.path", ["/a"],
            "# top\nmetrics:\n  # the port\n  port: 1\n  path: /a\n\n# below\nhealth:\n  port: 2\n"
        ),
        (
            "metrics:\n    port: 1\n    listen_address:\n    - ':1' # one\n    - ':2'\nhealth:\n    port: 2\n",
            "metrics.path", ["/a"],
            "metrics:\n    port: 1\n    listen_address:\n    - ':1' # one\n    - ':2'\n    path: /a\nhealth:\n    port: 2\n"
        ),
        ("web: {host_names: a}\n", "web.host_names", ["b", "c"], "web: {host_names: [b, c]}\n"),
        ("web:\n  host_names: [a, 'b]'] # c\n", "web.host_names", ["d"], "web:\n  host_names: [d] # c\n"),
        ("web:\n  host_names: [a,\n    b]\n  x: 1\n", "web.host_names", ["d"], "web:\n  host_names: [d]\n  x: 1\n"),
        (
            "web:\n  host_names:\n    # first\n    - a # one\n    - b # two\n", "web.host_names", ["c", "d", "e"],
            "web:\n  host_names:\n    # first\n    - c # one\n    - d # two\n    - e\n"
        ),
        (
            "web:\n  host_names:\n  - a\n  - b\n  x: 1\n", "web.host_names", ["c"],
            "web:\n  host_names:\n  - c\n  x: 1\n"
        ),
        ("web:\n  host_names:\n", "web.host_names", ["[::1]"], "web:\n  host_names: ['[::1]']\n"),
        ("a:\n  b:\n    c: 1\n", "a.b.d", ["-1"], "a:\n  b:\n    c: 1\n    d: '-1'\n"),
        ("a:\n  x: 1\n", "a.b.d", ["null"], "a:\n  x: 1\n  b:\n    d: 'null'\n"),
        ("  a:\n    x: 1\n", "b.c", ["1"], "  a:\n    x: 1\n  b:\n    c: 1\n"),
        (
            "metrics:\n  port: 1\n  note: |\n    port: 3\n", "metrics.port", ["2"],
            "metrics:\n  port: 2\n  note: |\n    port: 3\n"
        ),
    ]

    @Test(arguments: table.indices)
    func onlyTheValueChanges(_ index: Int) throws {
        let row = Self.table[index]
        let isList = row.key == "web.host_names"
        let edited = try YAMLEdit(row.key, to: row.values, isList: isList).applied(to: row.before)
        #expect(edited == row.after, "row \(index)")
        // Once more says nothing new.
        #expect(try YAMLEdit(row.key, to: row.values, isList: isList).applied(to: edited) == edited)
    }

    @Test(
        arguments: [
            ("metrics:\n  path: |\n    /a\n", "metrics.path", 2), ("metrics:\n  path: /a\n    b\n", "metrics.path", 2),
            ("metrics:\n  path: \"/a\n    b\"\n", "metrics.path", 2),
            ("a: &x {port: 5}\nmetrics: *x\n", "metrics.port", 1),
            ("metrics:\n  path: &a /a\nhealth: *a\n", "metrics.path", 2),
            ("metrics:\n  path: !!str 1\n", "metrics.path", 2),
            ("metrics: 5\n", "metrics.port", 1), ("- a\n", "metrics.port", 1), ("a: 1\n...\n", "metrics.port", nil),
            ("metrics: {port: 1", "metrics.port", 2), ("web:\n  host_names: [a, # b\n    c]\n", "web.host_names", 2),
            ("metrics:\n  path: {a: b}\n", "metrics.path", 2),
        ] as [(String, String, Int?)])
    func whatIsNotUnderstoodStays(text: String, key: String, line: Int?) {
        let refusal = #expect(throws: YAMLEdit.Refusal.self) {
            try YAMLEdit(key, to: ["1"], isList: key == "web.host_names").applied(to: text)
        }
        #expect(refusal?.line == line)
    }

    /// Any text ends in an edit that says what it should, or in a refusal.
    @Test func hostileTextsEnd() {
        var generator = SeededGenerator(seed: 7)
        let parts = [
            "metrics", "port", ":", " ", "\n", "  ", "{", "}", "[", "]", "- ", "'", "\"", "#", "&a", "*a", "|", "1",
            "\t", "é", "\r",
        ]
        for _ in 0..<3_000 {
            let text = (0..<Int.random(in: 0..<14, using: &generator)).map { _ in
                parts.randomElement(using: &generator) ?? ""
            }.joined()
            guard let edited = try? YAMLEdit("metrics.port", to: ["7"], isList: false).applied(to: text) else {
                continue
            }
            // A line that ends in a carriage return alone is one to a parser only: what follows may be refused.
            let again = try? YAMLEdit("metrics.port", to: ["7"], isList: false).applied(to: edited)
            #expect(again == edited || again == nil && text.contains("\r"), "\(text.debugDescription)")
        }
    }
}

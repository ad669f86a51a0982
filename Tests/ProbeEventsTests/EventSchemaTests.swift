import Foundation
import ProbeEvents
import TestSupport
import Testing

/// The schema against the reader, judged by Python's `jsonschema`: what the one refuses the other refuses.
@Suite struct EventSchemaTests {
    /// Prints a digit for each line of standard input: whether the schema accepts it.
    private static let judge = """
        import json, sys
        from jsonschema import Draft202012Validator
        schema = json.load(open(sys.argv[1]))
        Draft202012Validator.check_schema(schema)
        validator = Draft202012Validator(schema)
        for line in sys.stdin:
            print(int(validator.is_valid(json.loads(line))), end='')
        """

    private static let examples: [String] = {
        let file = Files.package + "/Sources/ProbeDaemon/ProbeDaemon.docc/Events.md"
        let page = (try? String(contentsOfFile: file, encoding: .utf8)) ?? ""
        return page.components(separatedBy: "\n").filter { $0.hasPrefix("{") && $0.contains(#""event":"#) }
    }()

    private func judged(_ lines: [String]) throws -> [Bool] {
        let folder = try TemporaryFolder()
        let schema = folder.path + "/schema.json"
        try EventSchema.json().write(toFile: schema, atomically: true, encoding: .utf8)
        let end = try Command.run(
            [TraceSink.python, "-c", Self.judge, schema], input: lines.map { $0 + "\n" }.joined(), within: 300)
        #expect(end.errors == "")
        return end.output.map { $0 == "1" }
    }

    private func isRead(_ line: String) -> Bool { (try? EventLine.decode(Data(line.utf8))) != nil }

    @Test func everyExampleOfThePageIsAnEvent() throws {
        #expect(Self.examples.count >= 40)
        #expect(try judged(Self.examples) == Self.examples.map { _ in true })
    }

    @Test func whatTheSchemaRefusesTheReaderRefuses() throws {
        var generator = SeededGenerator(seed: 9)
        let rounds = isLongRun ? 2_000 : 50
        let lines = try Self.examples.flatMap { example in
            try (0..<rounds).map { _ in try mutated(example, by: &generator) }
        }
        let verdicts = try judged(lines)
        #expect(verdicts.count == lines.count)
        let differing = zip(lines, verdicts).filter { isRead($0) != $1 }
        #expect(differing.map(\.0) == [])
        // Neither says the same of all.
        #expect(verdicts.contains(true) && verdicts.contains(false))
    }

    /// An example with a member taken out, or with another value, or one beside it.
    private func mutated(_ example: String, by generator: inout SeededGenerator) throws -> String {
        let object = try JSONSerialization.jsonObject(with: Data(example.utf8))
        let mutated = mutate(object, by: &generator)
        return String(decoding: try JSONSerialization.data(withJSONObject: mutated), as: UTF8.self)
    }

    private func mutate(_ value: Any, by generator: inout SeededGenerator) -> Any {
        guard var object = value as? [String: Any], let name = object.keys.sorted().randomElement(using: &generator)
        else { return Self.values.randomElement(using: &generator) ?? value }
        switch Int.random(in: 0..<8, using: &generator) {
        case 0: object[name] = nil
        case 1: object["another"] = true
        case 2: object[name] = Self.values.randomElement(using: &generator) ?? NSNull()
        case 3:
            object[Self.members.randomElement(using: &generator) ?? ""] = Self.values.randomElement(using: &generator)
        default: object[name] = mutate(object[name] ?? NSNull(), by: &generator)
        }
        return object
    }

    private static let members = [
        "v", "event", "client", "link", "stamp", "error", "traceparent", "is_traced", "sharing_nanoseconds", "type",
        "context", "ended_by", "port", "security", "phone",
    ]

    private static var values: [Any] {
        [
            NSNull(), true, false, 0, 1, 2, -1, 255, 256, 65_535, 65_536, 4_294_967_295, 4_294_967_296, UInt64.max,
            Int64.min, 1.5, -0.5, 1e30, "", "x", "00", "0", "0g", "00\n", "aF", "apdu", "shim", "pcsc", "timeout",
            "failed", "modem", "success", "sent", "è", [Any](), [1], ["kind": "imei", "hash": ""], [String: Any](),
            ["id": 1, "pid": -1, "program": ""], ["connection": 1, "tap": ""], ["run": 1, "suite": ""],
            [["kind": "imei", "hash": ""]], "test_ended", "database_pool", "suite_ended",
        ]
    }
}

import Foundation
import TestSupport
import Testing

/// Cards that are not as they were, and readers with bad contact, on virtual benches.
@Suite(.serialized) struct CardConditionTests {
    private static let reader = "Virtual PCD 00 00"
    private let folder: TemporaryFolder
    private var state: [String: String] { ["XDG_STATE_HOME": folder.file("state")] }

    init() throws { folder = try TemporaryFolder() }

    /// Selects and reads so many times in one session, and waits until the daemon has counted it.
    private func use(_ bench: LiveBench, times: Int) throws {
        let before = try bench.sum("cardlink_reader_commands_total")
        let steps = Array(repeating: ["00A4000C023F00", "00A4000C022FE2", "00B0000001"], count: times).flatMap(\.self)
        let end = try bench.run([Files.python, Files.client("card_steps.py")] + steps, options: ["--no-summary"])
        #expect(end.status == 0, "\(end.errors)")
        #expect(
            try eventually { try bench.sum("cardlink_reader_commands_total") == before + Double(steps.count) })
    }

    private func slowdown(_ bench: LiveBench, _ command: String) throws -> Double {
        try bench.sum("cardlink_card_slowdown_ratio", "command=\"\(command)\"")
    }

    @Test func aSlowerCardIsToldAndAnEqualOneIsNot() throws {
        let script = { (delay: Int) in
            """
            rules:
              - { match: "00 A4", delay: \(delay) }
              - { match: "00 B0", delay: 2 }

            """
        }
        do {
            let bench = try LiveBench(script: script(2))
            try bench.startDaemon(environment: state)
            try use(bench, times: 60)
            #expect(try bench.stopDaemon()?.status == 0)
            // It begins anew twenty times, and the card is as it was.
            try bench.startDaemon(environment: state)
            for round in 1...20 {
                try use(bench, times: 16)
                #expect(try slowdown(bench, "SELECT") == 0, "\(round)")
                #expect(try slowdown(bench, "READ BINARY") == 0, "\(round)")
            }
            #expect(try bench.stopDaemon()?.status == 0)
        }
        let bench = try LiveBench(script: script(5))
        try bench.startDaemon(environment: state)
        try use(bench, times: 16)
        #expect(try eventually { try slowdown(bench, "SELECT") > 0.8 })
        #expect(try slowdown(bench, "SELECT") < 2)
        try use(bench, times: 16)
        #expect(try slowdown(bench, "READ BINARY") == 0)
        let status = try Command.run([Files.metrics, "status", "--url", "http://127.0.0.1:\(bench.port)"])
        #expect(
            status.output.contains(/! Virtual PCD 00 00  SELECT takes [0-9]+% longer than usual/),
            "\(status.output)")
        let card = try Command.run([Files.metrics, "history", "card", Self.reader], environment: state)
        #expect(
            card.output.contains("UICC, T=0") && card.output.contains(/SELECT +[0-9]+ +0 +.* 9000 ×[0-9]+/), "\(card)")
    }

    @Test func contactIsToldOfTheReaderAlone() throws {
        let bench = try LiveBench(
            script: """
                rules:
                  - { match: "00 B0", removeCard: true, insertAfter: 1000 }

                """, options: ["--readers", "2"])
        try bench.startDaemon(environment: state)
        // pcscd looks for cards each half second or so.
        for round in 1...3 {
            _ = try bench.run(
                [Files.python, Files.client("card_steps.py"), "00A4000C023F00", "00B0000001"], options: ["--no-summary"]
            )
            #expect(
                try eventually { try bench.sum("cardlink_contact_events_total", "event=\"bounce\"") == Double(round) })
        }
        func quality(_ reader: String) throws -> Double? {
            try bench.metrics().first { $0.key.hasPrefix("cardlink_contact_quality_ratio") && $0.key.contains(reader) }?
                .value
        }
        #expect(try bench.sum("cardlink_contact_events_total", "event=\"communication\"") == 3)
        #expect(try quality("00 00") == 3.0 / 9)
        #expect(try quality("00 01") == 1)
        #expect(try bench.sum("cardlink_contact_events_total", "00 01") == 0)
        let status = try Command.run([Files.metrics, "status", "--url", "http://127.0.0.1:\(bench.port)"])
        #expect(status.output.contains("! Virtual PCD 00 00  contact "), "\(status.output)")
        #expect(!status.output.contains("! Virtual PCD 00 01"))
    }
}

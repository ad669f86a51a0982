internal import ArgumentParser
internal import ProbeDaemon
internal import ProbeEvents
internal import Taps

/// `cardlink-probe events`: the lines that the event socket reads.
struct EventsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events",
        abstract: "The lines in which other programs tell their events: schema, check.",
        discussion: "Example: cardlink-probe events check events.ndjson",
        subcommands: [EventsSchema.self, EventsCheck.self])
}

/// `cardlink-probe events schema`.
struct EventsSchema: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema",
        abstract: "Print the JSON Schema (draft 2020-12) of an event.",
        discussion: """
            The schema says what a line is like. What must have come before it, and what is not taken from outside, \
            'cardlink-probe events check' tells.

            Example: cardlink-probe events schema >event.schema.json
            """)

    func run() throws { print(try EventSchema.json(), terminator: "") }
}

/// `cardlink-probe events check`.
struct EventsCheck: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Read a file of events as the event socket would, and say what is wrong with which line.",
        discussion: """
            Exit status: 0 every line is an event, 1 one is not, 69 the file cannot be read.

            Example: cardlink-probe events check events.ndjson
            """)

    @Argument(help: "A file with an event a line; - is standard input.", completion: .file())
    var file: String

    func run() throws {
        let events: UInt64
        var faults = 0
        do throws(EventFileError) {
            events = try EventFile(file).check { fault in
                faults += 1
                print("\(file):\(fault.line): \(fault.error)")
            }
        } catch {
            throw fail(error)
        }
        print("\(events) events, \(faults) lines that are none")
        if faults > 0 { throw ExitCode(1) }
    }
}

internal import ArgumentParser
internal import CardReader
internal import FoundationEssentials
internal import Glibc
internal import ProbeDaemon

/// `cardlink-probe readers`.
struct ReadersCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "readers",
        abstract: "Show the readers of this machine, the cards in them, and who uses them.",
        discussion: """
            Programs under 'cardlink-probe run' are named with what they hold; others that are connected to pcscd are \
            named as candidates.

            Exit status: 0 with a reader, 1 without one, 69 when pcscd does not answer.

            Example: cardlink-probe readers
            """)

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        let overview: ReaderOverview
        do throws(CardReaderError) {
            overview = try ReaderOverview.take()
        } catch {
            throw fail(error)
        }
        print(json ? try Self.json(of: overview) : overview.readers.isEmpty ? "" : overview.table, terminator: "")
        guard overview.readers.isEmpty else { return }
        throw fail(CardReaderError.noReader, code: 1)
    }

    private static func json(of overview: ReaderOverview) throws -> String {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(overview), as: UTF8.self) + "\n"
    }
}

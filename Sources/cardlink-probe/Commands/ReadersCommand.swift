internal import ArgumentParser
internal import CardReader
internal import FoundationEssentials
internal import Glibc

/// `cardlink-probe readers`.
struct ReadersCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "readers",
        abstract: "Show the readers of this machine and the cards in them.",
        discussion: "Exit status: 0 with a reader, 1 without one, 69 when pcscd does not answer.")

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        let listing: ReaderListing
        do throws(CardReaderError) {
            listing = try ReaderListing.take()
        } catch {
            throw fail(error)
        }
        print(json ? try Self.json(of: listing) : listing.readers.isEmpty ? "" : listing.table, terminator: "")
        guard listing.readers.isEmpty else { return }
        throw fail(CardReaderError.noReader, code: 1)
    }

    private static func json(of listing: ReaderListing) throws -> String {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(listing), as: UTF8.self) + "\n"
    }
}

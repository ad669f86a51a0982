internal import CardReader
internal import Foundation

/// `card-reader`: makes a tour of the first card, and prints what it found and the metrics of it.
/// `card-reader --events`: prints the events as lines of JSON instead.
@main struct Program {
    static func main() async {
        do {
            switch Array(CommandLine.arguments.dropFirst()) {
            case []:
                let metrics = CardMetrics()
                try await CardTour.make(with: CardReaders(sink: metrics)) { print($0) }
                print(metrics.exposition, terminator: "")
            case ["--events"]:
                try await CardTour.make(with: CardReaders(sink: EventLines())) { _ in }
            default:
                fail("usage: card-reader [--events]", code: 64)
            }
        } catch {
            // Each error says in one line what failed, where, and what to do next.
            fail("card-reader: \(error)", code: 1)
        }
    }

    private static func fail(_ words: String, code: Int32) -> Never {
        FileHandle.standardError.write(Data("\(words)\n".utf8))
        exit(code)
    }
}

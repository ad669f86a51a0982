import ProbeEvents
import Testing

@testable import CardReader

struct ReaderTrackerTests {
    typealias News = ReaderTracker.News

    /// A step of a reader's life: the list of readers, or an answer about one.
    enum Step: Sendable {
        case list([String])
        case answer(String, UInt32, [UInt8])
        case lost
    }

    struct Life: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var steps: [Step]
        var news: [News]
        var needsListing = false
    }

    static let news = ReaderQuery.readerNews

    static let lives: [Life] = [
        Life(
            testDescription: "a reader comes and goes", steps: [.list(["A", "B"]), .list(["B"]), .list(["B"])],
            news: [
                News(reader: "A", change: .readerCame), News(reader: "B", change: .readerCame),
                News(reader: "A", change: .readerWent),
            ]),
        Life(
            testDescription: "a card is in a new reader, and is taken out",
            steps: [.list(["A"]), .answer("A", 0x0022, [0x3B, 0x00]), .answer("A", 0x1_0012, [])],
            news: [
                News(reader: "A", change: .readerCame), News(reader: "A", change: .cardCame, atr: [0x3B, 0x00]),
                News(reader: "A", change: .cardWent),
            ]),
        Life(
            testDescription: "use by a program is no news",
            steps: [
                .list(["A"]), .answer("A", 0x1_0022, [0x3B]), .answer("A", 0x1_0122, [0x3B]),
                .answer("A", 0x1_01A2, [0x3B]), .answer("A", 0x1_0022, [0x3B]),
            ],
            news: [News(reader: "A", change: .readerCame), News(reader: "A", change: .cardCame, atr: [0x3B])]),
        Life(
            testDescription: "a card that was pulled and put back between two answers",
            steps: [.list(["A"]), .answer("A", 0x1_0022, [0x3B]), .answer("A", 0x3_0022, [0x3B, 0x01])],
            news: [
                News(reader: "A", change: .readerCame), News(reader: "A", change: .cardCame, atr: [0x3B]),
                News(reader: "A", change: .cardWent), News(reader: "A", change: .cardCame, atr: [0x3B, 0x01]),
            ]),
        Life(
            testDescription: "the count of card events wraps",
            steps: [.list(["A"]), .answer("A", 0xFFFF_0022, [0x3B]), .answer("A", 0x0001_0022, [0x3B])],
            news: [
                News(reader: "A", change: .readerCame), News(reader: "A", change: .cardCame, atr: [0x3B]),
                News(reader: "A", change: .cardWent), News(reader: "A", change: .cardCame, atr: [0x3B]),
            ]),
        Life(
            testDescription: "a card that does not answer has no ATR",
            steps: [.list(["A"]), .answer("A", 0x1_0222, [])],
            news: [News(reader: "A", change: .readerCame), News(reader: "A", change: .cardCame)]),
        Life(
            testDescription: "a reader is pulled with its card",
            steps: [.list(["A"]), .answer("A", 0x1_0022, [0x3B]), .answer("A", 0x000E, []), .list([])],
            news: [
                News(reader: "A", change: .readerCame), News(reader: "A", change: .cardCame, atr: [0x3B]),
                News(reader: "A", change: .cardWent), News(reader: "A", change: .readerWent),
            ]),
        Life(
            testDescription: "a reader that cannot be asked makes the list doubtful",
            steps: [.list(["A"]), .answer("A", 0x000E, [])],
            news: [News(reader: "A", change: .readerCame)], needsListing: true),
        Life(
            testDescription: "news of readers makes the list doubtful",
            steps: [.list([]), .answer(news, 0x0002, [])], news: [], needsListing: true),
        Life(
            testDescription: "no news of readers does not", steps: [.list([]), .answer(news, 0x1_0000, [])], news: []),
        Life(
            testDescription: "pcscd dies",
            steps: [.list(["A", "B"]), .answer("B", 0x1_0022, [0x3B]), .lost, .lost],
            news: [
                News(reader: "A", change: .readerCame), News(reader: "B", change: .readerCame),
                News(reader: "B", change: .cardCame, atr: [0x3B]), News(reader: "A", change: .readerWent),
                News(reader: "B", change: .cardWent), News(reader: "B", change: .readerWent),
            ], needsListing: true),
        Life(
            testDescription: "an answer about a reader that nobody knows",
            steps: [.list(["A"]), .answer("B", 0x1_0022, [0x3B])], news: [News(reader: "A", change: .readerCame)]),
        Life(
            testDescription: "a name listed twice is one reader",
            steps: [.list(["A", "A"])], news: [News(reader: "A", change: .readerCame)]),
    ]

    @Test(arguments: lives)
    func tellsWhatCameAndWent(life: Life) {
        var tracker = ReaderTracker()
        var news: [News] = []
        for step in life.steps {
            switch step {
            case .list(let names): news += tracker.list(names)
            case .answer(let name, let event, let atr):
                news += tracker.observe([ReaderObservation(name: name, event: event, atr: atr)])
            case .lost: news += tracker.loseService()
            }
        }
        #expect(news == life.news)
        #expect(tracker.needsListing == life.needsListing)
    }

    @Test func asksForNewsAndHandsBackWhatIsKnown() {
        var tracker = ReaderTracker()
        #expect(tracker.queries(atMost: 16) == [ReaderQuery(name: ReaderQuery.readerNews)])
        _ = tracker.list(["A", "B"])
        _ = tracker.observe([ReaderObservation(name: "B", event: 0x5_0122, atr: [0x3B])])
        #expect(
            tracker.queries(atMost: 16) == [
                ReaderQuery(name: "A"), ReaderQuery(name: "B", known: 0x5_0120),
                ReaderQuery(name: ReaderQuery.readerNews),
            ])
        // The library takes a fixed number of names and refuses the whole question for one more.
        #expect(tracker.queries(atMost: 2).map(\.name) == ["A", "B"])
        #expect(tracker.queries(atMost: 1).map(\.name) == ["A"])
    }
}

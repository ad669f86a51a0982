import Foundation
import TestSupport

/// What a tap adds to one SCardTransmit of a library that answers at once: ours with a receiver that hears everything,
/// pcsc-lite's own libpcscspy with somebody who reads its FIFO, and the two clock readings that any tap must take.
///
/// Everything is measured in turns, some times each, and the medians are compared.
enum TransmitBenchmark {
    private static let bursts = 20
    /// Half of what the ring holds, so that nothing is dropped before the receiver looks.
    private static let calls = 2_000
    /// Before each burst, microseconds.
    private static let pause = 2_000
    /// Numbers of threads that call at once; together they make no more calls in a burst.
    private static let threads = [1, 2, 4]

    /// What each way took, a figure a round.
    private struct Figures {
        private var all: [String: [Double]] = [:]

        mutating func add(_ name: String, _ figure: Double) { all[name, default: []].append(figure) }

        func middle(_ name: String) -> Double { median(all[name] ?? []) }
    }

    static func measure(_ size: BenchmarkSize) throws -> [Row] {
        let workshop = try TransmitWorkshop()
        var figures = Figures()
        for _ in 0..<size.rounds {
            try measureWarm(workshop, &figures)
            try measureCold(workshop, &figures)
            try measureThreads(workshop, &figures)
            try measureProcesses(workshop, &figures)
            for (state, figure) in try TransmitStates.measure(workshop) { figures.add(state.rawValue, figure) }
        }
        let perRound =
            bursts * calls + coldLine.calls + (threads.count * threadLine(1).bursts + 2 * bursts) * calls
        let expected = size.rounds * perRound
        guard workshop.told == expected else {
            throw TestFailure("told \(workshop.told) of \(expected) commands")
        }
        return rows(figures, size)
    }

    private static let warmLine = TransmitLine(bursts: bursts, calls: calls, pause: pause)
    /// As far apart as libpcscspy needs: its reader must keep up.
    private static let spyLine = TransmitLine(bursts: 3, calls: 1_000, pause: 1_000, pace: 20)
    private static let coldLine = TransmitLine(bursts: 1, calls: 50)

    private static func threadLine(_ count: Int) -> TransmitLine {
        TransmitLine(bursts: 5, calls: calls / count, pause: pause)
    }

    private static func measureWarm(_ workshop: TransmitWorkshop, _ figures: inout Figures) throws {
        figures.add("bare", try workshop.transmit("calls", warmLine, .bare))
        figures.add("clocks", try workshop.transmit("clocks", warmLine, .bare))
        figures.add("ours", try workshop.transmit("calls", warmLine, .ours))
        figures.add("bare, paced", try workshop.transmit("calls", spyLine, .bare))
        figures.add("spy", try workshop.transmit("calls", spyLine, .spy))
    }

    private static func measureCold(_ workshop: TransmitWorkshop, _ figures: inout Figures) throws {
        figures.add("bare, cold", try workshop.transmit("cold", coldLine, .bare))
        figures.add("clocks, cold", try workshop.transmit("cold-clocks", coldLine, .bare))
        figures.add("ours, cold", try workshop.transmit("cold", coldLine, .ours))
        figures.add("spy, cold", try workshop.transmit("cold", coldLine, .spy))
    }

    private static func measureThreads(_ workshop: TransmitWorkshop, _ figures: inout Figures) throws {
        for count in threads {
            let line = threadLine(count)
            figures.add("bare, \(count)", try workshop.transmit("calls", line, .bare, threads: count))
            figures.add("clocks, \(count)", try workshop.transmit("clocks", line, .bare, threads: count))
            figures.add("ours, \(count)", try workshop.transmit("calls", line, .ours, threads: count))
        }
    }

    private static func measureProcesses(_ workshop: TransmitWorkshop, _ figures: inout Figures) throws {
        figures.add("bare, processes", try workshop.transmit("calls", warmLine, .bare, processes: 2))
        figures.add("clocks, processes", try workshop.transmit("clocks", warmLine, .bare, processes: 2))
        figures.add("ours, processes", try workshop.transmit("calls", warmLine, .ours, processes: 2))
    }

    private static func row(
        _ name: String, _ ours: Double, _ peer: String, _ value: Double, floor: Double? = nil, bar: Double? = nil
    ) -> Row {
        Row(
            bench: "transmit", case: name, ours: ours, peer: peer, peerValue: value, floor: floor, unit: "ns",
            ratio: value / ours, bar: bar)
    }

    private static let clocks = "two clock readings"

    private static func rows(_ figures: Figures, _ size: BenchmarkSize) -> [Row] {
        let bare = figures.middle("bare")
        let floor = figures.middle("clocks") - bare
        let added = figures.middle("ours") - bare
        let spy = figures.middle("spy") - figures.middle("bare, paced")
        let warm = [
            row("added, warm", added, clocks, floor, floor: floor, bar: size.bar(0.5)),
            row("added, warm", added, "libpcscspy", spy, floor: floor, bar: size.bar(100)),
        ]
        let states = TransmitStates.State.allCases.map { state in
            let figure = figures.middle(state.rawValue) - bare
            return row("added, receiver \(state.rawValue)", figure, clocks, floor, floor: floor, bar: size.bar(0.5))
        }
        return warm + states + coldRows(figures) + sideBySideRows(figures)
    }

    /// Whole calls: the first reading of the clock pays for all, so two more of them cost nothing that shows.
    private static func coldRows(_ figures: Figures) -> [Row] {
        [("no tap", "bare"), (clocks, "clocks"), ("libpcscspy", "spy")].map { peer, name in
            row("the whole call, cold", figures.middle("ours, cold"), peer, figures.middle("\(name), cold"))
        }
    }

    private static func sideBySideRows(_ figures: Figures) -> [Row] {
        let titles = threads.map { ("\($0)", $0 == 1 ? "one thread" : "\($0) threads") }
        return (titles + [("processes", "two processes")]).map { name, title in
            let bare = figures.middle("bare, \(name)")
            let floor = figures.middle("clocks, \(name)") - bare
            return row("added, \(title)", figures.middle("ours, \(name)") - bare, clocks, floor, floor: floor)
        }
    }
}

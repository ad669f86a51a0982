internal import CardReader
internal import Observability
internal import ProbeEvents
internal import Taps
internal import TelemetryExport

/// What a run tells events to. A new output is a line here.
///
/// A daemon that watches sees more than this run: then it counts events, keeps files of faults and finds sessions over the
/// air, and the run does not.
struct RunSinks: Sendable {
    /// Where events enter.
    let entry: any EventSink
    /// What is told at the end.
    let summary = RunSummary()
    /// The numbers; nil when nobody wants any.
    let collector: Collector?
    /// The spans; nil when they go nowhere.
    let trace: RunTrace?
    /// The file of bytes; nil when none is asked for.
    let capture: RunCapture?

    private let bus: EventBus
    private let ring = EventRing()
    private let recording: EventRecording?
    /// Holds each APDU until it is known what else its reader did.
    /// Takes from each program's times what others took.
    let sharing: SharingSink
    private let forwarder: EventForwarder?
    private let expected: ExpectedOutcomes
    private let flights: RunFlights?
    private let timelines: OTATimelines?

    /// All of them behind one bus, with no more data than they may have; the capture alone gets more.
    ///
    /// - Parameters:
    ///   - variables: the caller's.
    ///   - exports: those that say what goes out where.
    ///   - wantsNumbers: whether anybody wants numbers.
    init(
        _ request: Run.Request, of program: String, _ variables: EnvironmentVariables, _ exports: ExportVariables,
        wantsNumbers: Bool, bench: RunBench
    ) async {
        bus = EventBus([summary, ring])
        recording =
            Terminal.attempt { () throws(EventRecordingError) in try request.recording.map(EventRecording.init) }
            ?? nil
        if let recording { ring.add(recording.reader) }
        sharing = SharingSink(bus, watchingStrangers: StrangerWatch())
        let forwarder = Self.connectToDaemon(request.runtimeDirectory)
        self.forwarder = forwarder
        let collector = wantsNumbers ? Collector(scope: forwarder == nil ? .everything : .probeHealth) : nil
        self.collector = collector
        let trace = await RunTrace(of: program, variables, exports, counting: collector, bench: bench)
        self.trace = trace
        // A daemon works out itself what programs took from one another.
        let told = EventBus([sharing])
        if let forwarder { told.add(trace?.marking(forwarder) ?? forwarder) }
        flights = forwarder == nil ? await RunFlights(variables, bench: bench, trace: trace) : nil
        if let flights { ring.add(flights.reader) }
        timelines = forwarder == nil ? OTATimelines() : nil
        if let trace {
            bus.add(trace.sink)
            timelines?.add { trace.receive($0) }
        }
        if let collector {
            bus.add(collector)
            trace?.show(in: collector)
            timelines?.add { collector.record($0) }
        }
        if let timelines { bus.add(timelines) }
        let traceparent = (trace?.environment(variables) ?? variables).text("TRACEPARENT")
        capture = request.capture.flatMap { wanted in
            Terminal.attempt { try RunCapture(wanted, traceparent: traceparent) }
        }
        expected = ExpectedOutcomes(told, rules: request.expected)
        let standard = StandardLevel(expected)
        let taps = EventBus([request.capture.map { IdentifiedCards.before(standard, $0) } ?? standard])
        if let capture { taps.add(capture.sink) }
        entry = taps
    }

    /// Shows the bench, as it is told from now on.
    func add(_ live: LiveView) {
        ring.add(live.reader)
        timelines?.add { live.state.note($0) }
    }

    /// The program did not start: an earlier run's events stay in their file.
    func giveUpRecording() { recording?.giveUp() }

    /// Tells what is held, writes and sends what waits, and adds to the outcome what they know of it; bounded in time.
    func finish(_ outcome: inout RunOutcome, sending metrics: RunMetrics?) async {
        outcome.expectations = expected.expectations
        sharing.finish()
        timelines?.finish()
        capture?.finish().map(Terminal.say)
        outcome.flights = flights?.finish() ?? []
        let ending = outcome.ending
        // Side by side, so that servers which hang cost the time of one.
        async let traced: ()? = trace?.finish(ending)
        async let counted: ()? = metrics?.finish()
        _ = await (traced, counted)
        identifyCards()
        recording?.finish().map(Terminal.say)
        let undelivered = forwarder?.finish(within: .seconds(2)) ?? 0
        if undelivered > 0 { Terminal.say("\(undelivered) events did not reach the daemon; the summary has them") }
    }

    /// Asks pcscd which card is in a reader, where the program itself never did; it need not answer.
    private func identifyCards() {
        let unknown = summary.readersWithUnknownCard
        guard !unknown.isEmpty, let listing = try? ReaderListing.take(within: .milliseconds(300)) else { return }
        for reader in listing.readers where unknown.contains(reader.name) {
            guard let atr = reader.atr else { continue }
            let nobody = ClientProcess(id: 0, pid: 0, program: "")
            let identified = ProbeEvent.cardIdentified(
                CardIdentified(stamp: .now(source: .cardReader), client: nobody, reader: reader.name, atr: atr))
            summary.receive(identified)
            ring.receive(identified)
        }
    }

    private static func connectToDaemon(_ named: String?) -> EventForwarder? {
        for directory in RuntimeDirectory.candidates(named: named) where directory.hasDaemon {
            let found = Terminal.attempt { try EventForwarder.connect(path: directory.eventSocket) } ?? nil
            if let found { return found }
        }
        return nil
    }
}

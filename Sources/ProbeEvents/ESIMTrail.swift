internal import SmartCard

/// Follows what one session asks of an eUICC, and tells each function and each download of a profile (GSMA SGP.22).
///
/// Gets each exchange, of which STORE DATA and GET RESPONSE are looked at. What redaction leaves of them is enough.
package struct ESIMTrail: Sendable, Hashable {
    private let link: ESIMLink
    private let source: SourceKind
    private var tracker = ESIMTracker()
    private var downloads = ESIMDownloads()

    /// A session in which nothing was asked for.
    package init(link: ESIMLink, source: SourceKind) {
        self.link = link
        self.source = source
    }

    /// What an exchange did to functions.
    package mutating func note(_ exchange: APDUExchange) -> [ProbeEvent] {
        let stamp = exchange.stamp
        let done = tracker.observe(
            command: exchange.command.bytes, response: exchange.response.bytes,
            fromNanoseconds: stamp.startNanoseconds, toNanoseconds: stamp.end.monotonicNanoseconds)
        return done.flatMap { tell($0, stamp.end) }
    }

    /// The card was reset, or nobody follows it any more.
    package mutating func end(_ why: ESIMDownloadResult, at clock: EventClock) -> [ProbeEvent] {
        let events = tracker.reset().map { tell($0, clock) } ?? []
        return events + (downloads.end(why).map { [tell($0, clock)] } ?? [])
    }

    private mutating func tell(_ done: DoneFunction, _ clock: EventClock) -> [ProbeEvent] {
        let event = ProbeEvent.esim(
            .function(
                ESIMFunctionDone(
                    stamp: stamp(done.startNanoseconds, done.endNanoseconds, clock), link: link,
                    function: done.function, result: done.result, code: done.answer?.code, blocks: done.blocks,
                    sentBytes: done.sentBytes, receivedBytes: done.receivedBytes,
                    listed: done.answer?.listed.map { UInt32(clamping: $0) })))
        return [event] + downloads.observe(done).map { tell($0, clock) }
    }

    private func tell(_ download: ESIMDownload, _ clock: EventClock) -> ProbeEvent {
        let start = download.startNanoseconds
        let load = download.load
        return .esim(
            .download(
                ESIMDownloadDone(
                    stamp: stamp(start, download.endNanoseconds, clock), link: link, result: download.ending,
                    steps: download.steps.map { ESIMStep($0, since: start) }, segments: load?.segments ?? 0,
                    loadedBytes: load?.sentBytes ?? 0, packageBytes: load?.packageBytes,
                    failedCommand: load?.answer?.failedCommand, cancelReason: download.cancelReason,
                    notification: load?.answer?.notification)))
    }

    private func stamp(_ start: UInt64, _ end: UInt64, _ clock: EventClock) -> EventStamp {
        EventStamp(source: source, startNanoseconds: start, durationNanoseconds: end - min(start, end), clock: clock)
    }
}

extension ESIMStep {
    fileprivate init(_ done: DoneFunction, since start: UInt64) {
        self.init(
            function: done.function, result: done.result,
            afterNanoseconds: done.startNanoseconds - min(start, done.startNanoseconds),
            durationNanoseconds: done.endNanoseconds - min(done.startNanoseconds, done.endNanoseconds))
    }
}

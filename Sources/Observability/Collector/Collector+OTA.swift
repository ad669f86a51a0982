public import ProbeEvents
internal import PrometheusClient
public import SmartCard

extension Collector {
    /// Counts one leg of an OTA session.
    public func recordOTALeg(_ leg: OTALeg, took time: Duration) { catalog.otaLegDuration[leg].record(time) }

    /// Counts a leg that the work is, whether it fails or not.
    public func timedOTALeg<Result, Failure: Error>(
        _ leg: OTALeg, _ work: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try timed(work) { nanoseconds, _ in catalog.otaLegDuration[leg].record(nanoseconds) }
    }

    /// The same for work that waits.
    public func timedOTALeg<Result, Failure: Error>(
        _ leg: OTALeg, isolation: isolated (any Actor)? = #isolation, _ work: () async throws(Failure) -> Result
    ) async throws(Failure) -> Result {
        try await timed(isolation: isolation, work) { nanoseconds, _ in
            catalog.otaLegDuration[leg].record(nanoseconds)
        }
    }

    /// Counts what a card said of a secured packet, and how long after the packet's first message.
    ///
    /// - Parameters:
    ///   - receipt: what it said.
    ///   - time: nil for a proof of receipt that did not come.
    public func recordOTAReceipt(_ receipt: OTAReceipt, after time: Duration?) {
        catalog.otaReceipts[receipt].increment()
        if let time { catalog.otaReceiptDuration.record(UInt64(time.wholeNanoseconds)) }
    }

    /// Counts a function that an eUICC was asked for, what came of it, and how long it took.
    public func recordESIMFunction(_ function: ESIMFunction, _ result: ESIMResult, took time: Duration) {
        catalog.esimFunctions[function, result].increment()
        catalog.esimFunctionDuration[function].record(time)
    }

    /// Counts the download of a profile to an eUICC by what ended it.
    public func recordESIMDownload(_ result: ESIMDownloadResult) { catalog.esimDownloads[result].increment() }

    /// Counts a trigger that was sent.
    public func recordTriggerSent(_ type: TriggerType) { catalog.triggersSent[type].increment() }

    /// Counts a trigger that could not be sent.
    public func recordTriggerFailure(_ type: TriggerType) { catalog.triggerFailures[type].increment() }

    /// Counts a trigger that the work sends.
    public func countedTrigger<Result, Failure: Error>(
        _ type: TriggerType, _ work: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try timed(work) { _, error in recordTrigger(type, isSent: error == nil) }
    }

    /// The same for work that waits.
    public func countedTrigger<Result, Failure: Error>(
        _ type: TriggerType, isolation: isolated (any Actor)? = #isolation,
        _ work: () async throws(Failure) -> Result
    ) async throws(Failure) -> Result {
        try await timed(isolation: isolation, work) { _, error in recordTrigger(type, isSent: error == nil) }
    }

    private func recordTrigger(_ type: TriggerType, isSent: Bool) {
        if isSent { recordTriggerSent(type) } else { recordTriggerFailure(type) }
    }
}

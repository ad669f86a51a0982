public import ProbeEvents
internal import PrometheusClient

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

/// How items wait and are sent together.
package struct BatchSettings: Sendable, Hashable {
    /// Items that wait at most.
    package var queueSize = 2_048
    /// Items in one request at most.
    package var batchSize = 512
    /// How long an item waits for others.
    package var delay: Duration
    /// How long one attempt may take; what was not taken by then is tried again.
    package var exportTimeout = Duration.milliseconds(30_000)

    /// The usual sizes.
    package init(delay: Duration) { self.delay = delay }

    /// Reads the variables with this beginning: `OTEL_BSP`, `OTEL_BLRP`.
    init(_ prefix: String, _ read: ExportVariables, delay: Duration) {
        self.init(delay: delay)
        queueSize = read.count("\(prefix)_MAX_QUEUE_SIZE") ?? queueSize
        batchSize = min(read.count("\(prefix)_MAX_EXPORT_BATCH_SIZE") ?? batchSize, queueSize)
        self.delay = read.milliseconds("\(prefix)_SCHEDULE_DELAY") ?? delay
        exportTimeout = read.milliseconds("\(prefix)_EXPORT_TIMEOUT") ?? exportTimeout
    }
}

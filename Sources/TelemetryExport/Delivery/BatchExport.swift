package import Observability
internal import ProbeEvents
internal import Synchronization

/// Sends what is put in its queue, in batches, as long as it takes.
///
/// Recording never waits for it. While the endpoint is away items wait in the queue; when that is full the oldest goes
/// and is counted. A batch that is under way is tried until it is taken or refused.
package final class BatchExport<Item: Sendable>: Sendable {
    /// Where items wait to be sent; safe from any thread.
    package let queue: ExportQueue<Item>

    private let loop: ExportLoop
    private let batch: BatchSettings
    private let telemetry: ExportTelemetry
    private let encode: @Sendable ([Item]) throws -> [UInt8]
    private let overflow = Overflow()

    private final class Overflow: Sendable {
        let count = Atomic<UInt64>(0)
    }

    /// More bytes in one request are not sent: many servers take no more than 4 MiB.
    private static var longestBody: Int { 4_000_000 }

    /// Begins to export what comes into the queue.
    ///
    /// - Parameters:
    ///   - firstPause: the back-off after a first failure.
    ///   - encode: the bytes of a request with these items.
    init(
        _ signal: ExportSignal, _ settings: ExportSettings, _ batch: BatchSettings, telemetry: ExportTelemetry,
        firstPause: Duration = .seconds(1), encode: @escaping @Sendable ([Item]) throws -> [UInt8]
    ) {
        (self.batch, self.telemetry, self.encode) = (batch, telemetry, encode)
        var settings = settings
        settings.timeout = min(settings.timeout, batch.exportTimeout)
        let loop = ExportLoop(signal, settings, telemetry: telemetry, firstPause: firstPause)
        self.loop = loop
        queue = ExportQueue(capacity: batch.queueSize, batchSize: batch.batchSize) { [overflow] count in
            overflow.count.wrappingAdd(UInt64(count), ordering: .relaxed)
            telemetry.countDropped(.queueFull, UInt64(count))
        }
        queue.whenFull { loop.wake() }
        loop.start { [self] _ in await run() }
    }

    /// Takes no more, sends what waits, and ends when all is sent or the time is over.
    ///
    /// Returns how many items were lost since the begin, and why the last ones were.
    package func finish(within limit: Duration) async -> (lost: UInt64, reason: String) {
        queue.close()
        await loop.finish(within: limit)
        let left = queue.take(.max).count
        if left > 0 { telemetry.countDropped(.timeout, UInt64(left)) }
        let losses = loop.losses
        return (losses.count &+ overflow.count.load(ordering: .relaxed) &+ UInt64(left), losses.reason)
    }

    private func run() async {
        while true {
            if queue.count < batch.batchSize { await loop.wait(for: batch.delay) }
            let isLast = loop.isEnding
            while true {
                telemetry.setQueueLength(queue.count)
                let items = queue.take(batch.batchSize)
                if items.isEmpty { break }
                await deliver(items)
            }
            if isLast { return }
        }
    }

    private func deliver(_ items: [Item]) async {
        guard let body = try? encode(items) else { return loop.lose(items.count, .other, "cannot be written") }
        if body.count > Self.longestBody, items.count > 1 {
            await deliver(Array(items[..<(items.count / 2)]))
            return await deliver(Array(items[(items.count / 2)...]))
        }
        await loop.deliver(body, items: items.count) { [queue, telemetry] in telemetry.setQueueLength(queue.count) }
    }
}

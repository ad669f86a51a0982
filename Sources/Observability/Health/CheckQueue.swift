internal import Dispatch

/// Runs one check on a queue of its own.
///
/// A check that blocks, in `statvfs` of a server that has gone for instance, would else hold one of as many threads as
/// there are processors.
final class CheckQueue: TaskExecutor {
    private let queue: DispatchQueue

    init(name: String) { queue = DispatchQueue(label: "cardlink-probe.health.\(name)") }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}

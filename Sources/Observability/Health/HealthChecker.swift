internal import ProbeEvents

/// Runs checks side by side, each within its own time, and remembers for a second what they found.
///
/// A check that does not come to an end in time is abandoned: the others are told without it, it is told as hanging, and
/// it is not begun again before it has ended. One that throws has failed, with the error as its message.
public actor HealthChecker {
    private struct Entry {
        let check: HealthCheck
        let queue: CheckQueue
        var found: Found?
        var look: Look?
    }

    private struct Found {
        var result: HealthResult
        var durationNanoseconds: UInt64
        var atNanoseconds: UInt64
    }

    /// A check under way.
    private struct Look {
        let number: UInt64
        let startNanoseconds: UInt64
        let work: Task<Void, Never>
        let limit: Task<Void, Never>
        var isAbandoned = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let version: String
    private let timeout: @Sendable () -> Duration
    private let keptNanoseconds: UInt64
    private let startNanoseconds = EventClock.monotonicNow
    private var entries: [String: Entry] = [:]
    private var looks: UInt64 = 0

    /// A checker without checks.
    ///
    /// - Parameters:
    ///   - version: the program's, for reports.
    ///   - kept: how long a result is told before the check is run again, so that asking often costs nothing.
    ///   - timeout: how long a check may take that says nothing else; asked for each time.
    public init(
        version: String, kept: Duration = .seconds(1), timeout: @escaping @Sendable () -> Duration = { .seconds(5) }
    ) {
        self.version = version
        self.timeout = timeout
        keptNanoseconds = kept.nanoseconds
    }

    /// Adds a check; one with the same name gives way to it.
    public func register(_ check: HealthCheck) {
        remove(check.name)
        entries[check.name] = Entry(check: check, queue: CheckQueue(name: check.name))
    }

    /// Takes a check away; who waits for it is told nothing of it.
    public func remove(_ name: String) {
        guard let look = entries.removeValue(forKey: name)?.look else { return }
        look.work.cancel()
        look.limit.cancel()
        for waiting in look.waiting { waiting.resume() }
    }

    /// Runs one check; nil when there is none of this name.
    public func run(_ name: String) async -> HealthReport.Check? {
        begin(name)
        await end(name)
        return told(name)
    }

    /// Runs all checks, or those that are asked for, side by side.
    public func run(
        where isAsked: @Sendable (HealthCheck) -> Bool = { _ in true }
    ) async -> HealthReport {
        let names = entries.values.map(\.check).filter(isAsked).map(\.name)
        for name in names { begin(name) }
        for name in names { await end(name) }
        var checks: [String: HealthReport.Check] = [:]
        for name in names { checks[name] = told(name) }
        let age = EventClock.monotonicNow - startNanoseconds
        return HealthReport(version: version, uptimeSeconds: Self.seconds(age), checks: checks)
    }

    // MARK: One check

    private func begin(_ name: String) {
        guard let entry = entries[name], entry.look == nil else { return }
        let now = EventClock.monotonicNow
        if let found = entry.found, now - found.atNanoseconds < keptNanoseconds { return }
        looks += 1
        let (number, look) = (looks, entry.check.look)
        let limit = entry.check.timeout ?? timeout()
        entries[name]?.look = Look(
            number: number, startNanoseconds: now,
            // Detached: a task of the actor's would run on the actor.
            work: Task.detached(executorPreference: entry.queue) {
                let result: HealthResult
                do {
                    result = try await look()
                } catch {
                    result = HealthResult(.unhealthy, Self.line(of: error))
                }
                await self.ended(name, number, result)
            },
            limit: Task {
                guard (try? await Task.sleep(for: limit)) != nil else { return }
                self.abandon(name, number)
            })
    }

    /// Waits until a check has ended, or is abandoned.
    private func end(_ name: String) async {
        guard let look = entries[name]?.look, !look.isAbandoned else { return }
        await withCheckedContinuation { entries[name]?.look?.waiting.append($0) }
    }

    private func ended(_ name: String, _ number: UInt64, _ result: HealthResult) {
        guard let look = entries[name]?.look, look.number == number else { return }
        look.limit.cancel()
        entries[name]?.look = nil
        for waiting in look.waiting { waiting.resume() }
        // What an abandoned check says at last is of another time than the one in which it was asked.
        guard !look.isAbandoned else { return }
        keep(result, of: name, since: look.startNanoseconds)
    }

    private func abandon(_ name: String, _ number: UInt64) {
        guard let look = entries[name]?.look, look.number == number else { return }
        look.work.cancel()
        entries[name]?.look?.isAbandoned = true
        entries[name]?.look?.waiting = []
        // Kept, since a check that heeds being cancelled ends before anybody is told.
        keep(Self.hanging(since: look.startNanoseconds), of: name, since: look.startNanoseconds)
        for waiting in look.waiting { waiting.resume() }
    }

    private func keep(_ result: HealthResult, of name: String, since start: UInt64) {
        let now = EventClock.monotonicNow
        entries[name]?.found = Found(result: result, durationNanoseconds: now - start, atNanoseconds: now)
    }

    private func told(_ name: String) -> HealthReport.Check? {
        guard let entry = entries[name] else { return nil }
        let now = EventClock.monotonicNow
        if let look = entry.look, look.isAbandoned {
            let hanging = Self.hanging(since: look.startNanoseconds)
            return HealthReport.Check(
                status: hanging.status, message: hanging.message,
                durationSeconds: Self.seconds(now - look.startNanoseconds))
        }
        guard let found = entry.found else {
            return HealthReport.Check(status: .unknown, message: "the check has not come to an end")
        }
        return HealthReport.Check(
            status: found.result.status, message: found.result.message,
            durationSeconds: Self.seconds(found.durationNanoseconds),
            ageSeconds: Self.seconds(now - found.atNanoseconds))
    }

    private static func hanging(since start: UInt64) -> HealthResult {
        let seconds = Self.seconds(EventClock.monotonicNow - start)
        return HealthResult(.unhealthy, "the check has not come to an end for \(seconds) s")
    }

    private static func line(of error: any Error) -> String {
        let words = String(describing: error).split(whereSeparator: \.isNewline).joined(separator: " ")
        return words.count > 500 ? words.prefix(500) + "…" : words
    }

    /// To the millisecond.
    private static func seconds(_ nanoseconds: UInt64) -> Double { (Double(nanoseconds) / 1e6).rounded() / 1e3 }
}

extension Duration {
    fileprivate var nanoseconds: UInt64 {
        let (seconds, attoseconds) = components
        return UInt64(clamping: seconds) &* 1_000_000_000 &+ UInt64(clamping: attoseconds / 1_000_000_000)
    }
}

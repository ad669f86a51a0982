internal import ProbeEvents
internal import PrometheusClient
internal import SmartCard

/// Commands over all devices: bytes, waiting, what took how long, and what the last minute brought.
struct LiveTraffic: Sendable {
    private static let sliceNanoseconds: UInt64 = 100_000_000
    private static let slices = 600

    private struct Slice {
        var number: UInt64 = 0
        var commands: UInt64 = 0
        var errors: UInt64 = 0
    }

    private(set) var sentBytes: UInt64 = 0
    private(set) var receivedBytes: UInt64 = 0
    private(set) var waitNanoseconds: UInt64 = 0
    /// By the command name's index; empty for names that were not seen.
    private(set) var buckets = [[UInt64]](repeating: [], count: CommandName.count)
    private var minute = [Slice](repeating: Slice(), count: Self.slices)

    mutating func note(_ exchange: APDUExchange, _ command: CommandAPDU, _ verdict: APDUVerdict, now: UInt64) {
        sentBytes.addSaturating(UInt64(command.lc))
        if exchange.statusWord != nil { receivedBytes.addSaturating(UInt64(exchange.response.bytes.count - 2)) }
        waitNanoseconds.addSaturating(exchange.othersNanoseconds)
        if exchange.isTimed { count(exchange.cardNanoseconds, of: exchange.name.index) }
        let number = now / Self.sliceNanoseconds
        let place = Int(number % UInt64(Self.slices))
        if minute[place].number != number { minute[place] = Slice(number: number) }
        minute[place].commands += 1
        if case .error = verdict { minute[place].errors += 1 }
    }

    /// Commands and errors of the last so many seconds, 60 at most.
    func last(seconds: UInt64, at now: UInt64) -> (commands: UInt64, errors: UInt64) {
        let number = now / Self.sliceNanoseconds
        let oldest = number &- min(number, seconds * 10 - 1)
        return minute.reduce(into: (0, 0)) { sum, slice in
            guard slice.number >= oldest, slice.number <= number else { return }
            sum.0 += slice.commands
            sum.1 += slice.errors
        }
    }

    /// Whether the last minute brought nothing, so that no rate falls any more.
    func isQuiet(at now: UInt64) -> Bool { last(seconds: 60, at: now).commands == 0 }

    private mutating func count(_ nanoseconds: UInt64, of name: Int) {
        let bounds = MetricCatalog.apduResponseTimeNanoseconds
        if buckets[name].isEmpty { buckets[name] = Array(repeating: 0, count: bounds.count + 1) }
        buckets[name][bounds.firstIndex { nanoseconds <= $0 } ?? bounds.count] += 1
    }
}

extension BenchStatus.Traffic {
    init(_ bench: LiveBench, now: UInt64) {
        commands = bench.tally.commands.reduce(0) { $0 + $1.times.count }
        errors = bench.tally.commands.reduce(0) { $0 + $1.errors }
        probingRefusals = bench.tally.commands.reduce(0) { $0 + $1.probingRefusals }
        expectedErrors = bench.tally.commands.reduce(0) { $0 + $1.expectedErrors }
        let age = BenchStatus.seconds(now &- min(bench.started.monotonicNanoseconds, now))
        let minute = bench.traffic.last(seconds: 60, at: now)
        commandsPerSecond = Double(bench.traffic.last(seconds: 10, at: now).commands) / min(10, max(0.1, age))
        errorRatio = minute.commands == 0 ? 0 : Double(minute.errors) / Double(minute.commands)
        (sentBytes, receivedBytes) = (bench.traffic.sentBytes, bench.traffic.receivedBytes)
        waitSeconds = BenchStatus.seconds(bench.traffic.waitNanoseconds)
    }
}

extension BenchStatus.Command {
    /// Those that were seen, the one with the most card time first.
    static func all(_ bench: LiveBench) -> [Self] {
        let total = bench.tally.commands.reduce(into: UInt64(0)) { $0.addSaturating($1.times.sum) }
        let rows = zip(CommandName.all, bench.tally.commands).filter { $1.times.count > 0 }.map { name, tally in
            Self(
                command: name.name, calls: tally.times.count, errors: tally.errors,
                p50Seconds: BenchStatus.seconds(tally.times.quantile(0.5)),
                p95Seconds: BenchStatus.seconds(tally.times.quantile(0.95)),
                maxSeconds: BenchStatus.seconds(tally.times.max), totalSeconds: BenchStatus.seconds(tally.times.sum),
                share: RunReport.share(tally.times.sum, of: total), buckets: bench.traffic.buckets[name.index])
        }
        return rows.sorted { ($1.totalSeconds, $1.calls, $0.command) < ($0.totalSeconds, $0.calls, $1.command) }
    }
}

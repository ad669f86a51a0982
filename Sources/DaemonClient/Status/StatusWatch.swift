internal import Glibc
internal import Observability
internal import ProbeEvents

/// Shows what is on a bench again and again, on a terminal of its own, until somebody ends it.
package actor StatusWatch {
    private enum Event: Sendable {
        case input(WatchInput)
        case looked(Result<BenchStatus, ProbeError>)
    }

    private let connection: ProbeConnection
    private let interval: Duration
    private let isColoured: Bool
    private let screen = TerminalScreen()
    private var status: BenchStatus?
    private var rates: [Double] = []
    private var failure: ProbeError?
    /// When the connection was lost.
    private var lostNanoseconds: UInt64 = 0

    /// No screen has room for more.
    private static let mostRates = 120

    /// A watch that looks every so often.
    package init(_ connection: ProbeConnection, every interval: Duration, isColoured: Bool) {
        self.connection = connection
        self.interval = interval
        self.isColoured = isColoured
    }

    /// Shows it until q, Ctrl-C or the end of the keys; after another signal the process ends by that signal.
    package nonisolated func run() async throws {
        try await ProbeClient.with(connection) { client in
            // An address that never answered is told at once, and leaves the terminal alone.
            let first = try await client.status().value
            await self.show(client, first)
        }
    }

    private func show(_ client: ProbeClient, _ first: BenchStatus) async {
        took(.success(first))
        let (events, continuation) = AsyncStream.makeStream(of: Event.self, bufferingPolicy: .bufferingNewest(64))
        let inputs = WatchInputs { continuation.yield(.input($0)) }
        screen.enter()
        let looking = Task { [interval] in
            while !Task.isCancelled {
                guard (try? await Task.sleep(for: interval)) != nil else { return }
                continuation.yield(.looked(await client.look()))
            }
        }
        var last: Int32?
        draw()
        for await event in events {
            if case .looked(let result) = event { took(result) }
            if case .input(let input) = event, let end = end(by: input) {
                last = end
                break
            }
            draw()
        }
        looking.cancel()
        withExtendedLifetime(inputs) {}
        screen.leave()
        if let last, last != SIGINT { ProcessEnd.by(signal: last) }
    }

    private func took(_ result: Result<BenchStatus, ProbeError>) {
        switch result {
        case .success(let status):
            self.status = status
            failure = nil
            rates = (rates + [status.traffic.commandsPerSecond]).suffix(Self.mostRates)
        case .failure(let error):
            if failure == nil { lostNanoseconds = EventClock.monotonicNow }
            failure = error
        }
    }

    /// The signal by which it ends, SIGINT for a plain end; nil to go on.
    private func end(by input: WatchInput) -> Int32? {
        switch input {
        case .key(UInt8(ascii: "q")), .key(UInt8(ascii: "Q")), .closed: return SIGINT
        case .key, .signal(SIGWINCH): return nil
        case .signal(SIGTSTP):
            screen.leave()
            kill(getpid(), SIGSTOP)
            screen.enter()
            return nil
        case .signal(let number): return number
        }
    }

    // MARK: Drawing

    private func draw() {
        guard let status else { return }
        let (columns, height) = TerminalScreen.size ?? (80, 24)
        guard columns >= 40, height >= 8 else {
            screen.draw(["no room: 40×8 at least"])
            return
        }
        var lines = StatusScreen(
            status, columns: columns, height: height - 1, isColoured: isColoured, rates: rates
        ).lines
        lines += Array(repeating: "", count: max(0, height - 1 - lines.count))
        screen.draw(
            lines + [footer.clipped(to: columns).painted(SummaryLayout(columns: columns, isColoured: isColoured))])
    }

    private var footer: ScreenLine {
        guard let failure else {
            let every = DurationText.text(interval)
            return ScreenLine(" q quit   every \(every)   \(connection.address.base)", .dim)
        }
        let seconds = (EventClock.monotonicNow - lostNanoseconds) / 1_000_000_000
        return ScreenLine(" no answer for \(seconds) s, trying again: ", .alarm) + ScreenLine(failure.explanation)
    }
}

extension ProbeClient {
    fileprivate func look() async -> Result<BenchStatus, ProbeError> {
        do throws(ProbeError) {
            return .success(try await status().value)
        } catch {
            return .failure(error)
        }
    }
}

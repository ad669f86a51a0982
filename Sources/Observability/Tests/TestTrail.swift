package import ProbeEvents

/// Which test something on the bench belongs to, with what is known of each.
///
/// By the program's trace, where it was started in a test's span; else by its process, where the test runs in it; else
/// by time, where one test alone ran at that moment. It is told apart by when something was, not by when it was heard:
/// tests that ended lately are remembered.
package struct TestTrail<About: Sendable>: Sendable {
    /// More tests at once are not followed.
    private static var runningLimit: Int { 4_096 }
    /// Tests that ended and are remembered; who hears later of them is too late.
    private static var endedLimit: Int { 256 }
    /// Programs whose trace is remembered.
    private static var clientLimit: Int { 4_096 }

    private struct Entry: Sendable {
        var identity: TestIdentity
        var startNanoseconds: UInt64
        var endNanoseconds = UInt64.max
        /// Its own end was not heard, that of its suite was.
        var isCut = false
        var pid: Int32?
        /// The trace and span of its traceparent.
        var span: Substring?
        var about: About

        func covers(_ nanoseconds: UInt64) -> Bool { startNanoseconds <= nanoseconds && nanoseconds <= endNanoseconds }
    }

    /// The oldest first: those that ended, and behind them those that run.
    private var ended: [Entry] = []
    private var running: [Entry] = []
    private var places: [TestIdentity: Int] = [:]
    /// By client: the span that it was started in.
    private var clients: [UInt64: Substring] = [:]

    /// A trail of no tests.
    package init() {}

    /// Whether there is no test that anything can belong to.
    package var isEmpty: Bool { running.isEmpty && ended.isEmpty }

    /// Whether a test runs.
    package var isRunning: Bool { !running.isEmpty }

    /// What is known of all that run.
    package var runningOnes: [About] { running.map(\.about) }

    /// What is known of all that something may belong to.
    package var remembered: [About] { ended.map(\.about) + running.map(\.about) }

    /// A test began; false when it runs already, or when there are too many.
    @discardableResult
    package mutating func begin(_ began: TestBegan, _ about: About) -> Bool {
        guard places[began.identity] == nil, running.count < Self.runningLimit else { return false }
        places[began.identity] = running.count
        running.append(
            Entry(
                identity: began.identity, startNanoseconds: began.stamp.startNanoseconds, pid: began.pid,
                span: Self.span(began.traceparent), about: about))
        return true
    }

    /// A test ended; what is known of it becomes what the closure makes of it, nil being a test whose begin was not
    /// told.
    package mutating func end(_ ended: TestEnded, _ change: (About?) -> About) {
        var entry: Entry
        if let place = places.removeValue(forKey: ended.identity) {
            entry = running[place]
            running.swapAt(place, running.count - 1)
            running.removeLast()
            if place < running.count { places[running[place].identity] = place }
            entry.about = change(entry.about)
        } else if let place = self.ended.lastIndex(where: { $0.isCut && $0.identity == ended.identity }) {
            entry = self.ended.remove(at: place)
            entry.isCut = false
            entry.about = change(entry.about)
        } else {
            entry = Entry(
                identity: ended.identity, startNanoseconds: ended.stamp.startNanoseconds, pid: ended.pid,
                span: Self.span(ended.traceparent), about: change(nil))
        }
        entry.endNanoseconds = ended.stamp.endNanoseconds
        remember(entry)
    }

    /// A suite is over, and no test of it runs any more: the ends of some were lost, or come behind it. They end with it.
    ///
    /// - Parameter change: what becomes of what is known of each of these.
    package mutating func end(_ ended: TestSuiteEnded, _ change: (inout About) -> Void = { _ in }) {
        let left = running.filter { $0.identity.suite == ended.suite }
        guard !left.isEmpty else { return }
        running.removeAll { $0.identity.suite == ended.suite }
        places = Dictionary(uniqueKeysWithValues: running.enumerated().map { ($0.element.identity, $0.offset) })
        for var entry in left {
            (entry.endNanoseconds, entry.isCut) = (ended.stamp.endNanoseconds, true)
            change(&entry.about)
            remember(entry)
        }
    }

    private mutating func remember(_ entry: Entry) {
        ended.append(entry)
        // Half of them at once, so that it costs little.
        if ended.count > 2 * Self.endedLimit { ended.removeFirst(Self.endedLimit) }
    }

    /// Notes in which span a program was started.
    package mutating func note(_ attached: ClientAttached) {
        guard let span = Self.span(attached.traceparent), clients.count < Self.clientLimit else { return }
        clients[attached.client.id] = span
    }

    /// A program is gone.
    package mutating func note(_ ended: ClientEnded) { clients[ended.client.id] = nil }

    /// What is known of the test that something belongs to, which was at this moment of CLOCK_MONOTONIC; nil for none.
    package func about(_ nanoseconds: UInt64, _ client: ClientProcess? = nil) -> About? {
        switch place(nanoseconds, client) {
        case .running(let place): running[place].about
        case .ended(let place): ended[place].about
        case nil: nil
        }
    }

    /// Changes what is known of the test that something belongs to; false when it belongs to none.
    @discardableResult
    package mutating func update(
        _ nanoseconds: UInt64, _ client: ClientProcess? = nil, _ change: (TestIdentity, inout About) -> Void
    ) -> Bool {
        switch place(nanoseconds, client) {
        case .running(let place): change(running[place].identity, &running[place].about)
        case .ended(let place): change(ended[place].identity, &ended[place].about)
        case nil: return false
        }
        return true
    }

    private enum Place { case running(Int), ended(Int) }

    private func place(_ nanoseconds: UInt64, _ client: ClientProcess?) -> Place? {
        guard !isEmpty else { return nil }
        let span = client.flatMap { clients[$0.id] }
        var candidates = 0
        var sole: Place?
        var ofProcess: Place?
        for place in ended.indices.reversed() where ended[place].covers(nanoseconds) {
            if let span, ended[place].span == span { return .ended(place) }
            if let client, ended[place].pid == client.pid { ofProcess = ofProcess ?? .ended(place) }
            (candidates, sole) = (candidates + 1, .ended(place))
        }
        for place in running.indices where running[place].covers(nanoseconds) {
            if let span, running[place].span == span { return .running(place) }
            if let client, running[place].pid == client.pid { ofProcess = .running(place) }
            (candidates, sole) = (candidates + 1, .running(place))
        }
        return ofProcess ?? (candidates == 1 ? sole : nil)
    }

    /// Flags and version do not tell spans apart; nil for what is no traceparent.
    private static func span(_ traceparent: String?) -> Substring? {
        guard let traceparent, traceparent.utf8.count >= 55 else { return nil }
        return traceparent.dropFirst(3).prefix(49)
    }
}

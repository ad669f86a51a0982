package import ProbeEvents
internal import SmartCard
internal import Synchronization

/// Marks the failures that a tester means to see, before an exchange is told on: those of its rules, and those that the
/// test expects in which they happened.
///
/// Where nobody expects anything, a command costs one look at a flag.
package final class ExpectedOutcomes: EventSink {
    private struct State: ~Copyable {
        /// What each test expects.
        var tests = TestTrail<[ExpectedOutcome]>()
        /// How often each rule of the whole met its failure, in the rules' order.
        var counts: [UInt64]
    }

    private let sink: any EventSink
    private let rules: [ExpectedOutcome]
    private let isAsked: Atomic<Bool>
    private let state: Mutex<State>

    /// A stage in front of a sink, with rules for all commands.
    package init(_ sink: any EventSink, rules: [ExpectedOutcome] = []) {
        (self.sink, self.rules) = (sink, rules)
        isAsked = Atomic(!rules.isEmpty)
        state = Mutex(State(counts: Array(repeating: 0, count: rules.count)))
    }

    /// Takes one event, and tells it on.
    package func receive(_ event: ProbeEvent) {
        switch event {
        case .apdu(let exchange): sink.receive(marked(exchange).map { .apdu($0) } ?? event)
        case .test(let test):
            note(test)
            sink.receive(event)
        case .clientAttached(let attached):
            state.withLock { $0.tests.note(attached) }
            sink.receive(event)
        case .clientEnded(let ended):
            state.withLock { $0.tests.note(ended) }
            sink.receive(event)
        default: sink.receive(event)
        }
    }

    /// The rules for all commands, each with how often it met its failure.
    package var expectations: [RunReport.Expectation] {
        zip(rules, state.withLock { $0.counts }).map { RunReport.Expectation(rule: $0.description, count: $1) }
    }

    /// The exchange as an expected one; nil when it is none.
    private func marked(_ exchange: APDUExchange) -> APDUExchange? {
        guard isAsked.load(ordering: .relaxed) else { return nil }
        let verdict = APDUVerdict(exchange, CommandAPDU(exchange.command.bytes))
        guard let error = verdict.errorType else { return nil }
        let isMeant = { (rule: ExpectedOutcome) in rule.matches(exchange.name, exchange.statusWord, error) }
        let isExpected = state.withLock { state in
            let ofTest = state.tests.about(exchange.stamp.startNanoseconds, exchange.client) ?? []
            let ofAll = rules.firstIndex(where: isMeant)
            if let ofAll { state.counts[ofAll] += 1 }
            return ofAll != nil || ofTest.contains(where: isMeant)
        }
        guard isExpected else { return nil }
        var marked = exchange
        marked.isExpected = true
        return marked
    }

    private func note(_ event: TestEvent) {
        switch event {
        case .began(let began):
            let expected = (began.expects ?? []).compactMap { try? ExpectedOutcome($0) }
            state.withLock { _ = $0.tests.begin(began, expected) }
            if !expected.isEmpty { isAsked.store(true, ordering: .relaxed) }
        case .ended(let ended): state.withLock { $0.tests.end(ended) { $0 ?? [] } }
        case .suiteEnded(let ended): state.withLock { $0.tests.end(ended) }
        case .suiteBegan: break
        }
    }
}

internal import ProbeEvents

/// What testers say of themselves at the begin of a suite, and in which processes their tests run.
struct HistoryTesters {
    /// A tester.
    struct Tester: Hashable {
        /// Its version; nil where it does not say it.
        var version: String?
        /// Its commit; nil where it does not say it.
        var commit: String?
    }

    /// Further ones are not known.
    private static let limit = 256

    private var suites: [TestSuiteRun: Tester] = [:]
    private var processes: [Int32: TestSuiteRun] = [:]

    /// The tester whose tests run in a process; nil for none that has said anything.
    subscript(pid: Int32) -> Tester? { processes[pid].flatMap { suites[$0] } }

    /// A suite began.
    mutating func begin(_ began: TestSuiteBegan) {
        let tester = Tester(version: began.testerVersion, commit: began.testerCommit)
        guard tester != Tester(), suites.count < Self.limit else { return }
        suites[began.suite] = tester
    }

    /// A test began in a process; the suite's tester, when that is new of this process.
    mutating func begin(_ suite: TestSuiteRun, in pid: Int32) -> Tester? {
        guard let tester = suites[suite], processes[pid] != suite else { return nil }
        guard processes[pid] != nil || processes.count < Self.limit else { return nil }
        processes[pid] = suite
        return tester
    }

    /// A suite ended.
    mutating func end(_ ended: TestSuiteEnded) {
        guard suites.removeValue(forKey: ended.suite) != nil else { return }
        processes = processes.filter { $0.value != ended.suite }
    }
}

internal import GRDB
internal import Glibc
internal import Observability
internal import ProbeEvents
internal import Synchronization

/// Writes events into the file, many in a transaction; it stands behind a queue, whose thread waits while it cannot.
///
/// A transaction that fails is tried again each second with the same rows, so that nothing is lost before the queue is
/// full. A damaged file gets another name, and a new one begins.
final class StoreWriter: EventSink {
    /// Hears what the file was asked for, and whether it works.
    typealias Tell = @Sendable (ProbeEvent) -> Void

    private struct State {
        var recorder: HistoryRecorder
        var retention: StoreRetention
        var file: StoreFile?
        var pending: [HistoryStore.Entry] = []
        var isEnded = false
    }

    /// Events that one transaction has at most.
    static let batchSize = 500
    private static let pause = Duration.seconds(1)

    private let path: String
    private let state: Mutex<State>
    private let fault = Mutex<StoreFault?>(nil)
    private let end = OneTimeSignal()
    private let tell: Tell
    private let countLost: @Sendable (Int) -> Void

    init(
        path: String, recorder: sending HistoryRecorder, retention: StoreRetention, tell: @escaping Tell,
        onLoss: @escaping @Sendable (Int) -> Void
    ) {
        self.path = path
        (self.tell, countLost) = (tell, onLoss)
        state = Mutex(State(recorder: recorder, retention: retention))
    }

    /// Why it cannot write at this moment; nil when it can.
    var presentFault: StoreFault? { fault.withLock { $0 } }

    func receive(_ event: ProbeEvent) { receive(.event(event)) }

    func receive(_ entry: HistoryStore.Entry) {
        state.withLock { state in
            state.pending.append(entry)
            if state.pending.count >= Self.batchSize { commit(&state) }
        }
    }

    /// Writes what has come so far.
    func commit() { state.withLock { commit(&$0) } }

    /// Writes what is there, if that can be done at once, and closes the file.
    func close() {
        end.raise()
        state.withLock { state in
            guard !state.isEnded else { return }
            state.recorder.end()
            commit(&state)
            state.isEnded = true
            state.file?.close()
            state.file = nil
        }
    }

    /// Until it is written, or the probe ends.
    private func commit(_ state: inout State) {
        guard !state.isEnded else {
            // What comes behind the end.
            if !state.pending.isEmpty { countLost(state.pending.count) }
            state.pending = []
            return
        }
        state.pending.forEach { state.recorder.take($0) }
        state.pending.removeAll(keepingCapacity: true)
        while true {
            do {
                try write(&state)
                return note(nil)
            } catch {
                recover(from: StoreFault(error, path: path), &state)
            }
            if end.isRaised { return countLost(state.recorder.giveUp()) }
            if presentFault != nil { end.wait(atMost: Self.pause) }
        }
    }

    private func write(_ state: inout State) throws {
        let file = try openFile(&state)
        var recorder = state.recorder
        let times = try file.transaction { try recorder.write(to: $0) }
        recorder.settle()
        state.recorder = recorder
        times.forEach { tell($0, error: nil) }
        try state.retention.apply(to: file).forEach { tell($0, error: nil) }
    }

    private func openFile(_ state: inout State) throws -> StoreFile {
        if let file = state.file {
            guard file.isGone else { return file }
            state.file = nil
            state.recorder.beginAnew()
        }
        let file = try StoreFile(path)
        _ = try file.transaction { database in
            try Self.closeRunsOfOthers(in: database)
            return []
        }
        state.file = file
        return file
    }

    /// Runs whose probe is gone and could not say so.
    private static func closeRunsOfOthers(in database: Database) throws {
        let probes = try Int32.fetchAll(
            database, sql: "SELECT DISTINCT probe_pid FROM runs WHERE state = ?", arguments: [StoredRun.State.running])
        for probe in probes where probe == getpid() || kill(probe, 0) != 0 && errno == ESRCH {
            try database.execute(
                sql: "UPDATE runs SET state = ? WHERE state = ? AND probe_pid = ?",
                arguments: [StoredRun.State.interrupted, StoredRun.State.running, probe])
            try database.execute(
                sql: """
                    UPDATE tests SET status = ? WHERE status = ? AND run IN (SELECT id FROM runs WHERE probe_pid = ?)
                    """, arguments: [StoredTest.interruptedStatus, StoredTest.runningStatus, probe])
        }
    }

    private func recover(from fault: StoreFault, _ state: inout State) {
        tell(
            TableTime(operation: .commit, table: "", startNanoseconds: EventClock.monotonicNow, durationNanoseconds: 0),
            error: fault.type)
        guard fault.type == .corrupt else { return note(fault) }
        state.file = nil
        do {
            let aside = try StoreFile.setAside(path)
            var damage = fault
            damage.what += "; it is kept as \(aside), and a new one begins"
            tell(.sourceState(.now(isWorking: false, "\(path): \(damage.what)")))
            state.recorder.beginAnew()
            // A disk that damages each new file is not written to without end.
            end.wait(atMost: Self.pause)
        } catch {
            note(StoreFault(error, path: path))
        }
    }

    /// Tells once what has become of it.
    private func note(_ fault: StoreFault?) {
        let before = self.fault.withLock { known in
            defer { known = fault }
            return known
        }
        guard before != fault else { return }
        tell(.sourceState(.now(isWorking: fault == nil, fault?.explanation ?? "")))
    }

    private func tell(_ time: TableTime, error: DatabaseErrorType?) {
        let stamp = EventStamp(
            source: .store, startNanoseconds: time.startNanoseconds, durationNanoseconds: time.durationNanoseconds,
            clock: .now)
        tell(
            .database(
                .operation(
                    DatabaseOperationDone(
                        stamp: stamp, operation: time.operation, table: time.table,
                        status: error == nil ? .success : .failed, error: error))))
    }
}

extension SourceState {
    fileprivate static func now(isWorking: Bool, _ message: String) -> SourceState {
        SourceState(stamp: .now(source: .store), isWorking: isWorking, message: message)
    }
}

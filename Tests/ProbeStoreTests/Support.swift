import Foundation
import Observability
import ProbeEvents
import SmartCard
import Synchronization
import TestSupport

@testable import ProbeStore

/// A history in a folder of its own, with what it told and what it lost.
final class WrittenHistory: Sendable {
    let folder: TemporaryFolder
    let path: String
    let store: HistoryStore
    let ring = EventRing()
    private let told: Told

    final class Told: Sendable {
        let events = Mutex<[ProbeEvent]>([])
        let lost = Mutex<[ExportFailureReason: Int]>([:])
    }

    init(
        in folder: TemporaryFolder? = nil, maxAge: Duration = .seconds(1e9), maxBytes: Int64 = 1 << 30,
        senses: BenchSenses = BenchSenses(load: { 0.5 }) { _, _ in DeviceHardware() }
    ) throws {
        let folder = try folder ?? TemporaryFolder()
        let told = Told()
        (self.folder, self.told, path) = (folder, told, folder.file("state/history.db"))
        store = HistoryStore(
            HistoryStore.Settings(path: path, maxAge: maxAge, maxBytes: maxBytes),
            diary: BenchDiary(
                probe: "0.1.0", bench: "bench-7", site: "lab", kernel: "6.1.0", pcscLite: "1.9.9", ccid: nil),
            probe: ClientProcess(id: 0, pid: getpid(), program: "cardlink-probe"), senses: senses,
            tell: { event in told.events.withLock { $0.append(event) } },
            onLoss: { reason, count in told.lost.withLock { $0[reason, default: 0] += count } })
        ring.add(store.reader)
    }

    var lost: [ExportFailureReason: Int] { told.lost.withLock { $0 } }

    /// What it said of itself: empty for works.
    var states: [String] {
        told.events.withLock { events in
            events.compactMap { if case .sourceState(let state) = $0 { state.message } else { nil } }
        }
    }

    /// Failures that it told, by kind.
    var errors: Set<DatabaseErrorType> {
        told.events.withLock { events in
            Set(events.compactMap { if case .database(.operation(let done)) = $0 { done.error } else { nil } })
        }
    }

    /// What sqlite3's own command answers, a line each.
    func ask(_ sql: String) throws -> [String] {
        let end = try Command.run(["sqlite3", path, sql])
        guard end.ending == .exited(0) else { throw TestFailure("sqlite3 \(sql): \(end.errors)") }
        return end.output.split(separator: "\n").map(String.init)
    }

    /// Bytes of the file and its log of transactions.
    var diskBytes: Int {
        ["", "-wal"].reduce(0) { sum, part in
            let size = try? FileManager.default.attributesOfItem(atPath: path + part)[.size] as? Int
            return sum + (size ?? 0)
        }
    }
}

enum Story {
    static let client = ClientProcess(id: .max, pid: 42, program: "opensc-tool")

    static func stamp(_ seconds: Int = 0) -> EventStamp {
        EventStamp(
            source: .shim, startNanoseconds: 1_000, durationNanoseconds: 200_000,
            wallNanoseconds: 1_738_292_400_000_000_000 + UInt64(seconds) * 1_000_000_000)
    }

    static var attached: ProbeEvent {
        .clientAttached(
            ClientAttached(stamp: stamp(), client: client, library: "/usr/lib/libpcsclite.so.1", isWaitExact: true))
    }

    static var ended: ProbeEvent {
        .clientEnded(ClientEnded(stamp: stamp(), client: client, isOrderly: true, openSessions: 0))
    }

    static func opened(_ session: UInt64) -> ProbeEvent {
        .sessionOpened(
            ReaderSessionOpened(
                stamp: stamp(), client: client, session: session, reader: "Virtual PCD 00 00", sessionProtocol: .t1,
                shareMode: 2))
    }

    static func closed(_ session: UInt64) -> ProbeEvent {
        .sessionClosed(
            ReaderSessionClosed(
                stamp: stamp(), client: client, session: session, reader: "Virtual PCD 00 00", status: .completed,
                error: nil))
    }

    static func apdu(_ command: HexBytes, _ response: HexBytes, session: UInt64 = 1, at seconds: Int = 0) -> ProbeEvent
    {
        .apdu(
            APDUExchange(
                stamp: stamp(seconds), client: client, thread: 1, session: session, reader: "Virtual PCD 00 00",
                interface: .pcsc, sessionProtocol: .t1, name: CommandAPDU(command.bytes).name(), command: command,
                response: response, isCut: false, resultCode: 0, waitNanoseconds: 0, isWaitExact: true))
    }

    static var select: ProbeEvent { apdu([0x00, 0xA4, 0x00, 0x04, 0x02, 0x3F, 0x00], [0x90, 0x00]) }
}

import Foundation
import Glibc
import ProbeEvents
import SmartCard
import Synchronization
import Testing

/// Keeps what it hears, in order.
final class HeardEvents: EventSink {
    private let events = Mutex<[ProbeEvent]>([])

    func receive(_ event: ProbeEvent) {
        events.withLock { $0.append(event) }
    }

    var all: [ProbeEvent] { events.withLock { $0 } }
    var count: Int { events.withLock { $0.count } }
    var words: [String] { all.map(word) }
}

/// An event in words: `opened 7/1`, `apdu 3`, `dropped shim queue_full 12`.
func word(_ event: ProbeEvent) -> String {
    switch event {
    case .apdu(let event): "apdu \(event.thread)"
    case .sessionOpened(let event): "opened \(event.client.id)/\(event.session)"
    case .sessionClosed(let event):
        "closed \(event.client.id)/\(event.session) \(event.status.name)" + (event.error.map { " \($0.name)" } ?? "")
    case .operation(let event): "operation \(event.operation.name)"
    case .readerChanged(let event): "reader \(event.change.name)"
    case .cardIdentified(let event): "card \(event.atr)"
    case .clientAttached(let event): "attached \(event.client.id)"
    case .clientEnded(let event):
        "ended \(event.client.id) \(event.isOrderly ? "orderly" : "gone") \(event.openSessions) open"
    case .eventsDropped(let event): "dropped \(event.stamp.source.name) \(event.reason.name) \(event.count)"
    case .sourceState(let event): "state \(event.isWorking)"
    }
}

/// Events of made-up clients; what does not matter is fixed.
enum Sample {
    static let stamp = EventStamp(
        source: .shim, startNanoseconds: 1_000, durationNanoseconds: 500, wallNanoseconds: 1_700_000_000_000_000_000)

    static func client(_ id: UInt64) -> ClientProcess { ClientProcess(id: id, pid: 4711, program: "opensc-tool") }

    static func apdu(_ number: Int, client id: UInt64 = 7, stamp: EventStamp = stamp) -> ProbeEvent {
        .apdu(
            APDUExchange(
                stamp: stamp, client: client(id), thread: UInt32(number), session: 1, reader: "Virtual PCD 00 00",
                interface: .pcsc, sessionProtocol: .t1, name: .select, command: [0x00, 0xA4, 0x04, 0x00, 0x00],
                response: [0x6A, 0x82], isCut: false, resultCode: 0, waitNanoseconds: 0, isWaitExact: true))
    }

    static func attached(_ id: UInt64 = 7) -> ProbeEvent {
        .clientAttached(
            ClientAttached(stamp: stamp, client: client(id), library: "/x/libpcsclite.so.1", isWaitExact: true))
    }

    static func ended(_ id: UInt64 = 7) -> ProbeEvent {
        .clientEnded(ClientEnded(stamp: stamp, client: client(id), isOrderly: true, openSessions: 0))
    }

    static func opened(_ session: UInt64, client id: UInt64 = 7) -> ProbeEvent {
        .sessionOpened(
            ReaderSessionOpened(
                stamp: stamp, client: client(id), session: session, reader: "Virtual PCD 00 00", sessionProtocol: .t1,
                shareMode: 2))
    }

    static func closed(_ session: UInt64, client id: UInt64 = 7) -> ProbeEvent {
        .sessionClosed(
            ReaderSessionClosed(
                stamp: stamp, client: client(id), session: session, reader: "Virtual PCD 00 00", status: .completed,
                error: nil))
    }

    static func dropped(_ count: UInt64, reason: DropReason = .ringFull) -> ProbeEvent {
        .eventsDropped(EventsDropped(stamp: stamp, reason: reason, count: count))
    }

    static let reader = ProbeEvent.readerChanged(
        ReaderChange(stamp: stamp, reader: "Virtual PCD 00 00", change: .readerCame))

    /// The event's line with its line feed.
    static func line(_ event: ProbeEvent) throws -> [UInt8] { Array(try EventLine.encode(event)) + [0x0A] }
}

/// A folder of its own for sockets, short enough for their paths, which everybody may enter.
final class SocketFolder: Sendable {
    let path: String

    init() throws {
        var template = Array("/tmp/events-XXXXXX".utf8CString)
        path = try template.withUnsafeMutableBufferPointer { buffer in
            let made = try #require(buffer.baseAddress.flatMap { mkdtemp($0) })
            return String(cString: made)
        }
        chmod(path, 0o755)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    var socket: String { path + "/events.sock" }
}

/// A program of another language that speaks to the socket.
final class Program: Sendable {
    private let process: Process
    private let output = Pipe()

    /// Starts python with a script; `prefix` is a command that starts it, such as setpriv.
    init(python script: String, _ arguments: [String] = [], prefix: [String] = []) throws {
        process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"] + prefix + ["python3", "-c", script] + arguments
        process.standardInput = Pipe()
        process.standardOutput = output
        try process.run()
    }

    var pid: Int32 { process.processIdentifier }

    /// Waits for its end; what it printed.
    func finish() -> String {
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return text
    }

    /// The next line that it prints, without line feed.
    func readLine() -> String {
        var line = Data()
        while let byte = try? output.fileHandleForReading.read(upToCount: 1), byte != Data([0x0A]) { line += byte }
        return String(decoding: line, as: UTF8.self)
    }

    func kill() {
        Glibc.kill(pid, SIGKILL)
        process.waitUntilExit()
    }
}

/// Waits until something is so, at most ten seconds.
func eventually(_ condition: () -> Bool) async throws {
    for _ in 0..<2_000 where !condition() { try await Task.sleep(for: .milliseconds(5)) }
    try #require(condition())
}

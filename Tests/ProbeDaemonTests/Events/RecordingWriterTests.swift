import ProbeEvents
import SmartCard
import Taps
import TestSupport
import Testing

@testable import ProbeDaemon

/// A recording that goes on in another file.
@Suite struct RecordingWriterTests {
    private let folder: TemporaryFolder
    private static let client = ClientProcess(id: 9, pid: 4_711, program: "tester")

    init() throws { folder = try TemporaryFolder() }

    private static func stamp(_ number: UInt64) -> EventStamp {
        EventStamp(source: .shim, startNanoseconds: number, wallNanoseconds: 1_700_000_000_000_000_000 + number)
    }

    /// Sessions of two commands, one after the other.
    private static func sessions(_ count: UInt64) -> [ProbeEvent] {
        (1...count).flatMap { session -> [ProbeEvent] in
            let command = APDUExchange(
                stamp: stamp(session), client: client, thread: 1, session: session, reader: "R", interface: .pcsc,
                sessionProtocol: .t1, name: .select, command: [0x00, 0xA4, 0x00, 0x04, 0x02, 0x3F, 0x00],
                response: [0x90, 0x00], isCut: false, resultCode: 0, waitNanoseconds: 0, isWaitExact: true)
            return [
                .sessionOpened(
                    ReaderSessionOpened(
                        stamp: stamp(session), client: client, session: session, reader: "R", sessionProtocol: .t1,
                        shareMode: 2)),
                .apdu(command), .apdu(command),
                .sessionClosed(
                    ReaderSessionClosed(
                        stamp: stamp(session), client: client, session: session, reader: "R", status: .completed,
                        error: nil)),
            ]
        }
    }

    /// Wherever the file before ends, what is written at once or before: the last one can be read alone.
    @Test(arguments: 1...8) func theLastFileCanBeReadAlone(together: Int) throws {
        let path = folder.file("events.ndjson")
        let writer = try RecordingWriter(path, .rotating(atBytes: 4_096))
        for (number, event) in Self.sessions(40).enumerated() {
            writer.receive(event)
            guard number % together == 0 else { continue }
            writer.write()
            var reader = EventReader(isRecording: true)
            let faults = reader.received(Array(folder.read("events.ndjson").utf8)).faults
            #expect(faults.isEmpty, "after \(number) events: \(faults)")
        }
        #expect(writer.end() == nil)
        // Both as one have each event once.
        var reader = EventReader(isRecording: true)
        let before = reader.received(Array(folder.read("events.ndjson.1").utf8))
        reader.beginFile()
        let last = reader.received(Array(folder.read("events.ndjson").utf8))
        #expect(before.faults.isEmpty && last.faults.isEmpty)
        #expect((before.events + last.events).suffix(6) == Self.sessions(40).suffix(6))
    }
}

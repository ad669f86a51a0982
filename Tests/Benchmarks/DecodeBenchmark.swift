import Foundation
import SmartCard
import TestSupport

/// A command and its answer from bytes to labels, and to words with the file that is selected: ours, and tshark, which
/// says the like of each packet of a capture; its time has the packet's other layers in it.
enum DecodeBenchmark {
    static func measure(_ size: BenchmarkSize) throws -> [Row] {
        let session = try RecordedSession()
        let words = session.words()
        guard words.filter({ $0 == "SELECT EF.ICCID" }).count == 1, Set(words).count == words.count else {
            throw TestFailure("the session reads \(words)")
        }
        var figures = (copy: [Double](), labels: [Double](), words: [Double](), tshark: [Double]())
        for _ in 0..<size.rounds {
            figures.copy.append(time(session, size) { session.copy() })
            figures.labels.append(time(session, size) { session.labels() })
            figures.words.append(time(session, size) { session.words().count })
        }
        for _ in 0..<min(size.rounds, 5) { figures.tshark.append(try session.dissect(size.hasBars ? 10_000 : 100)) }
        let floor = median(figures.copy)
        func row(_ case: String, _ ours: Double, _ peer: String, _ value: Double, bar: Double? = nil) -> Row {
            Row(
                bench: "decode", case: `case`, ours: ours, peer: peer, peerValue: value, floor: floor, unit: "ns",
                ratio: value / ours, bar: bar)
        }
        return [
            row("to labels", median(figures.labels), "copying its bytes", floor),
            row("to words", median(figures.words), "tshark, a packet", median(figures.tshark), bar: size.bar(1)),
        ]
    }

    /// Nanoseconds for one of the session's commands; the best burst, since other programs can only take time.
    private static func time(_ session: RecordedSession, _ size: BenchmarkSize, _ body: () -> Int) -> Double {
        let passes = Int(size.burst / 1_000)
        var best = Double.infinity
        for _ in 0..<5 {
            var sum = 0
            let start = ContinuousClock.now
            for _ in 0..<passes { sum &+= body() }
            best = min(best, (ContinuousClock.now - start) / .nanoseconds(1))
            // The sum is of use, so that nothing of it is left out.
            precondition(sum != 0)
        }
        return best / Double(passes * session.exchanges.count)
    }
}

/// What opensc-tool said to a card and heard (`Tests/Captures/replay`), as a log and as a capture.
private final class RecordedSession {
    private(set) var exchanges: [(command: [UInt8], response: [UInt8])] = []
    private let commands = CommandLookup.shared
    private let statusWords = StatusWordLookup.shared
    private let room = UnsafeMutableRawPointer.allocate(byteCount: 1_024, alignment: 64)

    private static let folder = "\(Files.package)/Tests/Captures/replay"

    init() throws {
        let log = try String(contentsOfFile: "\(Self.folder)/pcscd.log", encoding: .utf8)
        var command: [UInt8] = []
        for line in log.split(separator: "\n") {
            if let bytes = line.bytes(behind: " APDU: ") { command = bytes }
            if let response = line.bytes(behind: " SW: ") { exchanges.append((command, response)) }
        }
    }

    deinit { room.deallocate() }

    func copy() -> Int {
        var length = 0
        for (command, response) in exchanges {
            (room + length).copyMemory(from: command, byteCount: command.count)
            length += command.count
            (room + length).copyMemory(from: response, byteCount: response.count)
            length += response.count
        }
        return length
    }

    func labels() -> Int {
        var sum = 0
        for exchange in exchanges {
            let command = CommandAPDU(exchange.command)
            let name = commands.name(cla: command.cla, ins: command.ins, p1: command.p1, length: command.length)
            guard let statusWord = ResponseAPDU(exchange.response).statusWord else { continue }
            let reading = statusWords.reading(statusWord, command: name, cla: command.cla)
            sum &+= name.index &+ reading.label.index &+ command.lc &+ (reading.isSuccess ? 1 : 0)
        }
        return sum
    }

    func words() -> [String] {
        var place = CardPlace()
        return exchanges.map { command, response in
            let subject = place.observe(command: command, response: response)
            let read = CommandAPDU(command)
            let name = commands.name(cla: read.cla, ins: read.ins, p1: read.p1, length: read.length)
            return CommandWords.words(name, command: command, response: response, subject: subject)
        }
    }

    /// Nanoseconds that tshark takes for one of the commands, over so many sessions.
    func dissect(_ sessions: Int) throws -> Double {
        let folder = try TemporaryFolder()
        let path = folder.file("sessions.pcapng")
        try Self.capture(sessions).write(to: URL(filePath: path))
        let start = ContinuousClock.now
        let end = try Command.run(["tshark", "-r", path, "-T", "fields", "-e", "_ws.col.Info"], within: 120)
        let time = (ContinuousClock.now - start) / .nanoseconds(1)
        let selects = end.output.split(separator: "\n").count { $0.contains("SELECT File EF.ICCID") }
        guard end.ending == .exited(0), selects == sessions else {
            throw TestFailure("tshark reads \(selects) of \(sessions) sessions: \(end.errors)")
        }
        return time / Double(sessions * exchanges.count)
    }

    /// The packets of the session so many times, in one file.
    private static func capture(_ sessions: Int) throws -> Data {
        let file = try Data(contentsOf: URL(filePath: "\(folder)/session.pcapng"))
        var (head, packets) = (Data(), Data())
        var start = 0
        // A block begins with its type and its length; type 6 is a packet.
        while start + 8 <= file.count {
            let length = file[(start + 4)..<(start + 8)].reversed().reduce(0) { $0 << 8 | Int($1) }
            guard length >= 12, start + length <= file.count else { throw TestFailure("the capture is cut short") }
            let block = file[start..<(start + length)]
            if file[start] == 6 { packets += block } else if packets.isEmpty { head += block }
            start += length
        }
        return (0..<sessions).reduce(into: head) { whole, _ in whole += packets }
    }
}

extension Substring {
    /// The hex bytes behind a mark, when it is there.
    fileprivate func bytes(behind mark: String) -> [UInt8]? {
        firstRange(of: mark).map { self[$0.upperBound...].split(separator: " ").compactMap { UInt8($0, radix: 16) } }
    }
}

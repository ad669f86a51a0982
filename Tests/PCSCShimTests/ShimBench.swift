import Foundation
import ProbeEvents
import Taps

/// A receiver, and programs under the shim that know its socket.
final class ShimBench {
    let folder: URL
    let sink = RecordingSink()
    private var receiver: ShimReceiver

    var socket: String { folder.appending(path: "shim").path }
    var log: URL { folder.appending(path: "stub.log") }

    init(isListening: Bool = true) throws {
        folder = URL(filePath: "/tmp/cardlink-shim-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        receiver = ShimReceiver(path: folder.appending(path: "shim").path)
        if isListening { try listen() }
    }

    deinit {
        receiver.stop()
        try? FileManager.default.removeItem(at: folder)
    }

    var attachedClients: [ClientProcess] { receiver.attachedClients }

    func listen() throws {
        try receiver.start(into: sink)
    }

    func drain() {
        receiver.drain()
    }

    /// Stops the receiver; all that clients told has been heard.
    func stop() {
        receiver.stop()
    }

    /// A new receiver at the same socket.
    func listenAnew(into sink: RecordingSink) throws {
        receiver.stop()
        receiver = ShimReceiver(path: socket)
        try receiver.start(into: sink)
    }

    /// What a program gets to be under the shim, before the stub.
    func environment(_ more: [String: String] = [:]) throws -> [String: String] {
        let workshop = try Workshop.shared
        return [
            "LD_LIBRARY_PATH": workshop.front.path,
            "LD_AUDIT": workshop.front.appending(path: "libpcsclite-audit.so").path,
            "CARDLINK_RECEIVER": socket,
            "CARDLINK_PCSC_LIBRARY": workshop.stub.path,
            "STUB_LOG": log.path,
        ].merging(more) { $1 }
    }

    /// Runs the test client over these lines, to its end; what it answered.
    @discardableResult
    func client(_ lines: [String], _ more: [String: String] = [:]) throws -> String {
        let script = lines.joined(separator: "\n") + "\n"
        return try run(Workshop.shared.client.path, [], environment: environment(more), input: script).text
    }

    /// What the stub wrote down: a line for each SCardTransmit that reached it.
    var oracle: [Substring] {
        get throws { try String(contentsOf: log, encoding: .utf8).split(separator: "\n") }
    }
}

/// The test client, asked line by line.
final class AskedClient {
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()

    init(_ bench: ShimBench, _ more: [String: String] = [:]) throws {
        process.executableURL = try Workshop.shared.client
        process.environment = try bench.environment(more)
        process.standardInput = input
        process.standardOutput = output
        try process.run()
    }

    deinit {
        kill()
    }

    var pid: Int32 { process.processIdentifier }

    /// Has the client do one line, and waits for its answer.
    @discardableResult
    func ask(_ line: String) throws -> String {
        try input.fileHandleForWriting.write(contentsOf: Data((line + "\n").utf8))
        var answer: [UInt8] = []
        while let byte = try output.fileHandleForReading.read(upToCount: 1)?.first, byte != UInt8(ascii: "\n") {
            answer.append(byte)
        }
        return String(decoding: answer, as: UTF8.self)
    }

    func ask(_ lines: [String]) throws {
        for line in lines { try ask(line) }
    }

    func kill() {
        guard process.isRunning else { return }
        Foundation.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    /// Ends its input, and waits until it has ended.
    func finish() throws {
        try input.fileHandleForWriting.close()
        process.waitUntilExit()
    }
}

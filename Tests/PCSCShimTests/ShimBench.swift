import Foundation
import ProbeEvents
import Taps
import TestSupport

/// A receiver, and programs under the shim that know its socket.
final class ShimBench {
    let folder: TemporaryFolder
    let sink = RecordingSink()
    private var receiver: ShimReceiver

    var socket: String { folder.file("shim") }

    init(isListening: Bool = true) throws {
        folder = try TemporaryFolder()
        receiver = ShimReceiver(path: folder.file("shim"))
        if isListening { try listen() }
    }

    deinit {
        receiver.stop()
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

    /// The library that the shim forwards to.
    enum Library {
        case stub
        case system
    }

    /// What a program gets to be under the shim.
    func environment(_ more: [String: String] = [:], library: Library = .stub) throws -> [String: String] {
        var variables = try Workshop.shared.environment(receiver: socket)
        switch library {
        case .stub: variables["STUB_LOG"] = folder.file("stub.log")
        case .system: variables["CARDLINK_PCSC_LIBRARY"] = nil
        }
        return variables.merging(more) { $1 }
    }

    /// Runs the test client over these lines, to its end; what it answered.
    @discardableResult
    func client(_ lines: [String], _ more: [String: String] = [:]) throws -> String {
        let script = lines.joined(separator: "\n") + "\n"
        return try Command.run([Workshop.shared.client.path], environment: environment(more), input: script).output
    }

    /// What the stub wrote down: a line for each SCardTransmit that reached it.
    var oracle: [Substring] { folder.read("stub.log").split(separator: "\n") }
}

/// The test client, asked line by line.
final class AskedClient {
    private let program: RunningCommand

    convenience init(_ bench: ShimBench, _ more: [String: String] = [:]) throws {
        try self.init(environment: bench.environment(more))
    }

    init(environment: [String: String]) throws {
        program = try RunningCommand([Workshop.shared.client.path], environment: environment, input: .kept)
    }

    /// Has the client do one line, and waits for its answer.
    @discardableResult
    func ask(_ line: String) throws -> String {
        try say(line)
        return try hear()
    }

    func say(_ line: String) throws { try program.say(line) }

    func hear(within seconds: Double = 30) throws -> String { try program.readLine(within: seconds) }

    func ask(_ lines: [String]) throws {
        for line in lines { try ask(line) }
    }

    /// Ends its input, and waits until it has ended.
    func finish() throws { _ = try program.end() }
}

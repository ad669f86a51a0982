import Foundation
import Glibc
import ProbeEvents
import TestSupport

@testable import Taps

/// A phone that a script plays, and a real adb server that is connected to it.
final class ADBBench {
    let folder: TemporaryFolder
    let port: Int
    private(set) var server: RunningCommand
    private var phones: [PlayedPhone] = []

    init() throws {
        folder = try TemporaryFolder()
        port = try freePort()
        server = try Self.server(port, folder)
    }

    private static func server(_ port: Int, _ folder: TemporaryFolder) throws -> RunningCommand {
        let server = try RunningCommand(
            ["adb", "-P", "\(port)", "nodaemon", "server"], environment: ["HOME": folder.path, "ADB_MDNS": "0"])
        guard eventually({ isListening(port) }) else {
            throw TestFailure("adb's server does not come up: \(server.errorsSoFar)")
        }
        return server
    }

    /// Where the server is.
    var endpoint: RelayEnds.Endpoint { RelayEnds.Endpoint(host: "127.0.0.1", port: port) }

    /// A phone that is connected.
    func phone(_ options: String...) throws -> PlayedPhone {
        let phone = try PlayedPhone(folder: folder.file("phone\(phones.count)"), options)
        phones.append(phone)
        _ = try adb(["connect", phone.serial])
        return phone
    }

    /// adb's client: at the server itself, or at a port before it.
    func adb(_ words: [String], through relay: Int? = nil, input: String? = nil) throws -> Command {
        var environment = ["HOME": folder.path]
        environment["ADB_SERVER_SOCKET"] = "tcp:127.0.0.1:\(relay ?? port)"
        return try Command.run(["adb"] + words, environment: environment, input: input)
    }

    func killServer() { server.kill() }

    func startServer() throws { server = try Self.server(port, folder) }
}

/// A script that is adbd to the server.
final class PlayedPhone {
    let folder: String
    let port: String
    private let process: RunningCommand

    init(folder: String, _ options: [String]) throws {
        self.folder = folder
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        process = try RunningCommand([Files.python, Files.client("phone.py"), folder] + options, input: .kept)
        port = try process.readLine()
    }

    deinit { process.kill() }

    var serial: String { "127.0.0.1:\(port)" }

    func say(_ line: String) throws { try process.say(line) }

    /// What it was asked for since the last call: names of services and of requests for files, how often each.
    func asked() throws -> [String: Int] {
        try say("told")
        var counts: [String: Int] = [:]
        while true {
            let line = try process.readLine()
            if line.contains("\"told\"") { return counts }
            if let name = line.firstMatch(of: /"(?:service|sync)": "([a-zA-Z0-9]+)/) {
                counts[String(name.1), default: 0] += 1
            }
        }
    }

    /// Waits until somebody reads its log.
    func waitForReader() throws { while try !process.readLine().contains("\"logcat\"") {} }
}

/// A relay before adb's server, and what it told.
final class TappedADB {
    let tap: ADBTap
    let sink = RecordingSink()

    init(target: RelayEnds.Endpoint) throws {
        tap = ADBTap(
            RelayEnds(name: "adb", key: ADBTap.key, listen: .init(host: "127.0.0.1", port: 0), target: target))
        try tap.start(into: sink)
    }

    deinit { tap.stop() }

    var port: Int { tap.standing.listening?.port ?? 0 }

    /// The operations, when all connections have ended.
    func operations() throws -> [ADBOperationDone] {
        guard eventually({ tap.standing.connections == 0 }) else { throw TestFailure("connections stay open") }
        return sink.events.compactMap { if case .phone(.operation(let done)) = $0 { done } else { nil } }
    }

    /// How often each was a success.
    func counts() throws -> [ADBOperation: Int] {
        try operations().filter { $0.status == .success }.reduce(into: [:]) { $0[$1.operation, default: 0] += 1 }
    }
}

/// Whether somebody listens on a port of loopback.
private func isListening(_ port: Int) -> Bool {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
    address.sin_port = in_port_t(port).bigEndian
    return withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
        }
    }
}

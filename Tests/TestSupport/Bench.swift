import Foundation

/// A virtual bench that stays as long as its owner, and no longer than the test's process.
package final class Bench: Sendable {
    package let folder: TemporaryFolder
    /// The path of pcscd's socket.
    package let socket: String
    private let process: RunningCommand

    /// Starts it, and returns when its cards are in its readers.
    package init(script: String? = nil, options: [String] = []) throws {
        folder = try TemporaryFolder()
        var words = [Files.probe, "simulate", "bench"] + options + Self.logs(in: folder)
        if let script { words += ["--script", try folder.write(script, to: "card.yaml")] }
        // The bench ends with its command, and that with its input: with this process, however it ends.
        words += ["--control", folder.file("control"), "--", "sh", "-c", "echo $PCSCLITE_CSOCK_NAME; exec cat"]
        process = try RunningCommand(words, environment: ["TMPDIR": folder.path], input: .kept)
        socket = try process.readLine()
    }

    deinit { end() }

    /// Ends it before its owner goes, as one must that is never gone.
    package func end() { _ = try? process.end(within: 10) }

    /// What makes a bench write down what its card and its pcscd saw.
    package static func logs(in folder: TemporaryFolder) -> [String] {
        ["--log", folder.file("card.log"), "--pcscd-log", folder.file("pcscd.log")]
    }

    /// What leads a program to this bench's pcscd.
    package var environment: [String: String] { ["PCSCLITE_CSOCK_NAME": socket] }

    package var cardLog: CardLog { CardLog(folder.read("card.log")) }

    /// Says a line to the bench's control socket and gives its answer.
    @discardableResult
    package func control(_ line: String) throws -> String {
        let answer = askControl(folder.file("control"), line)
        guard answer.hasPrefix("ok") else { throw TestFailure("\(line): \(answer)") }
        return answer
    }

    /// The process id of its pcscd.
    package func pcscd() throws -> Int32 {
        let all = try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { Int32($0) }
        let pid = all.first { process in
            let line = (try? String(contentsOfFile: "/proc/\(process)/cmdline", encoding: .utf8)) ?? ""
            return line.contains("/pcscd\0") && line.contains(folder.path)
        }
        guard let pid else { throw TestFailure("no pcscd runs in \(folder.path)") }
        return pid
    }
}

/// Says a line to the control socket of a bench or card; its answer, without line feed.
package func askControl(_ path: String, _ line: String) -> String {
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
    let connected = withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
    }
    let text = Array((line + "\n").utf8)
    guard connected == 0, send(descriptor, text, text.count, Int32(MSG_NOSIGNAL)) == text.count else {
        return "not connected"
    }
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = read(descriptor, &buffer, buffer.count)
    return String(decoding: buffer.prefix(max(0, count)), as: UTF8.self).trimmingCharacters(in: .newlines)
}

import Foundation
import TestSupport

/// A card and the server that administers it over TLS, both real; what stands between them is the test's.
struct AdministrationSides {
    static let identity = "89490200001234567890/A000000151000000"
    static let key = "0102030405060708090a0b0c0d0e0f10"

    /// Where the server listens.
    let serverPort: String
    private let program: RunningCommand

    init() throws {
        program = try RunningCommand(
            [
                Files.python, Files.client("ota_session.py"), Self.identity, Self.key, "--option=-tls1_2",
                "--option=-cipher", "--option=PSK-AES128-CBC-SHA256",
            ], input: .kept)
        serverPort = try program.readLine()
    }

    /// A session at a port; whether each side got what the other one said.
    func talk(at port: String) throws -> Bool {
        try program.say(port)
        return try program.readLine().contains("\"right\": true")
    }

    func kill() { program.kill() }

    /// The file of keys that a relay reads theirs from.
    static func keys(in folder: TemporaryFolder) throws -> String {
        let keys = try folder.write("\(identity):\(key)\n", to: "keys")
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: keys)
        return keys
    }
}

import Foundation
import TestSupport
import Testing

/// Phones with `serve`: a real adb server, a phone that a script plays, and adb's client behind the relay.
@Suite struct PhoneServeTests {
    private let folder: TemporaryFolder
    private let port: Int
    private let server: RunningCommand
    private let phone: RunningCommand
    private let serial: String

    init() throws {
        folder = try TemporaryFolder()
        port = try freePort()
        server = try RunningCommand(
            ["adb", "-P", "\(port)", "nodaemon", "server"], environment: ["HOME": folder.path])
        phone = try RunningCommand([Files.python, Files.client("phone.py"), folder.path], input: .kept)
        serial = "127.0.0.1:\(try phone.readLine())"
    }

    private func adb(_ words: String..., through port: String) throws -> Command {
        try Command.run(
            ["adb"] + words, environment: ["HOME": folder.path, "ADB_SERVER_SOCKET": "tcp:127.0.0.1:\(port)"])
    }

    @Test func phonesAreSeenAndServicesTimed() throws {
        defer {
            phone.kill()
            server.kill()
        }
        let probe = try ServingProbe(
            sockets: folder.file("sockets"),
            options: [
                "--phones.server", "tcp:127.0.0.1:\(port)", "--phones.radio-log", "true", "--phones.expected", serial,
                "--phones.expected", "R58N", "--adb.tap", "127.0.0.1:0",
            ], environment: ["XDG_STATE_HOME": folder.path])
        let relay = String(
            try #require(probe.errors.firstMatch(of: /export ADB_SERVER_SOCKET=tcp:127.0.0.1:([0-9]+)/)).1)
        #expect(eventually { (try? adb("connect", serial, through: relay).output.contains("connected")) == true })
        #expect(try eventually { try probe.metrics()["cardlink_devices_connected{device_type=\"phone\"}"] == 1 })
        #expect(try eventually { try probe.get("/api/v1/status").body.contains(/"sim" ?: ?"LOADED"/) })
        #expect(try adb("shell", "exit 3", through: relay).status == 3)
        #expect(try adb("pull", "/nowhere", through: relay).status == 1)
        func labels(_ name: String) -> String { "{device_type=\"phone\",device=\"\(name)\"}" }
        #expect(try eventually { try probe.sum("cardlink_adb_operation_duration_seconds_count", "\"shell\"") == 1 })
        let metrics = try probe.metrics()
        #expect(metrics["cardlink_adb_operation_duration_seconds_count{operation=\"stat\"}"] == 1)
        #expect(
            metrics["cardlink_device_up" + labels(serial)] == 1 && metrics["cardlink_device_up" + labels("R58N")] == 0)
        #expect(metrics["cardlink_device_expected" + labels("R58N")] == 1)
        let health = try probe.get("/health").body
        #expect(health.contains(/"phones" : \{[^}]*"status" : "healthy"/), "\(health)")
        let doctor = try Command.run(
            [Files.probe, "doctor"], environment: ["CARDLINK_PHONES_SERVER": "127.0.0.1:\(port)"]
        ).output
        #expect(doctor.contains(serial) && doctor.contains("can be used"), "\(doctor)")
        #expect(try adb("disconnect", serial, through: relay).status == 0)
        #expect(try eventually { try probe.metrics()["cardlink_devices_connected{device_type=\"phone\"}"] == 0 })
        #expect(try probe.metrics()["cardlink_device_up" + labels(serial)] == 0)
    }

    @Test func withoutAServerHealthSaysWhatToDo() throws {
        phone.kill()
        server.kill()
        let free = try freePort()
        let probe = try ServingProbe(
            sockets: folder.file("sockets"),
            options: ["--phones.watch", "true", "--phones.server", "127.0.0.1:\(free)"],
            environment: ["XDG_STATE_HOME": folder.path])
        let message = "the adb server at 127.0.0.1:\(free) cannot be reached: Connection refused; run: adb start-server"
        #expect(try eventually { try probe.get("/health").body.contains(message) })
        #expect(probe.errors.contains(message))
        #expect(try probe.metrics()["cardlink_devices_connected{device_type=\"phone\"}"] == 0)
    }
}

import Foundation
import TestSupport
import Testing

/// What `/metrics` says of machine and process, beside what psutil says of them.
@Suite(.serialized) struct SystemMetricsTests {
    private struct Numbers: Decodable {
        struct Traffic: Decodable {
            var sent: Double
            var received: Double
        }
        struct Disk: Decodable {
            var used: Double
            var free: Double
        }

        var own: [String: Double]
        var machine: [String: Double]
        var disks: [String: Disk]
        var network: [String: Traffic]

        static func read(pid: Int32, disks: [String]) throws -> Numbers {
            let end = try Command.run([Files.python, Files.client("system_numbers.py"), "\(pid)"] + disks)
            return try JSONDecoder().decode(Numbers.self, from: Data(end.output.utf8))
        }
    }

    @Test func asPsutilSays() throws {
        let folder = try TemporaryFolder()
        let disks = ["/", "/dev/shm"]
        let probe = try ServingProbe(
            sockets: folder.file("sockets"),
            environment: [
                "CARDLINK_SYSTEM_DISK_PATHS": disks.joined(separator: ","),
                "CARDLINK_METRICS_COLLECTION_INTERVAL": "100ms",
            ])
        _ = try probe.metrics()
        Thread.sleep(forTimeInterval: 1)
        let before = try Numbers.read(pid: probe.pid, disks: disks)
        let told = try probe.metrics()
        let after = try Numbers.read(pid: probe.pid, disks: disks)

        // What moves lies between the two looks, with a margin for what came and went between them.
        func expect(_ name: String, _ first: Double?, _ second: Double?, margin: Double) throws {
            let value = try #require(told[name], "\(name)")
            let (first, second) = (try #require(first), try #require(second))
            let isBetween = value >= min(first, second) - margin && value <= max(first, second) + margin
            #expect(isBetween, "\(name): \(value), psutil \(first) and \(second)")
        }
        for (name, margin) in [
            ("process_cpu_seconds_total", 0.02), ("process_open_fds", 2), ("process_max_fds", 0),
            ("process_virtual_memory_bytes", 20e6), ("process_resident_memory_bytes", 5e6),
            ("process_start_time_seconds", 1.1), ("process_threads", 2), ("cardlink_system_threads_active", 2),
        ] { try expect(name, before.own[name], after.own[name], margin: margin) }
        // psutil leaves the shared part of caches out where the kernel does not.
        try expect(
            "cardlink_system_memory_usage_bytes", before.machine["memory_used"], after.machine["memory_used"],
            margin: 300e6)
        for disk in disks {
            let (first, second) = (before.disks[disk], after.disks[disk])
            let path = "{path=\"\(disk)\"}"
            try expect("cardlink_system_disk_usage_bytes\(path)", first?.used, second?.used, margin: 100e6)
            try expect("cardlink_system_disk_available_bytes\(path)", first?.free, second?.free, margin: 100e6)
        }
        #expect(told.keys.filter { $0.hasPrefix("cardlink_system_disk_usage_bytes") }.count == disks.count)
        for (interface, traffic) in before.network {
            let later = after.network[interface]
            for (direction, first, second) in [
                ("sent", traffic.sent, later?.sent), ("received", traffic.received, later?.received),
            ] {
                let name = "cardlink_system_network_bytes_total{direction=\"\(direction)\",interface=\"\(interface)\"}"
                try expect(name, first, second, margin: 0)
            }
        }
        let processor = try #require(told["cardlink_system_cpu_usage_percent"])
        #expect(processor >= 0 && processor <= 100)
        let start = try #require(before.own["process_start_time_seconds"])
        let uptime = try #require(told["cardlink_system_process_uptime_seconds"])
        #expect(abs(Date().timeIntervalSince1970 - start - uptime) < 3)
    }

    /// Two scrapes in the interval show one reading; a later one shows another.
    @Test func readingsAreKeptForTheInterval() throws {
        let folder = try TemporaryFolder()
        let probe = try ServingProbe(
            sockets: folder.file("sockets"), environment: ["GP_METRICS_INTERVAL": "1"])
        func uptime() throws -> Double { try #require(try probe.metrics()["cardlink_system_process_uptime_seconds"]) }
        let first = try uptime()
        #expect(try uptime() == first)
        Thread.sleep(forTimeInterval: 1.1)
        #expect(try uptime() > first + 1)
    }
}

internal import Glibc
internal import Modem
internal import Observability
internal import ProbeEvents
internal import Taps

extension Doctor {
    /// Can sockets be put into the runtime directory, and does a daemon listen there?
    func sockets() -> [Finding] {
        let directory = RuntimeDirectory(named: request.runtimeDirectory)
        do throws(RuntimeDirectoryError) {
            try directory.create()
        } catch {
            return [.fault("sockets", directory.path, error.what, Self.remedy(for: error))]
        }
        for place in RuntimeDirectory.candidates(named: request.runtimeDirectory) where place.hasDaemon {
            do {
                guard let forwarder = try EventForwarder.connect(path: place.eventSocket, within: .milliseconds(500))
                else { continue }
                forwarder.finish(within: .zero)
                return [.ok("sockets", place.eventSocket, "a daemon takes events")]
            } catch {
                return [.remark("sockets", place.eventSocket, "\(error)", "cardlink-probe serve")]
            }
        }
        for place in RuntimeDirectory.candidates(named: request.runtimeDirectory) {
            guard let group = place.groupToJoin else { continue }
            return [
                .remark(
                    "sockets", place.path, "this user may not enter, so its daemon is told nothing that runs here",
                    "sudo adduser $(id -un) \(group), then log in again")
            ]
        }
        return [.ok("sockets", directory.path, "sockets can be made; no daemon listens, each run tells itself alone")]
    }

    private static func remedy(for error: RuntimeDirectoryError) -> String {
        switch error {
        case .cannotCreate(let path, _): "sudo install -d -m 700 -o $(id -un) \(path)"
        case .cannotOpen(_, let group, _): "sudo adduser $(id -un) \(group), then log in again"
        case .closed(let path, let group): "sudo chgrp \(group) \(path) && sudo chmod 750 \(path)"
        case .notOurs(let path): "chmod o-w \(path), or choose another with --runtime-dir"
        }
    }

    /// Are the daemon's ports free, or its own?
    func ports() -> [Finding] {
        [(7816, "--web.listen-address"), (7817, "--health.listen-address")].map { port, option in
            let place = "127.0.0.1:\(port)"
            let holders = listeners(on: port)
            guard holders.isEmpty, Self.isFree(port: UInt16(port)) else {
                let names = holders.map(\.description).joined(separator: ", ")
                if holders.contains(where: { $0.name == "cardlink-probe" }) {
                    return .ok("ports", place, "\(names) listens")
                }
                return .fault(
                    "ports", place, "taken by \(names.isEmpty ? "another user's program" : names)",
                    "cardlink-probe serve \(option) 127.0.0.1:0, or end that program: sudo ss -ltnp sport = :\(port)")
            }
            return .ok("ports", place, "free")
        }
    }

    /// The processes that listen on a port, as far as this user may look.
    func listeners(on port: Int) -> [Machine.Process] {
        inodes(listeningOn: port).flatMap { machine.holders(of: "socket:[\($0)]") }
    }

    /// Whether anything listens on a port.
    func listens(on port: Int) -> Bool { !inodes(listeningOn: port).isEmpty }

    private func inodes(listeningOn port: Int) -> [Substring] {
        let digits = String(port, radix: 16, uppercase: true)
        let suffix = ":" + String(repeating: "0", count: 4 - digits.count) + digits
        // proc(5): the second column is the local address, the fourth the state (0A listens), the tenth the inode.
        let lines = ["/proc/net/tcp", "/proc/net/tcp6"].flatMap { machine.text($0)?.split(separator: "\n") ?? [] }
        return lines.map { $0.split(separator: " ") }.filter {
            $0.count > 9 && $0[1].hasSuffix(suffix) && $0[3] == "0A"
        }.map { $0[9] }
    }

    static func isFree(port: UInt16) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return true }
        defer { close(descriptor) }
        var one: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}

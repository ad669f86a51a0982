import Foundation

/// A pcscd of its own with a card in its virtual reader, in its own mount and network namespace, and what the card saw.
final class PrivatePCSCD {
    private let process = Process()
    let folder: URL
    let cardLog: URL

    /// What makes libpcsclite look there.
    var environment: [String: String] { ["PCSCLITE_CSOCK_NAME": folder.appending(path: "pcscd.comm").path] }

    /// Starts it, and waits until the card is there.
    init() throws {
        folder = URL(filePath: "/tmp/cardlink-pcscd-\(UUID().uuidString.prefix(8))")
        cardLog = folder.appending(path: "card.log")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        // The shell becomes pcscd; the card ends with it. A guard ends pcscd with the tests, however they end.
        let script = """
            mount -t tmpfs tmpfs /run && mkdir /run/pcscd && mount --bind "$1" /run/pcscd && ip link set lo up || exit 1
            is_up() { [ -d /proc/$$ ] && ! grep -q "^State:.Z" /proc/$$/status; }
            (while [ -d /proc/$2 ] && is_up; do sleep 0.2; done; kill -9 $$) </dev/null >/dev/null 2>&1 &
            python3 "$3" "$1/card.log" </dev/null >"$1/card.err" 2>&1 &
            exec pcscd -f
            """
        process.executableURL = URL(filePath: "/usr/bin/unshare")
        process.arguments =
            [getuid() == 0 ? "-mn" : "-Urmn", "--propagation", "private", "sh", "-c", script, "sh"]
            + [folder.path, "\(getpid())", Workshop.programs.appending(path: "card.py").path]
        process.environment = ["PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let isThere = try eventually(within: 60) {
            try run("opensc-tool", ["--atr"], environment: environment).status == 0
        }
        guard isThere else {
            let said = try? String(contentsOf: folder.appending(path: "card.err"), encoding: .utf8)
            throw WorkshopError(what: "no card under a private pcscd; is vsmartcard-vpcd installed? \(said ?? "")")
        }
        try Data().write(to: cardLog)
    }

    deinit {
        guard process.isRunning else { return }
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        try? FileManager.default.removeItem(at: folder)
    }

    /// The commands that the card was given, in order, as hex.
    var commands: [String] {
        get throws { try String(contentsOf: cardLog, encoding: .utf8).split(separator: "\n").map(String.init) }
    }
}

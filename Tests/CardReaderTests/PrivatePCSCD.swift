import CardReader
import Foundation
import Testing

/// A pcscd with virtual readers in its own mount and network namespace; its socket is the one that this process uses.
///
/// libpcsclite reads `PCSCLITE_CSOCK_NAME` once, so that all of them, one after the other, share one folder.
final class PrivatePCSCD {
    /// The folder of the socket; calling it makes libpcsclite look there and nowhere else.
    static let folder: URL = {
        let folder = URL(filePath: "/tmp/cardlink-probe-\(getpid())-pcscd")
        try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        setenv("PCSCLITE_CSOCK_NAME", folder.appending(path: "pcscd.comm").path, 1)
        // Now the library knows it, and programs that other tests start must not inherit it.
        do throws(CardReaderError) {
            _ = try ReaderListing.take()
        } catch {
            _ = error.explanation
        }
        unsetenv("PCSCLITE_CSOCK_NAME")
        return folder
    }()

    private let process = Process()
    private var cards: [Process] = []

    /// Starts it; it is not yet listening when this returns.
    init() throws {
        // The shell becomes pcscd, so that this process id is pcscd's. A guard ends it with the tests, however they end.
        let script = """
            mount -t tmpfs tmpfs /run && mkdir /run/pcscd && mount --bind "$1" /run/pcscd && ip link set lo up || exit 1
            (while [ -d /proc/$2 ] && [ -d /proc/$$ ]; do sleep 1; done; kill -9 $$ 2>/dev/null) </dev/null >/dev/null 2>&1 &
            exec pcscd -f
            """
        process.executableURL = URL(filePath: "/usr/bin/unshare")
        process.arguments =
            [getuid() == 0 ? "-mn" : "-Urmn", "--propagation", "private", "sh", "-c", script, "sh"]
            + [Self.folder.path, "\(getpid())"]
        process.environment = ["PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
        try process.run()
    }

    deinit { signal(SIGKILL) }

    /// Sends a signal; one that ends it is waited for.
    func signal(_ number: Int32) {
        guard process.isRunning else { return }
        kill(process.processIdentifier, number)
        if number == SIGKILL || number == SIGTERM {
            process.waitUntilExit()
            cards.forEach(Self.end)
        }
    }

    /// Puts a card with this ATR (hex) into the first virtual reader.
    func insertCard(atr: String) throws -> Process {
        let script = """
            import socket, sys
            atr = bytes.fromhex(sys.argv[1])
            link = socket.create_connection(("127.0.0.1", 35963))
            stream = link.makefile("rb")
            while len(head := stream.read(2)) == 2:
                if stream.read(int.from_bytes(head, "big")) == b"\\x04":
                    link.sendall(len(atr).to_bytes(2, "big") + atr)
            """
        let card = Process()
        card.executableURL = URL(filePath: "/usr/bin/nsenter")
        card.arguments =
            ["-t", "\(process.processIdentifier)", "-n"]
            + (getuid() == 0 ? [] : ["-U", "--preserve-credentials"])
            + ["python3", "-c", script, atr]
        card.standardInput = FileHandle.nullDevice
        try card.run()
        cards.append(card)
        return card
    }

    /// Pulls a card.
    static func end(_ card: Process) {
        guard card.isRunning else { return }
        kill(card.processIdentifier, SIGKILL)
        card.waitUntilExit()
    }
}

/// Waits until something is so; whether it became so in time.
func eventually(within seconds: Double, _ isSo: () throws -> Bool) rethrows -> Bool {
    let deadline = Date(timeIntervalSinceNow: seconds)
    while try !isSo() {
        guard Date() < deadline else { return false }
        usleep(2_000)
    }
    return true
}

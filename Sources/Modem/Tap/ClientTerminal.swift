internal import CProbe
internal import Glibc
internal import ProbeEvents

/// A pseudo terminal that stands for a modem's port: the tester opens it by a name that stays.
///
/// It begins with the settings that the port had, and whoever may open the port may open it.
final class ClientTerminal: Sendable {
    /// What the relay reads and writes.
    let master: Int32
    /// The other end: held open, so that a tester that leaves does not hang up.
    let otherEnd: Int32
    /// `/dev/pts/4`.
    let device: String
    private let link: String

    /// Makes a terminal like a port; nobody finds it before it is published.
    init(like port: OpenTerminal, link: String) throws(ModemError) {
        var name = [CChar](repeating: 0, count: 64)
        master = serial_new_terminal(&name, Int32(name.count))
        guard master >= 0 else { throw .system(path: link, doing: "making a pseudo terminal for", errno: errno) }
        device = String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        otherEnd = open(device, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)
        self.link = link
        guard otherEnd >= 0 else {
            let number = errno
            close(master)
            throw .system(path: device, doing: "opening", errno: number)
        }
        var settings = port.before
        serial_restore(otherEnd, &settings)
        // A client that throws away what it has written would else leave nothing to read where something was promised.
        serial_read_packets(master)
        shareLike(port)
    }

    /// Puts it under its name, by renaming: the name never points nowhere.
    func publish() throws(ModemError) {
        try Self.checkFree(link)
        let draft = "\(link).\(getpid())"
        unlink(draft)
        guard symlink(device, draft) == 0, rename(draft, link) == 0 else {
            let number = errno
            unlink(draft)
            throw .system(path: link, doing: "making the link", errno: number)
        }
    }

    /// Takes the name away, if it is still its own, and hangs up.
    func end() {
        if Machine().link(link) == device { unlink(link) }
        close(otherEnd)
        close(master)
    }

    /// A link that was left behind is taken over; what is no link stays, and so does that of a relay that runs.
    private static func checkFree(_ link: String) throws(ModemError) {
        var status = stat()
        guard lstat(link, &status) == 0 else { return }
        let machine = Machine()
        guard let target = machine.link(link), target.hasPrefix("/dev/pts/") else {
            throw .nameTaken(path: link, pid: 0)
        }
        // A number of a terminal is soon another's: only a relay, which is a probe, holds its own both ends.
        let own = machine.text("/proc/self/comm")
        let relays = machine.holders(of: target).filter { $0.name == own }
        if let relay = relays.first { throw .nameTaken(path: link, pid: relay.pid) }
    }

    /// Gives it the port's group and its permissions, as far as this user may.
    private func shareLike(_ port: OpenTerminal) {
        var status = stat()
        guard fstat(port.descriptor, &status) == 0 else { return }
        // A group that this user has no part in gets no access, and nobody else does.
        guard fchown(otherEnd, gid_t.max, status.st_gid) == 0 else { return }
        fchmod(otherEnd, status.st_mode & 0o666)
    }
}

/// A modem's port that is ours, and the terminal that a tester has in its place.
struct TapEnds: Sendable {
    let port: OpenTerminal
    let client: ClientTerminal
    /// Whose modem it is by its USB number; nil when that does not tell.
    let vendor: ModemVendor?
    /// Counts who opens and closes the client's end: read when that has to be known.
    let watch: Int32
    /// The same for the event loop, which it wakes. What one reader has read, another one finds no more.
    let alarm: Int32

    /// Opens and makes both; it may wait for the device: not for an event loop.
    init(_ settings: ATTapSettings) throws(ModemError) {
        port = try OpenTerminal(settings.port, settings.serial)
        do throws(ModemError) {
            client = try ClientTerminal(like: port, link: settings.link)
        } catch {
            port.giveBack()
            throw error
        }
        vendor = ModemPorts().vendor(ofPort: settings.port)
        watch = serial_watch_opens(client.device)
        alarm = serial_watch_opens(client.device)
        do throws(ModemError) {
            guard watch >= 0, alarm >= 0 else { throw .system(path: client.device, doing: "watching", errno: errno) }
            try client.publish()
        } catch {
            end()
            throw error
        }
    }

    /// Takes the terminal's name away, hangs up, and gives the port back; once.
    func end() {
        client.end()
        if watch >= 0 { close(watch) }
        if alarm >= 0 { close(alarm) }
        port.giveBack()
    }
}

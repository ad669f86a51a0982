internal import CProbe
internal import Glibc
internal import Synchronization

/// How a port is opened.
public struct SerialSettings: Sendable, Hashable {
    /// Bits a second; a USB modem does not care.
    public var speed: UInt32 = 115_200
    /// Whether RTS and CTS hold back.
    public var hasHardwareFlow = false
    /// Where lock files lie; nil for the customary place.
    public var lockDirectory: String?

    /// The usual settings.
    public init() {}
}

/// A serial port that is ours: raw, locked, with the settings it had before.
final class OpenTerminal: Sendable {
    /// The device behind the path that was asked for, `/dev/ttyUSB2`.
    let device: String
    /// For settings and the lock; what is read and written goes over copies.
    let descriptor: Int32
    /// The settings that it had.
    let before: serial_settings
    private let lock: PortLock?
    private let isOurs = Atomic(true)

    /// Opens a port by any of its names. It may wait for the device: not for an event loop.
    init(_ path: String, _ settings: SerialSettings) throws(ModemError) {
        device = Machine.resolved(path)
        let descriptor = open(device, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.error(opening: path, errno) }
        do throws(ModemError) {
            guard isatty(descriptor) == 1 else { throw .noTerminal(path: path) }
            lock = try Self.lock(device, settings)
        } catch {
            close(descriptor)
            throw error
        }
        self.descriptor = descriptor
        var before = serial_settings()
        var failure = serial_save(descriptor, &before)
        self.before = before
        // What picocom, pyserial and newer programs ask, in place of a lock file.
        if failure == 0, flock(descriptor, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK {
            giveBack(isUnchanged: true)
            throw .held(path: path, pid: 0, lock: "flock")
        }
        // On a pseudo terminal the mark outlives whoever made it, and says nothing.
        if failure == 0, !device.hasPrefix("/dev/pts/"), serial_is_exclusive(descriptor) {
            giveBack(isUnchanged: true)
            throw .held(path: path, pid: 0, lock: "")
        }
        if failure == 0 { failure = serial_set_exclusive(descriptor, true) }
        if failure == 0 { failure = serial_make_raw(descriptor, settings.speed, settings.hasHardwareFlow) }
        guard failure == 0 else {
            giveBack()
            throw .system(path: path, doing: "setting up", errno: failure)
        }
    }

    /// Puts the settings back and lets others have the port; on one that is gone there is nothing to put back.
    func giveBack(isUnchanged: Bool = false) {
        guard isOurs.exchange(false, ordering: .relaxed) else { return }
        if !isUnchanged {
            var before = before
            _ = serial_restore(descriptor, &before)
            _ = serial_set_exclusive(descriptor, false)
            flock(descriptor, LOCK_UN)
        }
        close(descriptor)
        lock?.release()
    }

    private static func lock(_ device: String, _ settings: SerialSettings) throws(ModemError) -> PortLock? {
        guard let directory = settings.lockDirectory ?? PortLock.usualDirectory else { return nil }
        return try PortLock.take(device: device, directory: directory)
    }

    private static func error(opening path: String, _ number: Int32) -> ModemError {
        switch number {
        case ENOENT, ENXIO, ENODEV: .noSuchPort(path: path)
        case EACCES, EPERM: .notAllowed(path: path)
        case EBUSY: .held(path: path, pid: 0, lock: "")
        case ENOTDIR, EISDIR: .noTerminal(path: path)
        default: .system(path: path, doing: "opening", errno: number)
        }
    }
}
